"""Inspect a speech corpus: a folder of clips with a `manifest.csv`."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from devices.audio_file import AudioFile
from devices.source import SourceError, SourceNotFound
from models.scores import LABELS
from training.errors import InvalidCorpus
from training.inspection.report import Count, Report
from training.inspection.table import TableRow
from training.speech_corpora import NEEDED

MANIFEST = "manifest.csv"
Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class _Clip:
    line: int
    cells: dict[str, str]
    seconds: float | None
    """None where there is no audio that can be read"""


def inspect_speech(folder: Path, report: Report, progress: Progress) -> list[TableRow]:
    """Fill in the report and return the table's rows, in the manifest's order.

    Raises
    ------
    InvalidCorpus
        When the manifest lacks a column.
    """
    count = Count("manifest")
    listed = list(_rows(folder / MANIFEST, count, report))
    clips = []
    for done, (line, cells) in enumerate(listed, 1):
        clips.append(_Clip(line, cells, _seconds(folder, line, cells["path"], report)))
        progress(done, len(listed))
    count.used = len(clips)
    report.counts.append(count)
    report.count_classes([(clip.cells["label"],) if clip.cells["label"] else () for clip in clips])
    _speakers(clips, report)
    lengths = sorted(clip.seconds for clip in clips if clip.seconds is not None)
    report.facts |= {
        "utterances": len(clips),
        "speakers": len(report.parts),
        "heard hours": round(sum(lengths) / 3600, 3),
        "median utterance s": round(lengths[len(lengths) // 2], 3) if lengths else None,
        "transcripts": sum(bool(clip.cells.get("transcript")) for clip in clips),
        "no audio": len(clips) - len(lengths),
    }
    return [_row(clip) for clip in clips]


def _rows(manifest: Path, count: Count, report: Report) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line and cells of every row that names a path, a speaker, and one of the labels or none."""
    seen: set[str] = set()
    with manifest.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.DictReader(file, restval="")
        if lacking := [name for name in NEEDED if name not in (rows.fieldnames or ())]:
            raise InvalidCorpus(f"{manifest}: no column {lacking[0]!r}; it needs {', '.join(NEEDED)}")
        for cells in rows:
            count.rows += 1
            fault = _fault(cells, seen)
            seen.add(cells["path"])
            if fault is None:
                yield rows.line_num, cells
            else:
                count.left_out[fault] += 1
                report.broken(f"{MANIFEST}:{rows.line_num}: row skipped, {fault}")


def _fault(cells: dict[str, str], seen: set[str]) -> str | None:
    if None in cells:
        return "more cells than columns"
    if not cells["path"] or not cells["speaker"]:
        return "no path or no speaker"
    if cells["path"] in seen:
        return "a path that was there before"
    if cells["label"] and cells["label"] not in LABELS:
        return f"label {cells['label'][:20]!r} is not one of {' '.join(LABELS)}"
    return None


def _seconds(folder: Path, line: int, path: str, report: Report) -> float | None:
    try:
        return AudioFile(folder / path).duration
    except SourceNotFound:
        report.missing.append(f"{MANIFEST}:{line}: no {path}")
    except SourceError as error:
        report.broken(f"{MANIFEST}:{line}: {error}")
    return None


def _speakers(clips: list[_Clip], report: Report) -> None:
    by_speaker: dict[str, list[_Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.cells["speaker"], []).append(clip)
    for speaker, spoken in sorted(by_speaker.items()):
        report.parts.append(
            {
                "speaker": speaker,
                "gender": spoken[0].cells.get("gender", ""),
                "utterances": len(spoken),
                "labelled": sum(bool(clip.cells["label"]) for clip in spoken),
                "heard min": round(sum(clip.seconds or 0 for clip in spoken) / 60, 1),
                "no audio": sum(clip.seconds is None for clip in spoken),
            }
        )


def _row(clip: _Clip) -> TableRow:
    cells, label = clip.cells, clip.cells["label"]
    return TableRow(
        id=Path(cells["path"]).with_suffix("").as_posix(),
        session=None,
        scene="",
        speaker=cells["speaker"],
        wav="" if clip.seconds is None else cells["path"],
        start_s=0.0,
        end_s=clip.seconds if clip.seconds is not None else _number(cells.get("duration_s", "")),
        label=label,
        labels=label,
        text=" ".join(cells.get("transcript", "").split()),
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
