"""What every device and recording delivers: consecutive samples of one stream, and the holes between them.

Of a recording that is blocks and gaps; a live source also tells when a stream has stopped, what its devices do and
say, and what the people before it ask for.
"""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray


class Quality(IntFlag):
    """What is known to be wrong with the samples of a block; 0 when nothing is."""

    OK = 0
    NO_CONTACT = 1
    CLIPPED = 2
    SILENT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Consecutive samples of one stream."""

    stream: str
    """audio, eda, ecg, temp or ibi"""
    index: int
    """Of the first sample, counted since the stream began, lost samples included"""
    time: float
    """Of the first sample, seconds of session time"""
    rate: float
    """Hertz; 0 for an irregular stream (ibi), whose blocks hold one sample each"""
    values: NDArray[np.float32]
    """[n]: audio -1..1, eda microsiemens, ecg millivolts, temp degrees Celsius, ibi seconds"""
    flags: Quality = Quality.OK

    @property
    def end(self) -> float:
        """Session time just after the last sample, in seconds; equals `time` for an irregular stream."""
        return self.time + len(self.values) / self.rate if self.rate else self.time


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that a stream should have delivered and did not."""

    stream: str
    time: float
    """Of the first missing sample, seconds of session time"""
    lost: int | None
    """Samples; None when they cannot be counted"""
    duration: float | None
    """Seconds; None while the stream is still away"""
    reason: str


@dataclass(frozen=True, slots=True)
class Away:
    """A live stream that has stopped: nothing of it will come for the time until then, so nobody need wait for it.

    Follows the `Gap` without a duration that says why; the `Gap` with the duration follows when the stream is back.
    """

    stream: str
    until: float
    """Seconds of session time"""


@dataclass(frozen=True, slots=True)
class SensorNotice:
    """Something that a device has to say while it runs."""

    t: float
    """Seconds of session time"""
    text: str
    """One line for a person"""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What a live device is doing, and what it came to so far; told whenever it begins to do something else."""

    t: float
    """Seconds of session time"""
    device: str
    """Its name for people"""
    state: str
    """opening, streaming, stalled, lost, waiting or closed"""
    problem: str | None = None
    """Why it does not stream, or what is wrong with what it streams, in one line; None when all is well"""
    drift_ppm: float | None = None
    """How much faster its clock runs than ours; None until samples have come"""
    latency_s: float | None = None
    """How late its samples arrive on average, beyond a constant that cannot be seen; None until samples have come"""
    lost: int = 0
    """Of its own samples, those that never arrived, as far as its numbers tell"""
    reconnects: int = 0
    away_s: float = 0.0
    """Seconds for which it was stalled, lost or unusable so far"""


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a person asked for while the session ran; it takes its place among the samples.

    So a recording that is played again is muted, marked and corrected where it was.
    """

    t: float
    """Seconds of session time"""
    action: str
    """mute, unmute, mark, correct, ..."""
    value: str = ""
    """What it is done to, or with: a modality, a label, a remark"""


Event = Block | Gap | Away | SensorNotice | DeviceState | Command


def known_until(event: Event) -> float:
    """Session time up to which an event tells about its stream, seconds."""
    match event:
        case Block():
            return event.end
        case Gap():
            return event.time + (event.duration or 0.0)
        case Away():
            return event.until
        case SensorNotice() | DeviceState() | Command():
            return event.t
