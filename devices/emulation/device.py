"""What every emulated device is: bytes in, bytes out, a clock of its own, and a ledger of what it really sent."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame that a device sent: the truth that a decoder's frame is compared with."""

    layout: str
    """Name of its layout, as the decoder of the protocol calls it"""
    index: int
    """Counted since the device began to stream; frames that it had no room for are counted too"""
    values: tuple[float, ...]
    """Raw, one for each channel of the layout"""
    time: float
    """At which it was measured, seconds of the device's own clock"""
    start: int
    """Bytes that the device sent before it, replies included"""
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A frame before it is sent."""

    layout: str
    index: int
    values: tuple[float, ...]
    time: float
    data: bytes


class Ledger:
    """Everything that a device sent, in order.

    Parameters
    ----------
    keep
        Frames to remember, the last ones; None remembers all, which suits a test but not an evening.
    """

    def __init__(self, keep: int | None = None) -> None:
        self.frames: deque[Sent] = deque(maxlen=keep)
        self.count = 0
        """Frames sent"""
        self.skipped = 0
        """Frames measured and never sent: the device had no room for them, or lost its power first"""
        self.bytes = 0
        """Sent, replies included"""

    def enter(self, reading: Reading) -> None:
        """Note a frame that joins the bytes to be sent."""
        start, self.bytes = self.bytes, self.bytes + len(reading.data)
        self.frames.append(
            Sent(reading.layout, reading.index, reading.values, reading.time, start, start + len(reading.data))
        )
        self.count += 1

    def take_back(self, unsent: int) -> None:
        """Strike out the frames of which any of the last `unsent` bytes never left."""
        self.bytes -= unsent
        while self.frames and self.frames[-1].end > self.bytes:
            self.frames.pop()
            self.count -= 1
            self.skipped += 1


class Emulated(Protocol):
    """A device without its port. Its time passes only in `produce`."""

    truth: Ledger
    baud: int | None
    """Of its serial line; None where the number means nothing (Bluetooth, native USB)"""

    def opened(self) -> None:
        """A program has opened the port: an Arduino starts anew."""
        ...

    def power_off(self) -> None:
        """Forget everything but the ledger: what comes next is a device just switched on."""
        ...

    def receive(self, data: bytes) -> bytes:
        """Take what the host wrote; return what the device answers at once."""
        ...

    def produce(self, seconds: float, room: int | None = None) -> bytes:
        """Let time pass; return what the device sends meanwhile.

        Parameters
        ----------
        seconds
            By the device's own clock.
        room
            Bytes that the line takes in this time; what is left waits in the device's ring, and what does not fit there
            is lost as on the real device. None when the line takes everything.
        """
        ...


class Device(ABC):
    """What emulated devices share: the clock, the ring between sampling and sending, the ledger.

    A device adds `measure`, `obey` and `restart`.
    """

    baud: int | None = 115_200
    ring_bytes = 4096
    """Room for what is measured and not sent yet"""

    def __init__(self, keep: int | None = None) -> None:
        self.truth = Ledger(keep)
        self.clock = 0.0
        """Seconds since the device was made; switching it off and on does not set it back"""
        self._ring = bytearray()

    def opened(self) -> None:  # noqa: B027 - nothing is what most devices do
        """A program has opened the port, which most devices do not notice."""

    def power_off(self) -> None:
        """Forget everything but the ledger, and what had not been sent."""
        self.truth.take_back(len(self._ring))
        self._ring.clear()
        self.restart()

    def receive(self, data: bytes) -> bytes:
        """Obey commands; an answer waits behind the frames that have not left yet."""
        reply = self.obey(data)
        self.truth.bytes += len(reply)
        if not self._ring:
            return reply
        self._ring += reply
        return b""

    def say(self, data: bytes) -> None:
        """Send bytes that belong to no frame, behind what waits already."""
        self.truth.bytes += len(data)
        self._ring += data

    def produce(self, seconds: float, room: int | None = None) -> bytes:
        """Measure for a while and send what the line takes."""
        self.clock += seconds
        limit = None if room is None else room + self.ring_bytes
        for reading in self.measure():
            if limit is None or self.fits(limit - len(self._ring), reading.data):
                self.truth.enter(reading)
                self._ring += reading.data
            else:
                self.truth.skipped += 1
        taken = bytes(self._ring[:room])
        del self._ring[:room]
        return taken

    def fits(self, free: int, data: bytes) -> bool:
        """Say whether a frame goes into the ring; the newest is the one that is lost."""
        return len(data) <= free

    @abstractmethod
    def measure(self) -> Iterable[Reading]:
        """Return the frames that are due by the clock, in order; they are given out once."""

    @abstractmethod
    def obey(self, data: bytes) -> bytes:
        """Take what the host wrote, in any pieces; return the answer."""

    @abstractmethod
    def restart(self) -> None:
        """Return to the state of a device just switched on."""


class Sampling:
    """Which samples of an even rate are due by a clock.

    Parameters
    ----------
    rate
        Hertz.
    began
        Clock at which sampling began, seconds; sample 0 is due one period later.
    together
        Samples that become due at once.
    """

    def __init__(self, rate: float, began: float = 0.0, together: int = 1) -> None:
        self.rate, self.began = rate, began
        self._together = together
        self._next = 0

    def due(self, clock: float) -> range:
        """Return the numbers of the samples that have become due since the last call."""
        passed = int((clock - self.began) * self.rate + 1e-6)
        first, self._next = self._next, max(self._next, passed - passed % self._together)
        return range(first, self._next)

    def time(self, sample: int) -> float:
        """Return the clock at which a sample is measured."""
        return self.began + (sample + 1) / self.rate
