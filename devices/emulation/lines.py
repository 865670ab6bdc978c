"""An Arduino that prints its sensors as lines of text, in the forms that sketches use."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import xor

from devices.emulation.device import Device, Reading, Sampling
from devices.emulation.waveforms import Body, Tape

LABELS: Mapping[str, str] = {"EDA": "eda", "ECG": "ecg", "TEMP": "temp"}
"""Column to what it measures, where nothing else is said"""
UNITS: Mapping[str, str] = {"eda": "uS", "ecg": "mV", "temp": "degC"}
_DECIMALS: Mapping[str, int] = {"eda": 3, "ecg": 3, "temp": 2}
_BOOT = b"\x00\xfeets Jun  8 2016\r\nsensors ready\r\n"


class TextLines(Device):
    r"""A board that prints one line a sample.

    Parameters
    ----------
    body
        Whose signals it measures.
    columns
        Label to stream, one of `waveforms.STREAMS`.
    rate
        Lines a second. The baud rate sets a limit: what does not fit is lost line by line.
    style
        `keyvalue` (`EDA:0.53,ECG:0.02`), `csv` (a header, then numbers), `values` (numbers alone) or `json`.
    counter
        Whether a column `n` counts the lines.
    clock
        Whether a column `t_ms` has the milliseconds since the board began.
    checksum
        Whether lines end in `*HH`, the exclusive or of the bytes before.
    comment
        Whether a first line says the units: `# EDA:uS,ECG:mV,fs=50`.
    resets
        Whether opening the port starts the board anew, as DTR does an Arduino Uno.
    boot_s
        Seconds that it takes to start; it prints some boot noise then.
    baud
    keep
        Lines that the ledger remembers.
    """

    ring_bytes = 64  # the transmit buffer of an Uno

    def __init__(
        self,
        body: Body | None = None,
        columns: Mapping[str, str] = LABELS,
        rate: float = 50.0,
        style: str = "keyvalue",
        counter: bool = False,
        clock: bool = False,
        checksum: bool = False,
        comment: bool = False,
        resets: bool = True,
        boot_s: float = 1.5,
        baud: int = 115_200,
        keep: int | None = None,
    ) -> None:
        super().__init__(keep)
        self.baud = baud
        self._body = body or Body()
        self._columns, self._rate, self._write = dict(columns), rate, STYLES[style]
        self._counter, self._clock, self._checksum = counter, clock, checksum
        self._comment, self._header = comment, style == "csv"
        self._resets, self._boot_s = resets, boot_s
        self.restart()

    def opened(self) -> None:
        """DTR rises: an Arduino starts anew."""
        if self._resets:
            self.power_off()

    def restart(self) -> None:
        """Boot: noise, silence, then lines counted from 0."""
        began = self.clock + self._boot_s
        self._sampling = Sampling(self._rate, began)
        self._tape = Tape([self._body.waveform(stream) for stream in self._columns.values()], self._rate, began)
        self._greeting = self._first_lines()
        if self._boot_s:
            self.say(_BOOT)

    def obey(self, data: bytes) -> bytes:  # noqa: ARG002 - the sketch reads nothing
        """Listen to nothing."""
        return b""

    def measure(self) -> Iterator[Reading]:
        """Return the lines due; with the first comes what is printed before it."""
        for k in self._sampling.due(self.clock):
            time = self._sampling.time(k)
            shown = [
                f"{value:.{_DECIMALS.get(stream, 3)}f}"
                for value, stream in zip(self._tape.row(k), self._columns.values(), strict=True)
            ]
            text = self._write({**self._numbers(k, time), **dict(zip(self._columns, shown, strict=True))})
            data, self._greeting = self._greeting + self._ended(text), b""
            yield Reading("", k, tuple(map(float, shown)), time, data)

    def _numbers(self, k: int, time: float) -> dict[str, str]:
        count = {"n": str(k)} if self._counter else {}
        return count | ({"t_ms": f"{(time - self._sampling.began) * 1000:.0f}"} if self._clock else {})

    def _first_lines(self) -> bytes:
        names = [*self._numbers(0, 0.0), *self._columns]
        units = ",".join(f"{label}:{UNITS.get(stream, '')}" for label, stream in self._columns.items())
        comment = f"# {units},fs={self._rate:g}\r\n" if self._comment else ""
        return (comment + (",".join(names) + "\r\n" if self._header else "")).encode()

    def _ended(self, text: str) -> bytes:
        line = text.encode()
        return line + (b"*%02X" % reduce(xor, line, 0) if self._checksum else b"") + b"\r\n"


def _keyvalue(fields: Mapping[str, str]) -> str:
    return ",".join(f"{name}:{value}" for name, value in fields.items())


def _values(fields: Mapping[str, str]) -> str:
    return ",".join(fields.values())


def _json(fields: Mapping[str, str]) -> str:
    return json.dumps({name: float(value) for name, value in fields.items()}, separators=(",", ":"))


STYLES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "keyvalue": _keyvalue,
    "csv": _values,
    "values": _values,
    "json": _json,
}
