"""Packets of Upside Down Labs' Chords firmware for BioAmp boards: `C7 7C`, counter, six readings of 16 bits, `01`."""

from devices.sensors.frames import Channel, Decoded, Frame, Layout
from devices.sensors.numbered import Numbered

SIZE = 16
CHANNELS = ("A0", "A1", "A2", "A3", "A4", "A5")
_SECOND, _LAST = 0x7C, 0x01


class ChordsDecoder(Numbered):
    """A `Decoder` of Chords packets at a rate in hertz and of so many bits."""

    _HEADER = b"\xc7"

    def __init__(self, rate: float, bits: int) -> None:
        channels = tuple(Channel(name, f"adc{bits}") for name in CHANNELS)
        super().__init__("Chords", Layout("", channels, rate, "index"), SIZE, 2)

    def _ends_well(self, at: int) -> bool:
        return self._buffer[at + 1] == _SECOND and self._buffer[at + SIZE - 1] == _LAST

    def _accept(self, at: int, size: int, steps: int | None) -> list[Decoded]:
        index, decoded = self._number(at, size, steps)
        words = (self._buffer[place : place + 2] for place in range(at + 3, at + SIZE - 1, 2))
        values = tuple(float(int.from_bytes(word, "big")) for word in words)
        return [*decoded, Frame("", index, values, self._end(at, size))]
