"""Packets of bytes found by their place in a chain: what Shimmer3, Cyton, HealthyPi and Chords have in common.

None of them can be believed for its form alone, so a packet is accepted when it continues those before it and another
one follows where it ends; a packet whose checksum is long enough needs no follower. After bytes that fit nowhere the
next packet is looked for one byte further, never before the first byte that failed.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence

from devices.sensors.frames import Counters, Decoded, Layout, Lost, Remark

_FOREIGN = 1024  # bytes without a packet, after which something is said
_BETWEEN = 4  # things in a row between two packets; more are no answers but noise


class Packets(ABC):
    """A `Decoder` of chained packets; a subclass knows their form.

    Every question about a position is answered with None while too few bytes have come to say; a subclass must not look
    further than it says it needs.

    Parameters
    ----------
    title
        Of the device, for remarks.
    proves_itself
        True when a packet of right form needs no follower.
    """

    _HEADER: bytes
    """First byte of every packet"""
    _DAMAGE = "out of step"
    """What to call a hole where a packet is in its place and not of its form"""

    def __init__(self, title: str, proves_itself: bool = False) -> None:
        self.counters = Counters()
        self._title = title
        self._proves_itself = proves_itself
        self._buffer = bytearray()
        self._start = 0  # position of the buffer's first byte, counted since the decoder began
        self._arrivals: deque[tuple[int, float]] = deque()  # position after a chunk, and when it came
        self._in_step = False
        self._last: int | None = None  # stamp of the last packet accepted
        self._strays = 0  # bytes skipped since then
        self._damaged = False  # one of these began as a packet should

    @property
    @abstractmethod
    def layouts(self) -> Sequence[Layout]:
        """See `Decoder.layouts`."""

    @abstractmethod
    def _stamp(self, at: int) -> int | None:
        """Return the counter or clock of what may be a packet; -1 where none can begin."""

    @abstractmethod
    def _sealed(self, at: int) -> int | None:
        """Return the size of the packet that begins here; 0 where its form is wrong."""

    @abstractmethod
    def _steps(self, earlier: int, later: int) -> int | None:
        """Return how many packets one stamp is after another: 1 the next, 0 one repeated, None where it cannot be."""

    @abstractmethod
    def _accept(self, at: int, size: int, steps: int | None) -> list[Decoded]:
        """Decode a packet after what was lost before it: `steps` since the last one, None when nobody can know."""

    def _between(self, at: int) -> int | None:
        """Return the size of what a device may say between two packets; 0 where it says nothing."""
        return 0 if at < len(self._buffer) else None

    def push(self, data: bytes, arrived: float | None = None) -> list[Decoded]:
        """Take the next bytes; see `Decoder.push`."""
        self._buffer += data
        self.counters.received += len(data)
        if arrived is not None:
            self._arrivals.append((self.counters.received, arrived))
        decoded: list[Decoded] = []
        at = 0
        while at < len(self._buffer) and (size := self._judge(at, decoded)) is not None:
            at += size
        del self._buffer[:at]
        self._start += at
        self.counters.waiting = len(self._buffer)
        while len(self._arrivals) > 1 and self._arrivals[0][0] <= self._start:
            self._arrivals.popleft()
        return decoded

    def cut(self) -> list[Decoded]:
        """Say that bytes are missing here; see `Decoder.cut`."""
        self.counters.skipped += len(self._buffer)
        self._strays += len(self._buffer) + 1
        self._start += len(self._buffer)
        self._buffer.clear()
        self.counters.waiting = 0
        self._lose_step()
        return []

    def _judge(self, at: int, decoded: list[Decoded]) -> int | None:
        """Accept or skip what begins here; return its size, None to wait for more."""
        if self._in_step:
            said = self._between(at)
            if said is None:
                return None
            if said:
                self.counters.accepted += said
                return said
        else:
            found = self._buffer.find(self._HEADER, at)
            if found != at:
                return self._skip((found if found >= 0 else len(self._buffer)) - at, decoded)
        believed = self._believed(at)
        if believed is None:
            return None
        if not believed:
            self._lose_step()
            return self._skip(1, decoded)
        return self._take(at, decoded)

    def _believed(self, at: int) -> bool | None:
        stamp = self._stamp(at)
        size = self._sealed(at) if stamp is not None and stamp >= 0 else 0
        if stamp is None or size is None:
            return None
        if not size:
            self._damage()
            return False
        after = at + size
        if self._last is None:
            return self._followed(after, stamp, 0 if self._proves_itself else 2)
        steps = self._steps(self._last, stamp)
        if steps is None:
            # The chain begins anew: the device's clock was set, or what we took for its chain was none.
            return self._followed(after, stamp, 1 if self._proves_itself else 2)
        if steps == 0:
            return False
        # Halves of two packets look like one; that the next one does not follow gives them away.
        return self._followed(after, stamp, 0 if self._proves_itself else 1)

    def _damage(self) -> None:
        if self._in_step:
            self.counters.broken += 1
            self._damaged = True

    def _followed(self, at: int, stamp: int, packets: int) -> bool | None:
        """Tell whether so many packets, each the next, begin here."""
        if packets == 0:
            return True
        after = self._after_answers(at)
        following = None if after is None else self._stamp(after)
        if after is None or following is None:
            return None
        if following < 0 or self._steps(stamp, following) != 1:
            return False
        if packets == 1 and not self._proves_itself:
            return True
        size = self._sealed(after)
        return self._followed(after + size, following, packets - 1) if size else None if size is None else False

    def _after_answers(self, at: int) -> int | None:
        for _ in range(_BETWEEN):
            said = self._between(at)
            if not said:
                return None if said is None else at
            at += said
        return at

    def _take(self, at: int, decoded: list[Decoded]) -> int:
        size, stamp = self._sealed(at) or 0, self._stamp(at) or 0
        steps = 1 if self._last is None else self._steps(self._last, stamp)
        decoded += self._accept(at, size, steps)
        self.counters.accepted += size
        self._last, self._in_step, self._strays, self._damaged = stamp, True, 0, False
        return size

    def _skip(self, count: int, decoded: list[Decoded]) -> int:
        if self._strays < _FOREIGN <= self._strays + count:
            text = f"{_FOREIGN} bytes without a packet of {self._title}: another device, another baud rate, or noise"
            decoded.append(Remark("not this protocol", text))
        self._strays += count
        self.counters.skipped += count
        return count

    def _lose_step(self) -> None:
        self.counters.resyncs += self._in_step
        self._in_step = False

    def _end(self, at: int, size: int) -> int:
        """Bytes received when the last one of a packet came."""
        return self._start + at + size

    def _arrived(self, end: int) -> float | None:
        """Return when the byte before a position came."""
        return next((time for position, time in self._arrivals if position >= end), None)

    def _lost(self, layout: str, index: int, count: int | None, at: int, exact: bool = True) -> Lost:
        self.counters.lost += count or 0
        reason = self._DAMAGE if self._damaged else "out of step" if self._strays else "sequence"
        return Lost(layout, index, count, at, reason, exact)
