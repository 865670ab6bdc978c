"""What a session decides by when something comes, as items beside the samples.

Whoever keeps the samples and these runs the session again and gets the same labels, on any machine at any speed.
"""

from dataclasses import dataclass

from devices.block import Event
from realtime.segmenter import Segment
from realtime.words import Spoken


@dataclass(frozen=True, slots=True, eq=False)
class WordsWanted:
    """A segment is over, and its words are asked for."""

    number: int
    """Of the segment's first sample"""
    segment: Segment


@dataclass(frozen=True, slots=True, eq=False)
class WordsCome:
    """The words of a segment, or the reason why there are none."""

    number: int
    spoken: Spoken


@dataclass(frozen=True, slots=True)
class WordsLate:
    """Labels wait no longer for the words of a segment; they count from when they come."""

    number: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The computer is too slow, or has caught up: windows are left out as long as it is."""

    on: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes of any stream."""


Arrival = WordsCome | WordsLate | Behind | Ended
Item = Event | Arrival
"""All that a pipeline takes"""
