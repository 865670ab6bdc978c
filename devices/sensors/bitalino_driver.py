"""BITalino (r)evolution: which channels, how it is started and stopped, and what it says of itself."""

import re
from collections.abc import Generator, Mapping, Sequence
from typing import ClassVar

from devices.sensors.bitalino_conversions import VCC, conversion
from devices.sensors.bitalino_decoder import BitalinoDecoder
from devices.sensors.bitalino_frame import WIDTHS, Status, status
from devices.sensors.driver import Drain, Expect, Output, Port, Refused, Script, Send, Step, UnknownChannel, Wanted
from devices.sensors.frames import Channel, Decoder, Remark
from devices.sensors.options import choice, number, only

PORTS = ("A1", "A2", "A3", "A4", "A5", "A6")
RATES = ("1000", "100", "10", "1")

_PAUSE_S = 0.15  # that the maker's programs leave after every command
_STOP_LIVE, _STOP, _VERSION, _STATUS = b"\x00", b"\xff", b"\x07", b"\x0b"
_RATE = {"1": b"\x03", "10": b"\x43", "100": b"\x83", "1000": b"\xc3"}
_NAME = re.compile(rb"BITalino[^\n]*?(?:_v|V)(\d+)\.(\d+)[^\n]*\n")
_STEADY = 3  # channels whose frames have six bits of padding, which keep the decoder in step
_LOW_VOLTS = 3.5


class Bitalino:
    """The `Driver` of BITalino (r)evolution, and of the first BITalino.

    Channels are `A1` to `A6`. Options: `rate` of 1, 10, 100 or 1000 Hz, `vcc` in volts, `acquire` for ports beyond
    those that are wanted (`acquire=A1,A2`), as when somebody else reads a capture.
    """

    protocol: ClassVar[str] = "bitalino"
    title: ClassVar[str] = "BITalino (r)evolution"
    port = Port(115200)

    _stop = _STOP

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None:
        only(options, ("rate", "vcc", "acquire"), "BITalino")
        self._rate = choice(options, "rate", RATES)
        vcc = number(options, "vcc", VCC, 1.8, 5.5)
        extra = options["acquire"].split(",") if "acquire" in options else []
        self._acquired = _acquired([_port(one.channel) for one in wanted], [_port(name) for name in extra])
        self._outputs = tuple(self._output(one, vcc) for one in wanted)
        self._said: tuple[Remark, ...] = ()

    def _output(self, wanted: Wanted, vcc: float) -> Output:
        column = self._acquired.index(_port(wanted.channel))
        return Output(wanted.stream, "", column, conversion(wanted.stream, wanted.formula, WIDTHS[column], vcc))

    def start(self) -> Script:
        """Stop whatever a session before has left running, ask for version and battery, set the rate, start."""
        version = yield from _version()
        said = [Remark("version", f"BITalino {'.'.join(map(str, version))}")]
        if version >= (4, 2):
            reply = yield Send(_STATUS, _PAUSE_S)
            found = status(reply[-17 if version >= (5, 2) else -16 :])
            said += [] if found is None else [_battery(found)]
        self._said = tuple(said)
        self._stop = _STOP if version >= (4, 2) else _STOP_LIVE
        yield Send(_RATE[self._rate], _PAUSE_S)
        mask = sum(1 << PORTS.index(port) for port in self._acquired)
        yield Send(bytes([mask << 2 | 1]))

    def stop(self) -> Script:
        """Stop from any state; a board of before firmware 4.2 knows only the stop that is meant for a running one."""
        yield Send(self._stop, _PAUSE_S)

    def decoder(self) -> Decoder:
        """Return a fresh decoder of the ports acquired."""
        channels = [Channel(port, f"adc{width}") for port, width in zip(self._acquired, WIDTHS, strict=False)]
        return BitalinoDecoder(channels, float(self._rate), self._said)

    def outputs(self, decoder: Decoder) -> Sequence[Output]:  # noqa: ARG002  (known from the URL alone)
        """Return where the wanted streams come from."""
        return self._outputs


def _port(name: str) -> str:
    if name.upper() not in PORTS:
        called = f"no channel {name!r}" if name else "no usual channel; say which one"
        raise UnknownChannel(f"BITalino has {called}; there are {', '.join(PORTS)}")
    return name.upper()


def _acquired(wanted: Sequence[str], extra: Sequence[str]) -> tuple[str, ...]:
    """Return the ports to acquire, ascending: those asked for, and others up to the number that is safe to decode."""
    chosen = {*wanted, *extra}
    fill = [port for port in PORTS if port not in chosen][: max(0, _STEADY - len(chosen))]
    return tuple(sorted({*chosen, *fill}))


def _version() -> Generator[Step, bytes, tuple[int, int]]:
    """Make the board idle and return its firmware's version as two numbers.

    A board that is idle takes the stop for a running one as the threshold of its battery light, so that stop is sent
    only to a board that does not answer at once: one that streams and is too old for the other stop.
    """
    yield Send(_STOP, _PAUSE_S)
    yield Drain(0.1)
    found = _NAME.search((yield Send(_VERSION, _PAUSE_S)))
    if found is None:
        yield Send(_STOP_LIVE, _PAUSE_S)
        yield Send(_STOP, _PAUSE_S)
        yield Drain(0.1)
        yield Send(_VERSION)
        found = _NAME.search((yield Expect(_version_end, 1.0, "the version string of a BITalino")))
    if found is None:
        raise Refused("the device says no version as a BITalino does; is it one?")
    return int(found[1]), int(found[2])


def _version_end(read: bytes) -> int | None:
    found = _NAME.search(read)
    return found.end() if found else None


def _battery(found: Status) -> Remark:
    low = "; it is low: charge it" if found.volts < _LOW_VOLTS else ""
    return Remark("battery", f"battery of the BITalino at {found.volts:.2f} V{low}")
