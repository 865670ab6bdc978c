"""Inspect a KEMDy corpus: every annotated utterance with its voice, its words and its speaker's own body."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from devices.kemdy_means import SegmentValues
from training.inspection.kemdy_bodies import read_body_values
from training.inspection.kemdy_layouts import BioFile, Layout, Segment
from training.inspection.kemdy_voices import Voice, read_voices
from training.inspection.report import Count, Fact, Report
from training.inspection.table import TableRow

Progress = Callable[[int, int], object]
Bodies = Mapping[str, Mapping[str, SegmentValues]]
"""Stream to utterance to values"""


def inspect_kemdy(layout: Layout, report: Report, progress: Progress) -> list[TableRow]:
    """Fill in the report and return the table's rows, in order of session, scene and start."""
    annotated = Count("annotation")
    sessions = {session: layout.segments(session, report, annotated) for session in layout.sessions()}
    files = {session: layout.bio_files(session, segments) for session, segments in sessions.items()}
    counts = {stream: Count(stream) for stream in layout.streams}
    report.counts += [annotated, *counts.values()]
    steps = _Steps(sum(1 + len(each) for each in files.values()), progress)
    rows: list[TableRow] = []
    heard_s = 0.0
    for session, segments in sessions.items():
        voices = read_voices(layout, session, segments, report)
        steps.one_more()
        bodies = _bodies(layout, files[session], segments, counts, steps, report)
        rows += [_row(session, each, voices[each.id], bodies, layout, report) for each in segments]
        report.parts.append(_part(session, segments, voices, bodies))
        heard_s += sum(voice.seconds or 0.0 for voice in voices.values())
    report.count_classes([tuple(filter(None, row.labels.split("|"))) for row in rows])
    _facts(sessions, heard_s, report)
    return rows


def _bodies(
    layout: Layout,
    files: Sequence[BioFile],
    segments: Sequence[Segment],
    counts: Mapping[str, Count],
    steps: "_Steps",
    report: Report,
) -> Bodies:
    bodies: dict[str, dict[str, SegmentValues]] = {stream: {} for stream in layout.streams}
    spoken = frozenset(each.id for each in segments)
    for file in files:
        bodies[file.stream] |= read_body_values(layout, file, spoken, counts[file.stream], report)
        steps.one_more()
    return bodies


@dataclass(slots=True)
class _Steps:
    total: int
    progress: Progress
    done: int = 0

    def one_more(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)


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
    voice: Voice,
    bodies: Bodies,
    layout: Layout,
    report: Report,
) -> TableRow:
    labels = _labels(segment, layout.tie_order, report)
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
    voices: Mapping[str, Voice],
    bodies: Bodies,
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
