"""Inspect a KEMDy corpus: every annotated utterance with its voice, its words and its speaker's own body."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.audio_file import RATE, read_audio
from devices.kemdy_means import FileMeans, SegmentValues
from devices.kemdy_text import read_transcript
from devices.source import SourceNotFound, UnreadableSource
from training.inspection.kemdy_layouts import BioFile, Layout, Segment
from training.inspection.report import Count, Fact, Report
from training.inspection.table import TableRow

Progress = Callable[[int, int], object]
_SHOWN_IDS = 5
_ZERO_NOTICE = 0.01
"""Share of EDA rows; the first row of every file is 0"""
_OF_OTHERS = "while the other person spoke"
_OUTSIDE = "outside any utterance"


@dataclass(frozen=True, slots=True)
class _Voice:
    seconds: float | None
    """None where there is no WAV that can be read"""
    text: str | None
    """None where there is no transcript that can be read"""


def inspect_kemdy(layout: Layout, report: Report, progress: Progress) -> list[TableRow]:
    """Fill in the report and return the table's rows, in order of session, scene and start."""
    annotated = Count("annotation")
    sessions = {session: layout.segments(session, report, annotated) for session in layout.sessions()}
    files = {session: layout.bio_files(session, segments) for session, segments in sessions.items()}
    counts = {stream: Count(stream) for stream in layout.streams}
    report.counts += [annotated, *counts.values()]
    steps = _Steps(sum(1 + len(each) for each in files.values()), progress)
    rows, labels, heard_s = [], [], 0.0
    for session, segments in sessions.items():
        voices = {each.id: _voice(layout.speech_folder(session, each.scene), each.id, report) for each in segments}
        _strays(layout, session, segments, report)
        _without(session, "wav", [each for each, voice in voices.items() if voice.seconds is None], report)
        _without(session, "txt", [each for each, voice in voices.items() if voice.text is None], report)
        steps.one_more()
        bodies: dict[str, dict[str, SegmentValues]] = {stream: {} for stream in layout.streams}
        for file in files[session]:
            spoken = frozenset(each.id for each in segments)
            bodies[file.stream] |= _body(layout, file, spoken, counts[file.stream], report)
            steps.one_more()
        labels += [_labels(each, layout.tie_order, report) for each in segments]
        first = len(labels) - len(segments)
        rows += [
            _row(session, each, voices[each.id], own, bodies, layout)
            for each, own in zip(segments, labels[first:], strict=True)
        ]
        report.parts.append(_part(session, segments, voices, bodies))
        heard_s += sum(voice.seconds or 0.0 for voice in voices.values())
    report.count_classes(labels)
    _facts(sessions, heard_s, report)
    return rows


@dataclass(slots=True)
class _Steps:
    total: int
    progress: Progress
    done: int = 0

    def one_more(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)


def _voice(folder: Path, segment_id: str, report: Report) -> _Voice:
    return _Voice(_heard(folder / f"{segment_id}.wav", report), _written(folder / f"{segment_id}.txt", report))


def _heard(path: Path, report: Report) -> float | None:
    try:
        samples, damage = read_audio(path)
    except SourceNotFound:
        return None
    except UnreadableSource as error:
        report.broken(str(error))
        return None
    if damage:
        report.broken(damage)
    if not samples.any():
        report.noticed.append(f"{path.name}: silent: every sample is zero")
    return len(samples) / RATE


def _written(path: Path, report: Report) -> str | None:
    if not path.exists():
        return None
    text = read_transcript(path)
    if text is None:
        report.broken(f"{path.name}:1: neither UTF-8 nor CP949")
    elif not text:
        report.noticed.append(f"{path.name}: nothing is left once it is cleaned")
    return text


def _body(
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


def _strays(layout: Layout, session: int, segments: Sequence[Segment], report: Report) -> None:
    """Notice sound and words that belong to no annotated utterance."""
    known = {each.id for each in segments}
    folders = {layout.speech_folder(session, each.scene) for each in segments}
    for folder in sorted(folders):
        strays = sorted(path.name for path in folder.glob("*.[wt][ax][vt]") if path.stem not in known)
        if strays:
            report.noticed.append(f"{folder.relative_to(layout.root)}: of no annotated utterance: {_some(strays)}")


def _without(session: int, what: str, ids: Sequence[str], report: Report) -> None:
    if ids:
        report.missing.append(f"Session{session:02}: no {what} that can be read: {_some(ids)}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_IDS} more" if len(names) > _SHOWN_IDS else ""
    return ", ".join(names[:_SHOWN_IDS]) + more


def _labels(segment: Segment, tie_order: Sequence[str], report: Report) -> tuple[str, ...]:
    """Return what most raters said; several on a tie, in the order in which the file joins them."""
    if segment.rating is None:
        return ()
    voted = segment.rating.labels
    if sorted(segment.total) == sorted(voted):
        return segment.total
    total, votes = ";".join(segment.total), ";".join(voted)
    report.noticed.append(f"{segment.id}: the file's total says {total!r}, its raters say {votes!r}; the raters decide")
    return tuple(sorted(voted, key=tie_order.index))


def _row(
    session: int,
    segment: Segment,
    voice: _Voice,
    labels: tuple[str, ...],
    bodies: Mapping[str, Mapping[str, SegmentValues]],
    layout: Layout,
) -> TableRow:
    clip = layout.speech_folder(session, segment.scene) / f"{segment.id}.wav"
    own = {stream: values[segment.id] for stream, values in bodies.items() if segment.id in values}
    eda, ecg, temp = own.get("eda"), own.get("ecg"), own.get("temp")
    return TableRow(
        id=segment.id,
        session=session,
        scene=segment.scene,
        speaker=segment.speaker,
        wav="" if voice.seconds is None else clip.relative_to(layout.root).as_posix(),
        start_s=segment.start,
        end_s=segment.end,
        label=labels[0] if len(labels) == 1 else "",
        labels="|".join(labels),
        valence=segment.rating.valence if segment.rating else None,
        arousal=segment.rating.arousal if segment.rating else None,
        text=voice.text or "",
        eda_n=eda.count if eda else None,
        eda_mean=eda.mean if eda else None,
        ecg_n=ecg.count if ecg else None,
        ecg_mean=ecg.mean if ecg else None,
        temp_n=temp.count if temp else None,
        temp_mean=temp.mean if temp else None,
    )


def _part(
    session: int,
    segments: Sequence[Segment],
    voices: Mapping[str, _Voice],
    bodies: Mapping[str, Mapping[str, SegmentValues]],
) -> dict[str, Fact]:
    missing = {f"no {stream}": sum(each.id not in own for each in segments) for stream, own in bodies.items()}
    return {
        "session": session,
        "utterances": len(segments),
        "scripted": sum(each.scene.startswith("script") for each in segments),
        "min": round(sum(each.end - each.start for each in segments) / 60, 1),
        "wav min": round(sum(voice.seconds or 0 for voice in voices.values()) / 60, 1),
        "no wav": sum(voice.seconds is None for voice in voices.values()),
        "no txt": sum(voice.text is None for voice in voices.values()),
        **missing,
    }


def _facts(sessions: Mapping[int, Sequence[Segment]], heard_s: float, report: Report) -> None:
    everything = [(session, each) for session, segments in sessions.items() for each in segments]
    lengths = sorted(each.end - each.start for _, each in everything)
    scripted = sum(each.scene.startswith("script") for _, each in everything)
    report.facts |= {
        "sessions": len(sessions),
        "people": len({(session, each.speaker) for session, each in everything}),
        "scenes": len({(session, each.scene) for session, each in everything}),
        "utterances": len(everything),
        "scripted": scripted,
        "improvised": len(everything) - scripted,
        "annotated hours": round(sum(lengths) / 3600, 3),
        "heard hours": round(heard_s / 3600, 3),
        "median utterance s": round(lengths[len(lengths) // 2], 3) if lengths else None,
    }
