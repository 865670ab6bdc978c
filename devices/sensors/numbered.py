"""Chained packets with a counter of one byte: Cyton's and Chords'."""

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence

from devices.sensors.frames import Decoded, Layout
from devices.sensors.holes import Holes
from devices.sensors.packets import Packets

_AGAIN = 8  # packets that are remembered: one of them that comes again is a line repeating itself


class Numbered(Packets):
    """Packets with a counter of one byte, at an even rate; a hole of more than 255 is resolved by time.

    Parameters
    ----------
    title
        Of the device, for remarks.
    layout
        Of every packet.
    size
        Bytes of a packet.
    counter
        Position of the counter in it.
    """

    def __init__(self, title: str, layout: Layout, size: int, counter: int) -> None:
        super().__init__(title)
        self.__layouts = (layout,)
        self._size, self._counter = size, counter
        self._holes = Holes(layout.rate, 256)
        self._recent: deque[bytearray] = deque(maxlen=_AGAIN)
        self._index = 0

    @property
    def layouts(self) -> Sequence[Layout]:
        """The one layout."""
        return self.__layouts

    @abstractmethod
    def _ends_well(self, at: int) -> bool:
        """Tell whether the bytes of a whole packet are of its form."""

    def _stamp(self, at: int) -> int | None:
        if at < len(self._buffer) and self._buffer[at] != self._HEADER[0]:
            return -1
        return self._buffer[at + self._counter] if at + self._counter < len(self._buffer) else None

    def _sealed(self, at: int) -> int | None:
        if len(self._buffer) < at + self._size:
            return None
        known = self._buffer[at : at + self._size] in self._recent
        return self._size if self._ends_well(at) and not known else 0

    def _steps(self, earlier: int, later: int) -> int | None:
        return later - earlier & 255

    def _number(self, at: int, size: int, steps: int | None) -> tuple[int, list[Decoded]]:
        """Return the index of a packet, and what was lost before it."""
        self._recent.append(self._buffer[at : at + size])
        end = self._end(at, size)
        arrived = self._arrived(end)
        lost: list[Decoded] = []
        if self.counters.frames and (steps != 1 or self._strays):
            count, exact = self._holes.lost(self._index, (steps or 1) - 1, arrived)
            if count:
                lost.append(self._lost(self.__layouts[0].name, self._index, count, end, exact))
                self._index += count
        if arrived is not None:
            self._holes.arrived(self._index, arrived)
        index, self._index = self._index, self._index + 1
        self.counters.frames += 1
        return index, lost
