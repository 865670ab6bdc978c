"""What a decoder makes of the bytes of a device: frames, the holes between them, and remarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Clock = Literal["index", "ticks", "arrival"]
"""What tells when a frame was measured: its number and the rate, the device's clock, or nothing but its arrival"""


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a device's frames, as it is sent."""

    name: str
    """As the maker calls it: `A3`, `GSR`, `ExG1 ch1`"""
    unit: str
    """Of the raw values: `adc10`, `µS`, `°C`, or empty when the device does not say"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Frames of one kind; a device that sends at several rates has several."""

    name: str
    """Within the device; `""` when there is only one"""
    channels: tuple[Channel, ...]
    rate: float
    """Nominal, hertz; 0 when there is none"""
    clock: Clock
    tick_hz: float = 0.0
    """Ticks a second, where the clock is `ticks`"""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a device measured at one moment, raw."""

    layout: str
    """Name of its layout"""
    index: int
    """Counted since the decoder began, lost frames included"""
    values: tuple[float, ...]
    """One for each channel of the layout; NaN where the device says that there is none"""
    at: int
    """Bytes received when its last byte came, counted since the decoder began"""
    ticks: int | None = None
    """The device's clock, unwrapped"""
    contact: bool = True
    """False when the device says that its electrodes touch nobody"""


@dataclass(frozen=True, slots=True)
class Lost:
    """Frames that a device sent, or should have sent, and that nobody got."""

    layout: str
    index: int
    """Of the first one"""
    count: int | None
    """None when they cannot be counted"""
    at: int
    """Bytes received when it was known, counted since the decoder began"""
    reason: str
    """`sequence`, `checksum`, `out of step`, `device overflow`, ..."""
    exact: bool = True
    """False when the count is a guess: several counts fit the sequence numbers"""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the device or the decoder has to say."""

    code: Literal["electrodes off", "battery", "version", "log", "not this protocol", "layout"]
    text: str
    """One line for a person"""


Decoded = Frame | Lost | Remark


@dataclass(slots=True)
class Counters:
    """The books of a decoder: `received == accepted + skipped + waiting`, to the byte, after every push."""

    received: int = 0
    accepted: int = 0
    """Bytes of frames and of whatever else was understood"""
    skipped: int = 0
    """Bytes that belong to nothing"""
    waiting: int = 0
    """Bytes of something that is not complete yet"""
    frames: int = 0
    broken: int = 0
    """Frames in place whose checksum or form is wrong"""
    lost: int = 0
    """Frames, as far as they could be counted"""
    resyncs: int = 0
    """Times that the boundary of frames had to be found anew"""


class Decoder(Protocol):
    """Bytes in, frames out; any chunking of the same bytes gives the same frames. Never raises, whatever comes."""

    counters: Counters

    @property
    def layouts(self) -> Sequence[Layout]:
        """Known so far: some devices say only while they send (a header line)."""
        ...

    def push(self, data: bytes, arrived: float | None = None) -> list[Decoded]:
        """Take the next bytes.

        Parameters
        ----------
        data
            Any number of bytes.
        arrived
            Seconds, on any clock without jumps, at which the last of them came: where sequence numbers are too short to
            count a long hole, time decides. None leaves such holes `exact=False`.
        """
        ...

    def cut(self) -> list[Decoded]:
        """Say that bytes are missing here: what is begun is dropped, and the next frame must prove itself anew."""
        ...
