"""The spoken part of a KEMDy scene: which clips and transcripts are there, and what is wrong with them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devices.audio_file import RATE, Audio, AudioFile, read_audio
from devices.kemdy_rating import Rating
from devices.kemdy_text import read_transcript
from devices.source import SourceError, SourceNotFound, Utterance

_SHOWN_IDS = 5


class Spoken(Protocol):
    """An annotated utterance of either corpus."""

    @property
    def id(self) -> str:
        """`Sess99_script01_F001` or `Sess99_script01_User197F_001`."""
        ...

    @property
    def start(self) -> float:
        """Seconds since the start of the scene."""
        ...

    @property
    def end(self) -> float:
        """Seconds since the start of the scene."""
        ...

    @property
    def speaker(self) -> str:
        """F or M, or `User197`."""
        ...

    @property
    def rating(self) -> Rating | None:
        """Of the speaker; None when nobody rated."""
        ...


@dataclass(frozen=True, slots=True)
class Clip:
    """The WAV of one utterance."""

    path: Path
    start: float
    """Seconds since the start of the scene"""
    end: float
    """Seconds since the start of the scene, by its own length"""


def find_clips(segments: Iterable[Spoken], folder: Path) -> tuple[list[Clip], list[str]]:
    """Find what can be heard; say in one line for each kind of trouble what cannot."""
    clips, missing, unreadable = [], [], []
    for segment in segments:
        path = folder / f"{segment.id}.wav"
        try:
            length = AudioFile(path).duration
        except SourceNotFound:
            missing.append(segment.id)
        except SourceError as error:
            unreadable.append(f"{error}; silence stands in its place")
        else:
            clips.append(Clip(path, segment.start, segment.start + (length or 0.0)))
    return clips, [*_listed("no WAV, silence in its place", missing), *unreadable]


def sound(clips: Iterable[Clip], faults: list[str]) -> Iterator[tuple[int, Audio]]:
    """Read clip after clip: index of its first sample in the scene, and its samples. Adds to `faults` what is wrong."""
    for clip in clips:
        samples, damage = read_audio(clip.path)
        if damage:
            faults.append(damage)
        if not samples.any():
            faults.append(f"{clip.path.name}: silent: every sample is zero")
        yield round(clip.start * RATE), samples


def read_utterances(segments: Iterable[Spoken], folder: Path) -> tuple[list[Utterance], list[str]]:
    """Read the transcripts; say which are missing."""
    utterances = [_utterance(segment, folder / f"{segment.id}.txt") for segment in segments]
    missing = [utterance.id for utterance in utterances if utterance.text is None]
    return utterances, [*_listed("no transcript", missing)]


def _utterance(segment: Spoken, transcript: Path) -> Utterance:
    text = read_transcript(transcript) if transcript.exists() else None
    label = segment.rating.label if segment.rating else None
    return Utterance(segment.id, segment.start, segment.end, segment.speaker, text, label)


def _listed(what: str, ids: Sequence[str]) -> Iterator[str]:
    if ids:
        more = f" and {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
        yield f"{what}: {', '.join(ids[:_SHOWN_IDS])}{more}"
