"""The header of OpenSignals text files (PLUX): three lines that begin with `#`, the second a JSON object.

It has one key for each device, whose columns stand side by side in every row. Source: PLUX, OpenSignals Text File
Format, and public recordings.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devices.source import UnreadableSource

FORMAT = "# OpenSignals Text File Format"
_END = "# EndOfHeader"


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the header."""

    number: int
    """From 1"""
    kind: str
    """`bitalino`, `bitalino_rev`, `biosignalsplux`"""
    first: int
    """Its first column in a row"""
    columns: tuple[str, ...]
    sensors: Mapping[str, str]
    """Column to type: `EDA`, `RAW`"""
    labels: Mapping[str, str]
    """Column to what the user called it"""
    bits: Mapping[str, int]
    """Column to the resolution of its converter"""
    rate: float
    """Hertz"""
    start: float
    """Unix seconds, by a clock that is taken to be UTC"""
    is_converted: bool
    """True when the values are physical ones"""

    @property
    def is_bitalino(self) -> bool:
        """Whether it is one of the boards called so."""
        return self.kind.startswith("bitalino")

    @property
    def channels(self) -> Sequence[str]:
        """The columns that measure something."""
        return [column for column in self.columns if column in self.sensors]


def is_opensignals(file: Path) -> bool:
    """Tell whether a file begins as OpenSignals text files do."""
    with file.open("rb") as opened:
        return opened.read(len(FORMAT) + 3).decode("utf-8-sig", "replace").startswith(FORMAT)


def read_header(file: Path, text: str) -> tuple[tuple[Device, ...], str]:
    """Return the devices of a file's header, and the rows that follow it.

    Raises
    ------
    UnreadableSource
    """
    said, body = _parts(file, text)
    return tuple(_devices(file, said)), body


def _parts(file: Path, text: str) -> tuple[Mapping[str, Any], str]:
    """Return the header and the rows."""
    head, end, body = text.partition(_END)
    lines = head.splitlines()
    if not text.startswith(FORMAT) or not end or len(lines) < 2:
        raise UnreadableSource(f"{file}: not an OpenSignals text file: it has no {FORMAT!r} and {_END!r}")
    try:
        header = json.loads(lines[1].lstrip("# "))
    except json.JSONDecodeError as error:
        raise UnreadableSource(f"{file}:2: the header is not JSON: {error.msg}") from None
    if not isinstance(header, dict) or not all(isinstance(device, dict) for device in header.values()) or not header:
        raise UnreadableSource(f"{file}:2: the header names no device")
    return header, body.partition("\n")[2]


def _devices(file: Path, header: Mapping[str, Any]) -> Iterator[Device]:
    first = 0
    for number, (name, said) in enumerate(header.items(), 1):
        try:
            device = _device(number, first, said)
        except (KeyError, TypeError, ValueError) as error:
            raise UnreadableSource(f"{file}:2: device {name!r} of the header is incomplete ({error})") from None
        first += len(device.columns)
        yield device


def _device(number: int, first: int, said: Mapping[str, Any]) -> Device:
    columns = tuple(map(str, said["column"]))
    rate = float(said["sampling rate"])
    if not columns or not rate > 0:
        raise ValueError("no columns, or no rate")
    return Device(
        number,
        str(said["device"]),
        first,
        columns,
        _from_the_right(columns, said.get("sensor", ())),
        _from_the_right(columns, said.get("label", ())),
        {column: int(bits) for column, bits in _from_the_right(columns, said.get("resolution", ())).items()},
        rate,
        _start(str(said.get("date", "")), str(said.get("time", ""))),
        bool(said.get("convertedValues")),
    )


def _from_the_right(columns: Sequence[str], said: Sequence[Any]) -> dict[str, Any]:
    """Give the last columns what the header lists; some lists begin with the counter, others with the first channel."""
    return dict(zip(reversed(columns), reversed(said), strict=False))


def _start(date: str, time: str) -> float:
    """Return Unix seconds of `2016-6-11` and `7:6:40.879`; 0 where the header does not say."""
    for form in ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(f"{date} {time}", form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return 0.0
