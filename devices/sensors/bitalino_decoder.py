"""BITalino's bytes, made into frames.

Four bits of checksum prove little: one window in sixteen passes anywhere, and a frame of zeros always does. So a frame
is believed for its place in a chain: three frames in step begin one, each next frame continues it, and whatever breaks
it needs a neighbour as a witness. Bytes that were accepted once are never looked at again.
"""

from collections.abc import Sequence

from devices.sensors.bitalino_frame import FORMATS
from devices.sensors.frames import Channel, Counters, Decoded, Frame, Layout, Lost, Remark
from devices.sensors.holes import Holes

_BYTE_S = 10 / 115200
_FOREIGN = 1024  # bytes without a frame, after which something is said


class BitalinoDecoder:
    """A `Decoder` of the frames of some channels.

    Parameters
    ----------
    channels
        Those selected, in ascending order, at their widths.
    rate
        1, 10, 100 or 1000 Hz.
    remarks
        What the device said before it began to send.
    """

    def __init__(self, channels: Sequence[Channel], rate: float, remarks: Sequence[Remark] = ()) -> None:
        self.counters = Counters()
        self.layouts = (Layout("", tuple(channels), rate, "index"),)
        self._format = FORMATS[len(channels)]
        self._holes = Holes(rate, 16)
        self._rate = rate
        self._remarks = list(remarks)
        self._buffer = bytearray()
        self._start = 0  # of what the buffer still holds
        self._index = 0
        self._expected = 0
        self._following = False
        self._skipped = 0  # bytes since a frame
        self._arrived: float | None = None

    def push(self, data: bytes, arrived: float | None = None) -> list[Decoded]:
        """Take the next bytes; see `Decoder.push`."""
        out: list[Decoded] = [*self._remarks]
        self._remarks.clear()
        self.counters.received += len(data)
        self._buffer += data
        self._arrived = arrived
        before = self.counters.frames
        while self._follow(out) if self._following else self._hunt(out):
            pass
        if arrived is not None and self.counters.frames > before:
            self._holes.arrived(self._index - 1, self._made(arrived, self._start))
        del self._buffer[: self._start]
        self._start = 0
        self.counters.waiting = len(self._buffer)
        return out

    def cut(self) -> list[Decoded]:
        """Say that bytes are missing here; see `Decoder.cut`."""
        self.counters.skipped += len(self._buffer)
        self.counters.waiting = 0
        self._buffer.clear()
        if self._following:
            self._lose_step()
        return []

    def _follow(self, out: list[Decoded]) -> bool:
        """Accept frames while they are in step; return whether there is more to do with the bytes at hand."""
        buffer, form, start, index, expected = self._buffer, self._format, self._start, self._index, self._expected
        size = form.size
        end = self.counters.received - len(buffer) + size
        last = len(buffer) - size
        while start <= last and form.sequence(buffer, start) == expected:
            out.append(Frame("", index, form.values(buffer, start), end + start))
            start += size
            index += 1
            expected = expected + 1 & 15
        accepted = index - self._index
        self.counters.frames += accepted
        self.counters.accepted += accepted * size
        self._start, self._index, self._expected = start, index, expected
        return start <= last and self._doubt(out)

    def _doubt(self, out: list[Decoded]) -> bool:
        """Judge a frame that is not the expected one by those after it; return False to wait for them."""
        found, after = self._look(0), self._look(1)
        if after is None:
            return False
        if found is not None and found >= 0 and after == found + 1 & 15:
            self._lose(out, found, 2, "sequence")
            return True
        if after == self._expected + 1 & 15:
            third = self._look(2)
            if third is None:
                return False
            if third == after + 1 & 15:
                self._break(out)
                return True
        self._lose_step()
        return True

    def _hunt(self, out: list[Decoded]) -> bool:
        """Look for three frames in step; return whether they were found."""
        last = len(self._buffer) - self._format.size
        while self._start <= last:
            found = self._format.sequence(self._buffer, self._start)
            if found >= 0:
                chained = self._chained(found)
                if chained is None:
                    return False
                if chained:
                    self._regain_step(out, found)
                    return True
            self._skip(1, out)
        return False

    def _chained(self, found: int) -> bool | None:
        """Return whether two more frames in step follow; None when too little has come to say."""
        for distance in (1, 2):
            sequence = self._look(distance)
            if sequence is None:
                return None
            if sequence != found + distance & 15:
                return False
        return True

    def _look(self, distance: int) -> int | None:
        """Return the sequence number some frames ahead, -1 where there is no frame, None where nothing has come yet."""
        start = self._start + distance * self._format.size
        if start + self._format.size > len(self._buffer):
            return None
        return self._format.sequence(self._buffer, start)

    def _lose_step(self) -> None:
        self._following = False
        self._skipped = 0
        self.counters.resyncs += 1

    def _regain_step(self, out: list[Decoded], found: int) -> None:
        self._following = True
        if self.counters.frames:
            self._lose(out, found, 3, "out of step")
        self._expected = found

    def _break(self, out: list[Decoded]) -> None:
        """Give up one frame that is damaged in its place."""
        out.append(Lost("", self._index, 1, self._at(3), "checksum"))
        self.counters.broken += 1
        self.counters.lost += 1
        self.counters.skipped += self._format.size
        self._start += self._format.size
        self._index += 1
        self._expected = self._expected + 1 & 15

    def _lose(self, out: list[Decoded], found: int, witnesses: int, reason: str) -> None:
        """Count the frames that are missing before the one at hand, known once some witnesses had come."""
        time = None if self._arrived is None else self._made(self._arrived, self._start + self._format.size)
        count, exact = self._holes.lost(self._index, found - self._expected & 15, time)
        if count:
            out.append(Lost("", self._index, count, self._at(witnesses), reason, exact))
        self.counters.lost += count
        self._index += count
        self._expected = found

    def _made(self, arrived: float, end: int) -> float:
        """Return when a frame that ends there was to arrive, by what has come since: frames and the rest of one."""
        frames, rest = divmod(len(self._buffer) - end, self._format.size)
        return arrived - frames / self._rate - rest * _BYTE_S

    def _at(self, frames: int) -> int:
        return self.counters.received - len(self._buffer) + self._start + frames * self._format.size

    def _skip(self, count: int, out: list[Decoded]) -> None:
        self._start += count
        self._skipped += count
        self.counters.skipped += count
        if self._skipped == _FOREIGN:
            out.append(Remark("not this protocol", self._foreign()))

    def _foreign(self) -> str:
        channels = len(self.layouts[0].channels)
        return (
            f"{_FOREIGN} bytes without a BITalino frame of {channels} channels: "
            "another device, another baud rate, or nothing but noise"
        )
