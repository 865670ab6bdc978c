"""What people said was wrong while a session ran, as a corpus that `maeum-train` reads.

::

    manifest.csv         path,speaker,label,duration_s,transcript,session,start_s,shown
    3f2a90c1-001.flac    the sound of one corrected segment, 16 bits, mono

A correction concerns the segment that was shown last. Where none had closed for a while, people meant the rolling
label, of which there is no sound to cut out: these corrections are events of the recording, as every command is.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from devices.audio_file import RATE, Audio
from devices.block import Block, Command
from devices.sessions.exporting import Progress, new_file, new_folder
from devices.sessions.lines import Note
from devices.sessions.recorded import RecordedSession
from devices.source import UnreadableSource
from realtime import retelling

MEANT_S = 15.0
"""A segment that closed longer ago is not what somebody means, seconds"""
_ROUNDED = RATE // 1000
"""Samples by which a segment's times are rounded at most"""
COLUMNS = ("path", "speaker", "label", "duration_s", "transcript", "session", "start_s", "shown")


class NothingCorrected(UnreadableSource):
    """Nobody corrected a segment."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A segment as people saw it."""

    start: float
    """Seconds of session time, as the others"""
    end: float
    closed: float
    transcript: str
    label: str | None
    """None where the session was uncertain"""


@dataclass(frozen=True, slots=True)
class Corrections:
    """All that people corrected in a session."""

    segments: tuple[tuple[Shown, str], ...]
    """In the order of their time, each with the right label: the one that was said last"""
    rolling: int
    """How many are of the rolling label alone"""


@dataclass(slots=True)
class Written:
    """What became of the corrections of some recordings."""

    clips: int = 0
    rolling: int = 0
    lost: int = 0
    """Segments whose sound is damaged or missing"""

    def __str__(self) -> str:
        rolling = f"; {self.rolling} more are of the rolling label alone, which has no clip" if self.rolling else ""
        lost = f"; of {self.lost} more the sound is lost" if self.lost else ""
        return f"corrected segments: {self.clips}{rolling}{lost}"


def corrections(session: RecordedSession, progress: Progress | None = None) -> Corrections:
    """Find what people corrected, each with the segment that they saw."""
    found: dict[Shown, str] = {}
    shown: Shown | None = None
    rolling = 0
    for entry in session.entries():
        match entry:
            case Note():
                shown = _shown(entry) or shown
            case Command(t, "correct", label) if shown is not None and t - shown.closed <= MEANT_S:
                found[shown] = label
            case Command(action="correct"):
                rolling += 1
            case Block() if progress is not None:
                progress(entry.end)
    return Corrections(tuple(sorted(found.items(), key=lambda each: each[0].start)), rolling)


def _shown(note: Note) -> Shown | None:
    """The segment of which a note tells; None when it tells of something else."""
    match note:
        case Note(
            kind=retelling.MESSAGE,
            fields={
                "type": "segment",
                "start": float(start),
                "end": float(end),
                "closed": float(closed),
                "transcript": str(transcript),
                "label": str() | None as label,
            },
        ):
            return Shown(start, end, closed, transcript, label)
    return None


def export_corpus(sessions: Sequence[RecordedSession], folder: Path, progress: Progress | None = None) -> Written:
    """Write the corrected segments of recordings as one corpus into a new folder.

    A speaker is called by the name in the profile that the session ran with. Without one, a recording is a speaker of
    its own, called by the recording's id: who speaks in two of them is not known.

    Parameters
    ----------
    progress
        Told how far it is, seconds of all sessions.

    Raises
    ------
    NothingCorrected
        There is no corrected segment with its sound; nothing is written.
    CannotExport
        When there is such a folder, or it cannot be written.
    """
    written = Written()
    with new_folder(folder):
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(COLUMNS)
        before = 0.0
        for session in sessions:
            told = None if progress is None else _later(progress, before)
            rows.writerows(_clips(session, folder, written, told))
            before += session.duration or 0.0
        if not written.clips:
            raise NothingCorrected(f"{written}; while a session runs, w and a number correct the segment shown last")
        with new_file(folder / "manifest.csv") as file:
            file.write(text.getvalue().encode())
    return written


def _later(progress: Progress, before: float) -> Progress:
    return lambda t: progress(before + t)


def _clips(
    session: RecordedSession, folder: Path, written: Written, progress: Progress | None
) -> Iterator[tuple[object, ...]]:
    """Write the clips of a session; yield their rows of the manifest."""
    found = corrections(session, progress)
    written.rolling += found.rolling
    id_, profile = session.manifest.id, retelling.Retold(session).profile
    for number, (shown, label) in enumerate(found.segments, 1):
        heard = sound(session, shown.start, shown.end)
        if heard is None:
            written.lost += 1
            continue
        name = f"{id_[:8]}-{number:03}.flac"
        _write_flac(folder / name, heard)
        written.clips += 1
        speaker, seconds = profile.name if profile else id_, len(heard) / RATE
        yield name, speaker, label, f"{seconds:.3f}", shown.transcript, id_, f"{shown.start:.3f}", shown.label or ""


def sound(session: RecordedSession, start: float, end: float) -> Audio | None:
    """Return what was heard between two moments of a session, float32 [samples]; None where some of it is lost."""
    blocks: list[Block] = []
    for event in session.since(start).events():
        if isinstance(event, Block) and event.stream == "audio":
            if event.time >= end:
                break
            blocks.append(event)
    if not blocks or any(two.index != one.index + len(one.values) for one, two in pairwise(blocks)):
        return None
    heard = np.concatenate([block.values for block in blocks])
    first, last = (round((t - blocks[0].time) * RATE) for t in (start, end))
    is_whole = first >= -_ROUNDED and last <= len(heard) + _ROUNDED
    return heard[max(0, first) : last] if is_whole else None


def _write_flac(path: Path, samples: Audio) -> None:
    with new_file(path) as file:
        soundfile.write(file, samples, RATE, format="FLAC", subtype="PCM_16")
