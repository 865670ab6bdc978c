"""OpenBCI Cyton: an ECG on any of its eight channels, skin conductance or temperature on its analog pins.

Source: OpenBCI's Cyton SDK. The port does not reset the board, which may be streaming already.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import ClassVar

from devices.sensors import choosing
from devices.sensors.analog import analog
from devices.sensors.cyton_decoder import ANALOG, CHANNELS, CytonDecoder
from devices.sensors.driver import Conversion, Doubles, Drain, Expect, Output, Port, Refused, Script, Send, Step, Wanted
from devices.sensors.frames import Decoder
from devices.sensors.options import only

GAIN = 24
"""Of every channel after the reset to defaults"""
_BITS, _VCC = 10, 3.3
_ANSWER_S = 3.0


def millivolts(raw: Doubles, gain: int = GAIN) -> Doubles:
    """Return millivolts of raw values [n]: 4.5 V at gain 1 for 2^23 - 1 counts."""
    return raw * (4500.0 / gain / (2**23 - 1))


class Cyton:
    """The `Driver` of OpenBCI Cyton, without its Daisy module: 250 Hz.

    Channels of `ecg` are `1` to `8`, at gain 24; of every stream the analog pins `A5`, `A6`, `A7`, whose formula has to
    be named (`eda:A5/rev2020`): the board does not know what is attached. No options.
    """

    protocol: ClassVar[str] = "cyton"
    title: ClassVar[str] = "OpenBCI Cyton"
    port = Port(115200)

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None:
        only(options, (), self.title)
        self._outputs = tuple(_output(one) for one in wanted)
        self._analog = any(output.column >= len(CHANNELS) for output in self._outputs)

    def start(self) -> Script:
        """Stop, reset, set the defaults, choose what the analog pins do, start.

        Raises
        ------
        Refused
            When only the dongle answers, or something else.
        """
        yield Send(b"s", 0.1)
        yield Drain(0.2)
        text = yield from _ask(b"v", "the greeting of a Cyton board, which ends with $$$")
        if b"Failure" in text or b"OpenBCI" not in text:
            said = text.decode("ascii", "replace").strip()[:80]
            raise Refused(f"the Cyton board does not answer through its dongle ({said!r}); switch it on, set to PC")
        yield from _ask(b"d", "the confirmation of the Cyton's defaults")
        yield from _ask(b"/2" if self._analog else b"/0", "the confirmation of the Cyton's board mode")
        yield Send(b"b")

    def stop(self) -> Script:
        """Stop; the board does not answer."""
        yield Send(b"s", 0.1)
        yield Drain(0.1, 0.5)

    def decoder(self) -> Decoder:
        """Return a fresh decoder."""
        watched = tuple(output.column for output in self._outputs if output.column < len(CHANNELS))
        return CytonDecoder(watched, self._analog)

    def outputs(self, decoder: Decoder) -> Sequence[Output]:  # noqa: ARG002  (known from the URL alone)
        """Return where the wanted streams come from."""
        return self._outputs


def _output(wanted: Wanted) -> Output:
    columns = (*CHANNELS, *ANALOG)
    if wanted.stream != "ecg" or wanted.channel.upper() in ANALOG:
        return analog(Cyton.title, wanted, ANALOG, columns, _BITS, _VCC)
    channel = choosing.channel(Cyton.title, wanted, {"ecg": CHANNELS})
    gain = f"gain{GAIN}"
    choosing.formula(Cyton.title, wanted, [gain], gain)
    return Output("ecg", "", columns.index(channel), Conversion(f"cyton.ecg.{gain}", "mV", millivolts))


def _ask(command: bytes, what: str) -> Generator[Step, bytes, bytes]:
    yield Send(command)
    reply: bytes = yield Expect(_prompt, _ANSWER_S, what)
    return reply


def _prompt(read: bytes) -> int | None:
    end = read.find(b"$$$")
    return end + 3 if end >= 0 else None
