"""Sound and words of a KEMDy session's utterances."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.audio_file import RATE, read_audio
from devices.kemdy_text import read_transcript
from devices.source import SourceNotFound, UnreadableSource
from training.inspection.kemdy_layouts import Layout, Segment
from training.inspection.report import Report

_SHOWN_IDS = 5


@dataclass(frozen=True, slots=True)
class Voice:
    """What was said in one utterance."""

    seconds: float | None
    """None where there is no WAV that can be read"""
    text: str | None
    """None where there is no transcript that can be read"""


def read_voices(layout: Layout, session: int, segments: Sequence[Segment], report: Report) -> dict[str, Voice]:
    """Read sound and words of a session's utterances, by ID; say what is missing, and what belongs to none of them."""
    voices = {each.id: _voice(layout.speech_folder(session, each.scene), each.id, report) for each in segments}
    _strays(layout, session, segments, report)
    _without(session, "wav", [each for each, voice in voices.items() if voice.seconds is None], report)
    _without(session, "txt", [each for each, voice in voices.items() if voice.text is None], report)
    return voices


def _voice(folder: Path, segment_id: str, report: Report) -> Voice:
    return Voice(_heard(folder / f"{segment_id}.wav", report), _written(folder / f"{segment_id}.txt", report))


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
