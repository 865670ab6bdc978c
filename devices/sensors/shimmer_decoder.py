"""Shimmer3's data packets: `00`, 24-bit clock, channels in the order of the inquiry, and a checksum of 0 to 2 bytes.

Acknowledgements and answers stand between packets. The clock is the chain: packets are whole multiples of the divider
apart, so what is lost is counted exactly.
"""

from binascii import crc_hqx
from collections.abc import Sequence

from devices.sensors.frames import Decoded, Frame, Layout
from devices.sensors.packets import Packets
from devices.sensors.shimmer_inquiry import Inquiry

_ACK, _NACK, _ANSWER = 0xFF, 0xFE, 0x8A
_ANSWERS = {0x71: 1, 0x94: 3}  # code of an answer within the stream to the bytes that follow it: status, battery
_WRAP = 1 << 24
_REPEATED = 2 * 32768  # ticks back, within which a packet of the same chain is one that came before
_JITTER = 1  # ticks


def checksum(data: bytes) -> int:
    """Return Shimmer's CRC-16: CCITT from 0xB0CA over data padded with one zero byte to an even length."""
    return crc_hqx(data + b"\0" * (len(data) % 2), 0xB0CA)


class ShimmerDecoder(Packets):
    """A `Decoder` of the packets that an inquiry announces.

    Parameters
    ----------
    inquiry
        Order of the channels and ticks between packets.
    crc
        Bytes of the checksum after each packet: 0, 1 or 2.
    """

    _HEADER = b"\0"
    _DAMAGE = "checksum"

    def __init__(self, inquiry: Inquiry, crc: int = 0) -> None:
        super().__init__("Shimmer3", proves_itself=crc == 2)
        self._inquiry, self._crc = inquiry, crc
        self._layout = inquiry.layout
        self._size = 4 + sum(field.size for field in inquiry.fields)
        self._index = 0
        self._ticks = 0

    @property
    def layouts(self) -> Sequence[Layout]:
        """The one layout, at its actual rate."""
        return (self._layout,)

    def _stamp(self, at: int) -> int | None:
        if at < len(self._buffer) and self._buffer[at]:
            return -1
        head = self._buffer[at + 1 : at + 4]
        return int.from_bytes(head, "little") if len(head) == 3 else None

    def _sealed(self, at: int) -> int | None:
        whole = self._size + self._crc
        if len(self._buffer) < at + whole:
            return None
        return whole if self._intact(at, self._size) else 0

    def _intact(self, at: int, size: int) -> bool:
        """Tell whether the checksum, as far as there is one, follows these bytes."""
        sent = self._buffer[at + size : at + size + self._crc]
        return not self._crc or sent == checksum(bytes(self._buffer[at : at + size])).to_bytes(2, "little")[: self._crc]

    def _steps(self, earlier: int, later: int) -> int | None:
        ticks = (later - earlier) % _WRAP
        if ticks >= _WRAP // 2:
            ticks -= _WRAP
        steps = round(ticks / self._inquiry.divider)
        if abs(ticks - steps * self._inquiry.divider) > _JITTER or ticks < -_REPEATED:
            return None
        return max(0, steps)

    def _between(self, at: int) -> int | None:
        """Return the size of an acknowledgement, an answer, or both under one checksum."""
        first = self._buffer[at : at + 1]
        if not first:
            return None
        if first[0] not in (_ACK, _NACK, _ANSWER):
            return 0
        acknowledged = first[0] != _ANSWER
        for size in (1, self._answer(at + 1, 1)) if acknowledged else (self._answer(at, 0),):
            if size is None:
                return None
            if size and len(self._buffer) < at + size + self._crc:
                return None
            if size and self._intact(at, size):
                return size + self._crc
        return 0

    def _answer(self, at: int, before: int) -> int | None:
        """Return the size of an answer with what stands before it; 0 when it is none."""
        head = self._buffer[at : at + 2]
        if head[:1] and head[0] != _ANSWER:
            return 0
        if len(head) < 2:
            return None
        return before + 2 + _ANSWERS[head[1]] if head[1] in _ANSWERS else 0

    def _accept(self, at: int, size: int, steps: int | None) -> list[Decoded]:
        stamp, end = self._stamp(at) or 0, self._end(at, size)
        decoded: list[Decoded] = []
        if self._last is None:
            self._ticks = stamp
        else:
            passed = (stamp - self._last) % _WRAP
            # A clock that was set back goes on from where it was: ticks never go backwards.
            self._ticks += passed if passed < _WRAP // 2 else self._inquiry.divider
            lost = None if steps is None else steps - 1
            if lost != 0:
                decoded.append(self._lost("", self._index, lost, end))
                self._index += lost or 0
        decoded.append(Frame("", self._index, self._values(at + 4), end, self._ticks))
        self._index += 1
        self.counters.frames += 1
        return decoded

    def _values(self, at: int) -> tuple[float, ...]:
        values = []
        for field in self._inquiry.fields:
            raw = self._buffer[at : at + field.size]
            values.append(float(int.from_bytes(raw, field.order, signed=field.signed)))
            at += field.size
        return tuple(values)
