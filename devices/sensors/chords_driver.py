"""Upside Down Labs' Chords firmware: an Arduino with BioAmp boards or other sensors on its analog pins.

Source: Chords-Arduino-Firmware. Any byte stops the stream; commands are read until a second has passed.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from devices.sensors.analog import analog
from devices.sensors.chords_decoder import CHANNELS, ChordsDecoder
from devices.sensors.driver import Drain, Expect, Output, Port, Script, Send, Wanted
from devices.sensors.frames import Decoder
from devices.sensors.options import choice, number, only

_BOARDS = {"uno-r3": (250.0, 10), "uno-r4": (500.0, 14)}  # to rate and bits
_START_S, _ANSWER_S = 2.0, 3.0
_COMMAND_S = 1.3  # what comes sooner than a second after a command is taken for more of it


class Chords:
    """The `Driver` of Chords.

    Channels are the pins `A0` to `A5`, whose formula has to be named (`ecg:A0/ecg`). Options: `board` (uno-r3 at
    250 Hz, uno-r4 at 500 Hz), `vcc` in volts.
    """

    protocol: ClassVar[str] = "chords"
    title: ClassVar[str] = "Chords (Upside Down Labs)"
    port = Port(230400, settle_s=_START_S)

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None:
        only(options, ("board", "vcc"), self.title)
        self._rate, self._bits = _BOARDS[choice(options, "board", tuple(_BOARDS))]
        vcc = number(options, "vcc", 5.0, 1.8, 5.5)
        self._outputs = tuple(analog(self.title, one, CHANNELS, CHANNELS, self._bits, vcc) for one in wanted)

    def start(self) -> Script:
        """Stop whatever runs, ask for the board's name, start."""
        yield Send(b"STOP\n", _COMMAND_S)
        yield Drain(0.2)
        yield Send(b"WHORU\n")
        yield Expect(_name, _ANSWER_S, "the name of a board with the Chords firmware")
        yield Send(b"START\n")

    def stop(self) -> Script:
        """Stop."""
        yield Send(b"STOP\n", 0.1)
        yield Drain(0.2)

    def decoder(self) -> Decoder:
        """Return a fresh decoder."""
        return ChordsDecoder(self._rate, self._bits)

    def outputs(self, decoder: Decoder) -> Sequence[Output]:  # noqa: ARG002  (known from the URL alone)
        """Return where the wanted streams come from."""
        return self._outputs


def _name(read: bytes) -> int | None:
    end = read.find(b"\n", max(0, read.find(b"UNO-")))
    return end + 1 if b"UNO-" in read and end >= 0 else None
