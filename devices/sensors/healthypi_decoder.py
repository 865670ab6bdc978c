"""ProtoCentral's packets (HealthyPi, OpenView): `0A FA`, length, type, payload, `00 0B`.

Source: protocentral_openview2. They have neither counter nor checksum: what is lost cannot be counted.
"""

from collections.abc import Sequence
from struct import Struct

from devices.sensors.frames import Channel, Decoded, Frame, Layout
from devices.sensors.packets import Packets

RATE = 128.0
VITALS, ECG, PPG = 2, 3, 4
_SECOND, _END = 0xFA, b"\x00\x0b"
_HEAD, _TAIL = 5, 2
_NO_SPO2 = 25
_LARGEST = 64  # bytes of payload; the largest type has 50

_COMMON = ("HR", "RR")
_CHANNELS = {
    VITALS: ("ECG", "RESP", "PPG", "TEMP", "SPO2", *_COMMON),
    ECG: (*(f"ECG{n}" for n in range(1, 9)), *(f"RESP{n}" for n in range(1, 5)), *_COMMON),
    PPG: (*(f"PPG{n}" for n in range(1, 9)), "SPO2", "TEMP"),
}
_FORMS = {
    VITALS: Struct("<iixi4xHBBB"),
    ECG: Struct("<8i4iBB"),
    PPG: Struct("<8HBH"),
}
_UNITS = {"TEMP": "°C/100", "SPO2": "%", "HR": "1/min", "RR": "1/min"}
LAYOUTS = {
    kind: Layout(str(kind), tuple(Channel(n, _UNITS.get(n, "adc")) for n in names), RATE, "index")
    for kind, names in _CHANNELS.items()
}
"""By type of packet"""


class HealthyPiDecoder(Packets):
    """A `Decoder` of packets of all three types, each a layout of its own."""

    _HEADER = b"\x0a"

    def __init__(self) -> None:
        super().__init__("HealthyPi")
        self._index = dict.fromkeys(LAYOUTS, 0)

    @property
    def layouts(self) -> Sequence[Layout]:
        """One for each type of packet."""
        return tuple(LAYOUTS.values())

    def _stamp(self, at: int) -> int | None:
        head = self._buffer[at : at + 2]
        if head != bytes((self._HEADER[0], _SECOND))[: len(head)]:
            return -1
        return 0 if len(head) == 2 else None

    def _sealed(self, at: int) -> int | None:
        head = self._buffer[at : at + _HEAD]
        if len(head) < _HEAD:
            return None
        length = int.from_bytes(head[2:4], "little")
        kind = head[4]
        if length > _LARGEST or kind not in _FORMS or length < _FORMS[kind].size:
            return 0
        size = _HEAD + length + _TAIL
        if len(self._buffer) < at + size:
            return None
        return size if self._buffer[at + size - _TAIL : at + size] == _END else 0

    def _steps(self, earlier: int, later: int) -> int | None:  # noqa: ARG002  (a packet has no number)
        return 1

    def _accept(self, at: int, size: int, steps: int | None) -> list[Decoded]:  # noqa: ARG002  (always 1)
        kind = self._buffer[at + 4]
        index, end = self._index[kind], self._end(at, size)
        values = _FORMS[kind].unpack_from(self._buffer, at + _HEAD)
        named = zip(_CHANNELS[kind], map(float, values), strict=True)
        known = tuple(float("nan") if (name, value) == ("SPO2", _NO_SPO2) else value for name, value in named)
        holes = self._strays and self.counters.frames
        lost = [self._lost(str(other), begun, None, end) for other, begun in self._index.items() if holes and begun]
        self._index[kind] += 1
        self.counters.frames += 1
        return [*lost, Frame(str(kind), index, known, end)]
