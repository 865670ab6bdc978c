"""What a line of text from a sketch means, in one fixed order.

As the Arduino Serial Plotter reads them: `label:value` lists, bare values, and headers of labels, separated by commas,
tabs or blanks; besides, JSON objects, comments that give units, and an optional checksum `*HH`, the exclusive or of
all bytes before it (as in NMEA 0183).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from math import inf, isfinite, nan
from operator import xor

_STRANGE = 0.1  # part of a line's characters that may be none of a text
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|ovf)"
_IS_NUMBER = re.compile(_NUMBER, re.IGNORECASE | re.ASCII)
_PAIR = re.compile(rf"([^\s,;:]+)\s*:\s*({_NUMBER})(?:\s*[,;]\s*|\s+|$)", re.IGNORECASE | re.ASCII)
_SEPARATOR = re.compile(r"\s*[,;\t]\s*|\s+")
_TIGHT = re.compile(r"[,;\t]")
_SEAL = re.compile(rb"\*([0-9A-Fa-f]{2})[ \t\0]*$")
_UNIT = re.compile(r"([^\s,;:=]+):([^\s,;:=]+)")
_RATE = re.compile(rf"\bfs\s*=\s*({_NUMBER})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Values by name."""

    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """Values by place."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """Names of places."""

    names: tuple[str, ...]
    tight: bool
    """Separated by more than blanks, as no sentence is"""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a comment says of the columns: `# eda:uS,ecg:adc10,fs=250`."""

    units: Mapping[str, str]
    """By name in lower case"""
    rate: float | None
    """Hertz"""


@dataclass(frozen=True, slots=True)
class ElectrodesOff:
    """A lone `!`: how SparkFun's sketch for the AD8232 says that its electrodes are off."""


@dataclass(frozen=True, slots=True)
class Log:
    """Words for a person."""

    text: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that no sketch can have meant."""

    reason: str


Meaning = Pairs | Row | Header | Meta | ElectrodesOff | Log | Damaged


def unseal(line: bytes) -> tuple[bytes, bool | None]:
    """Return a line without its checksum, and whether that was right; None when there is none."""
    found = _SEAL.search(line)
    if found is None:
        return line, None
    body = line[: found.start()]
    return body, reduce(xor, body, 0) == int(found[1], 16)


def read(line: bytes) -> Meaning | None:
    """Return what a line without end and checksum means; None when it is empty."""
    text = line.decode("utf-8", "replace").strip("\0 \t")
    if not text:
        return None
    strange = sum(char == "\ufffd" or not (char.isprintable() or char == "\t") for char in text)
    if strange > _STRANGE * len(text):
        return Damaged("unreadable")
    if strange:
        return Log(_printable(text))
    if text.startswith("{"):
        return _json(text)
    if text.startswith(("#", "//")):
        return _meta(text.lstrip("#/ "))
    if ":" in text:
        return _pairs(text)
    return _fields(text)


def number(text: str) -> float:
    """Return a number as a sketch prints it; NaN for `nan`, `inf`, `ovf` and what overflows."""
    value = nan if text.lower().endswith(("nan", "inf", "ovf")) else float(text)
    return value if isfinite(value) else nan


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def _json(text: str) -> Meaning:
    try:
        read = json.loads(text, parse_int=float, parse_constant=lambda _: nan)
    except (ValueError, RecursionError):
        return Damaged("not JSON")
    numbers = {name: nan if value is None else value for name, value in read.items()}
    values = {name: value for name, value in numbers.items() if isinstance(value, float)}
    return Pairs({name: value if abs(value) < inf else nan for name, value in values.items()}) if values else Log(text)


def _meta(text: str) -> Meaning:
    units = {name.lower(): unit for name, unit in _UNIT.findall(text)}
    found = _RATE.search(text)
    rate = number(found[1]) if found else nan
    if not units and not rate > 0:
        return Log(text or "#")
    return Meta(units, rate if rate > 0 else None)


def _pairs(text: str) -> Meaning:
    values: dict[str, float] = {}
    end = 0
    while end < len(text):
        found = _PAIR.match(text, end)
        if found is None or found[1] in values or _IS_NUMBER.fullmatch(found[1]):
            return Log(text)
        values[found[1]] = number(found[2])
        end = found.end()
    return Pairs(values)


def _fields(text: str) -> Meaning:
    fields = _SEPARATOR.split(text)
    numeric = [_IS_NUMBER.fullmatch(field) is not None for field in fields]
    if all(numeric):
        return Row(tuple(map(number, fields)))
    if not any(numeric) and len(fields) > 1 and all(fields) and len(set(fields)) == len(fields):
        return Header(tuple(fields), _TIGHT.search(text) is not None)
    return ElectrodesOff() if text == "!" else Log(text)
