"""What a KEMDy biosignal file gives the utterances of its person, and where its other rows went."""

from pathlib import Path

from devices.kemdy_means import FileMeans, SegmentValues
from devices.source import UnreadableSource
from training.inspection.kemdy_layouts import BioFile, Layout
from training.inspection.report import Count, Report

_OF_OTHERS = "while the other person spoke"
_OUTSIDE = "outside any utterance"
_ZERO_NOTICE = 0.01
"""Share of EDA rows; the first row of every file is 0"""


def read_body_values(
    layout: Layout, file: BioFile, spoken: frozenset[str], count: Count, report: Report
) -> dict[str, SegmentValues]:
    """Read one biosignal: utterance to values, of the speaker's own only."""
    if not file.path.is_file():
        report.missing.append(f"no {file.stream}: {file.path.relative_to(layout.root)}")
        return {}
    try:
        means = layout.means(file)
    except UnreadableSource as error:
        report.broken(f"no {file.stream}: {error}")
        _count_unreadable(file.path, count)
        return {}
    name = str(file.path.relative_to(layout.root))
    if not means.rows:
        report.missing.append(f"no {file.stream}: {name} is empty")
    if means.unread:
        for notice in means.notices:
            report.broken(f"{file.path.parent.relative_to(layout.root)}/{notice}")
    elif means.headers:
        report.noticed += [f"{file.path.parent.relative_to(layout.root)}/{notice}" for notice in means.notices]
    report.noticed += [f"{name}: {what}" for what in _oddities(means, file.stream)]
    _account(means, file.own, spoken, count)
    return {each: values for each, values in means.segments.items() if each in file.own}


def _oddities(means: FileMeans, stream: str) -> list[str]:
    found = []
    if means.gaps and stream != "ibi":  # beats are missing in every file
        found.append(f"rows are missing at {_places(means.gaps)}, {means.lost_s:g} s in all")
    if means.restarts:
        found.append(f"the recording was started anew at {_places(means.restarts)}")
    if stream == "eda" and means.zeros > _ZERO_NOTICE * means.rows:
        found.append(f"{means.zeros} of {means.rows} rows are 0: the electrodes had no contact")
    return found


def _places(number: int) -> str:
    return "1 place" if number == 1 else f"{number} places"


def _account(means: FileMeans, own: frozenset[str], spoken: frozenset[str], count: Count) -> None:
    count.rows += means.rows
    count.left_out[_OUTSIDE] += means.outside
    count.left_out["header"] += means.headers
    count.left_out["unreadable"] += means.unread
    for segment_id, values in means.segments.items():
        if segment_id in own:
            count.used += values.count
        else:
            count.left_out[_OF_OTHERS if segment_id in spoken else "of no annotated utterance"] += values.count


def _count_unreadable(path: Path, count: Count) -> None:
    with path.open("rb") as file:
        rows = sum(1 for line in file if line.strip())
    count.rows += rows
    count.left_out["of an unreadable file"] += rows
