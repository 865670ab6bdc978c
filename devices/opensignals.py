"""OpenSignals text files (PLUX): one row of raw readings for each sample, beside a header that tells what they are.

Rows are separated by tabs, with one at the end in files of a BITalino. A counter tells which samples are missing. The
file of a BITalino does not tell the formula of its sensors: it is named, or the usual one is taken and said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from devices.bio_recording import BioRecording, Signal
from devices.opensignals_header import Device, read_header
from devices.sensors import bitalino_conversions
from devices.sensors.driver import Conversion, Doubles, UnknownChannel, Wanted
from devices.skipped import report
from devices.source import SourceNotFound, UnreadableSource

_SENSORS = {
    "EDA": "eda",
    "EDABITREV": "eda",
    "ECG": "ecg",
    "ECGBITREV": "ecg",
    "TEMP": "temp",
    "TMP": "temp",
    "NTC": "temp",
}
_UNITS = {"eda": "µS", "ecg": "mV", "temp": "°C"}
_COUNTER = "nSeq"
_BITS = 4  # of a BITalino's counter
_LONGEST_S = 3600.0  # a hole beyond is a damaged counter


@dataclass(frozen=True, slots=True)
class OpenSignalsRecording(BioRecording):
    """What one file holds of eda, ecg and temp."""

    maker: ClassVar[str] = "OpenSignals"
    hole: ClassVar[str] = "samples lost on their way, or out of the sensor's range"


def read_opensignals(file: Path, wanted: Sequence[Wanted] = ()) -> OpenSignalsRecording:
    """Read the biosignals of a file.

    Parameters
    ----------
    file
        Of text.
    wanted
        Which channel is which stream, by which formula (`eda:A3/rev2016`; `2.A3` for the second device); by default the
        sensors that the header names.

    Raises
    ------
    SourceNotFound
        There is no such file.
    UnreadableSource
        It is not in this format, has no such channel, or does not say what its channels measure.
    """
    if not file.is_file():
        raise SourceNotFound(f"{file}: no such file")
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    devices, body = read_header(file, text)
    chosen = {one.stream: _find(file, devices, one) for one in wanted} or _named(file, devices)
    formulas = {one.stream: one.formula for one in wanted}
    rows, skipped = _rows(
        body, sum(len(device.columns) for device in devices), text[: len(text) - len(body)].count("\n") + 1
    )
    signals: dict[str, Signal] = {}
    notices = list(report(file.name, [f"{file.name}:{line}: row skipped" for line in skipped]))
    for stream, (device, column) in chosen.items():
        conversion = _conversion(file, device, column, stream, formulas.get(stream))
        raw = rows[:, device.first + device.columns.index(column)]
        values, lost = _on_a_grid(device, rows, conversion.formula(raw))
        signals[stream] = Signal(device.start, device.rate, values)
        notices += _said(file, device, column, stream, conversion, formulas.get(stream), lost)
    start = min(signal.start for signal in signals.values())
    return OpenSignalsRecording(file.name, start, signals, None, tuple(dict.fromkeys(notices)))


def _find(file: Path, devices: Sequence[Device], wanted: Wanted) -> tuple[Device, str]:
    """Return the column that somebody means by its name or its label."""
    for device in devices:
        for column in device.channels:
            names = (column, device.labels.get(column, column))
            if wanted.channel.lower() in [name.lower() for each in names for name in (each, f"{device.number}.{each}")]:
                return device, column
    raise UnreadableSource(f"{file}: no channel {wanted.channel!r}; there are {_listed(devices)}")


def _named(file: Path, devices: Sequence[Device]) -> dict[str, tuple[Device, str]]:
    """Return the first column of each stream whose sensor the header names."""
    chosen: dict[str, tuple[Device, str]] = {}
    for device in devices:
        for column in device.channels:
            if stream := _SENSORS.get(str(device.sensors[column]).upper()):
                chosen.setdefault(stream, (device, column))
    if not chosen:
        example = f"{file.name}?channels=eda:{next(iter(devices[0].channels), 'A3')}"
        raise UnreadableSource(f"{file}: does not say what it measured ({_listed(devices)}); say it, as in '{example}'")
    return chosen


def _listed(devices: Sequence[Device]) -> str:
    several = len(devices) > 1
    return ", ".join(
        f"{f'{device.number}.' if several else ''}{column} ({device.sensors[column]})"
        for device in devices
        for column in device.channels
    )


def _rows(body: str, columns: int, first_line: int) -> tuple[Doubles, list[int]]:
    """Return the rows [n, columns], NaN where one could not be read, and the lines of these."""
    texts = body.splitlines()
    if texts and not body.endswith(("\n", "\t")):
        texts.pop()  # its last digits may be missing
    rows = [_numbers(text, columns) for text in texts]
    skipped = [line for line, row in enumerate(rows, first_line) if row is None]
    unknown = [float("nan")] * columns
    return np.array([row or unknown for row in rows], np.float64).reshape(-1, columns), skipped


def _numbers(text: str, columns: int) -> list[float] | None:
    try:
        row = [*map(float, text.split())]
    except ValueError:
        return None
    return row if len(row) == columns else None


def _on_a_grid(device: Device, rows: Doubles, values: Doubles) -> tuple[NDArray[np.float32], int]:
    """Put values where the device's counter has them, NaN between, and return how many are missing."""
    if _COUNTER not in device.columns:
        return values.astype(np.float32), 0
    counter = rows[:, device.first + device.columns.index(_COUNTER)]
    known = np.isfinite(counter)
    if not known.any():
        return np.empty(0, np.float32), 0
    steps = np.diff(counter[known]).astype(np.int64)
    if device.is_bitalino or device.bits.get(_COUNTER) == _BITS:
        steps = (steps - 1) % (1 << _BITS) + 1
    steps = np.where((steps < 1) | (steps > device.rate * _LONGEST_S), 1, steps)
    places = np.concatenate([[0], np.cumsum(steps)])
    grid = np.full(places[-1] + 1, np.nan, np.float32)
    grid[places] = values[known]
    return grid, int((steps - 1).sum())


def _conversion(file: Path, device: Device, column: str, stream: str, formula: str | None) -> Conversion:
    if stream not in _UNITS:
        raise UnreadableSource(f"{file}: gives no {stream}; it gives {', '.join(_UNITS)}")
    if device.is_converted:
        return Conversion("opensignals.converted", _UNITS[stream], lambda values: values)
    bits = device.bits.get(column, 10 if device.is_bitalino else 16)
    if device.is_bitalino:
        try:
            return bitalino_conversions.conversion(stream, formula, bits)
        except UnknownChannel as error:
            raise UnreadableSource(f"{file}: {error}") from None
    if formula:
        raise UnreadableSource(f"{file}: {device.kind} has one formula for {stream}; leave /{formula} out")
    return plux(stream, bits)


def plux(stream: str, bits: int) -> Conversion:
    """Return how a biosignalsplux sensor's readings become a stream: 3 V supply; the thermistor is BITalino's."""
    span = 1 << bits
    formulas = {
        "eda": lambda raw: raw / span * 3 / 0.12,
        "ecg": lambda raw: (raw / span - 0.5) * 3 / 1.019,
        "temp": lambda raw: bitalino_conversions.ntc(raw, bits),
    }
    return Conversion(f"plux.{stream}", _UNITS[stream], formulas[stream])


def _said(
    file: Path, device: Device, column: str, stream: str, conversion: Conversion, formula: str | None, lost: int
) -> Iterator[str]:
    """Say what was assumed and what is missing."""
    known = bitalino_conversions.FORMULAS[stream]
    if device.is_bitalino and not device.is_converted and formula is None and len(known) > 1:
        others = ", ".join(name for name in known if not conversion.name.endswith(f".{name}"))
        yield (
            f"{file.name}: {stream} of {column} by {conversion.name}: the file does not tell the sensor's formula; "
            f"others: {others}, as in {file.name}?channels={stream}:{column}/{others.partition(',')[0]}"
        )
    if lost:
        guess = f", modulo {1 << _BITS}" if device.is_bitalino else ""
        yield f"{file.name}: {lost} samples lost by the counter of device {device.number}{guess}"
