"""The one interface behind which every recording and device stands.

Errors, each also the matching builtin::

    SourceError
    +-- SourceNotFound (FileNotFoundError)   what was named does not exist; the message lists what does
    +-- UnreadableSource (ValueError)        it exists and cannot be read as what it should be
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.block import Event


class SourceError(Exception):
    """A source cannot be used; the message is one line: what was tried, what was found, what to do."""


class SourceNotFound(SourceError, FileNotFoundError):
    """What was named does not exist; the message lists what does."""


class UnreadableSource(SourceError, ValueError):
    """It exists and cannot be read as what it should be."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the people who annotated a recording say about one stretch of speech: reference, never input."""

    id: str
    start: float
    """Seconds of session time"""
    end: float
    """Seconds of session time"""
    speaker: str | None = None
    text: str | None = None
    """Cleaned transcript; None when the recording has none"""
    label: str | None = None
    """One of the seven, or None when the raters were tied or there is no label"""


class About(Protocol):
    """What is known of a source without what comes of it."""

    name: str
    """Stable from run to run, without machine paths: `KEMDy19/Session01/script01`"""
    duration: float | None
    """Seconds; None when it has no end"""
    utterances: Sequence[Utterance]
    """The reference in order of start; empty when there is none"""
    person: str | None
    """Which of the speakers wears the sensors; None when there is only one, or none is known"""
    synthetic: bool
    """True when no person was recorded"""

    @property
    def rates(self) -> Mapping[str, float]:
        """Stream name to nominal rate in hertz (0: irregular) of every stream that will come."""
        ...

    def notices(self) -> Sequence[str]:
        """One line for each thing that was repaired, skipped or is missing, known so far."""
        ...


class Source(About, Protocol):
    """A recording or a set of devices, as one ordered flow of blocks and gaps."""

    def events(self) -> Iterator[Event]:
        """Blocks and gaps of a recording in the order in which a live session would deliver them (by `end`).

        Every call starts a recording anew; devices can be followed once.

        Raises
        ------
        UnreadableSource
            When reading fails on the way; what came before stays valid.
        """
        ...
