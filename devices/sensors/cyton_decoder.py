"""OpenBCI Cyton's packets: `A0`, counter, eight channels of 24 bits, six bytes, and `C0` to `C6`, which explains these.

Source: OpenBCI's Cyton data format. There is no checksum: the last byte, the next packet's first one and the counter
together tell a packet.
"""

from devices.sensors.frames import Channel, Decoded, Frame, Layout
from devices.sensors.numbered import Numbered

SIZE = 33
CHANNELS = tuple("12345678")
ANALOG = ("A5", "A6", "A7")
"""Pins D11, D12 and D13, in analog mode"""
RAIL = 0x7FFFFF
"""An electrode that touches nobody drives its channel there"""
RATE = 250.0
_FOOTERS = range(0xC0, 0xC7)
_MOVEMENT, _RAW = 0xC0, 0xC1
_AUX = 26


class CytonDecoder(Numbered):
    """A `Decoder` of Cyton's packets.

    Parameters
    ----------
    watched
        Columns whose electrodes matter: others are open and at the rail.
    analog
        True when the last three columns are the analog pins; else they are the acceleration, which comes at 25 Hz.
    """

    _HEADER = b"\xa0"

    def __init__(self, watched: tuple[int, ...] = (), analog: bool = False) -> None:
        aux = [Channel(name, "adc10") for name in ANALOG] if analog else [Channel(name, "g/8000") for name in "XYZ"]
        exg = [Channel(name, "adc24") for name in CHANNELS]
        super().__init__("OpenBCI Cyton", Layout("", (*exg, *aux), RATE, "index"), SIZE, 1)
        self._watched, self._analog = watched, analog

    def _ends_well(self, at: int) -> bool:
        return self._buffer[at + SIZE - 1] in _FOOTERS

    def _accept(self, at: int, size: int, steps: int | None) -> list[Decoded]:
        index, decoded = self._number(at, size, steps)
        exg = [self._signed(place, 3) for place in range(at + 2, at + _AUX, 3)]
        contact = all(abs(exg[column]) < RAIL for column in self._watched)
        values = (*map(float, exg), *self._aux(at + _AUX, self._buffer[at + SIZE - 1]))
        return [*decoded, Frame("", index, values, self._end(at, size), contact=contact)]

    def _aux(self, at: int, footer: int) -> tuple[float, ...]:
        """Return the three last columns; NaN where this packet has none."""
        values = tuple(float(self._signed(place, 2)) for place in range(at, at + 6, 2))
        here = footer == _RAW if self._analog else footer == _MOVEMENT and any(values)
        return values if here else (float("nan"),) * 3

    def _signed(self, at: int, size: int) -> int:
        return int.from_bytes(self._buffer[at : at + size], "big", signed=True)
