"""One line for each event of a session, and back.

::

    {"block": "audio", "index": 512, "time": 0.032, "rate": 16000.0, "flags": 0, "n": 512}
    {"gap": "eda", "time": 3.5, "lost": 20, "duration": 0.2, "reason": "..."}
    {"away": "eda", "until": 3.9}
    {"notice": "...", "t": 3.9}
    {"device": "BITalino on /dev/ttyUSB0", "t": 3.9, "state": "streaming", ...}
    {"command": "mute", "t": 4.0, "value": "voice"}
    {"note": "label", ...}

The first key tells what it is; the others are the fields of `devices.block`. Numbers come back exactly as they were:
JSON holds the shortest decimals that mean them.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from devices.block import Away, Block, Command, DeviceState, Event, Gap, Quality, SensorNotice

Json = dict[str, object]
Types = tuple[type, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the program itself had to say while it recorded: a label, a decision, a correction."""

    kind: str
    fields: Mapping[str, object]
    """As JSON gives them back"""


@dataclass(frozen=True, slots=True)
class BlockLine:
    """A block without its samples, of which there are so many."""

    stream: str
    index: int
    time: float
    rate: float
    flags: Quality
    n: int


Entry = Event | Note
Line = BlockLine | Gap | Away | SensorNotice | DeviceState | Command | Note


class BadLine(ValueError):
    """A line is not what it should be; the message says what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a class stands on a line: one of its fields under the name of the kind, the others under their own."""

    key: str
    of: type
    first: str
    types: Mapping[str, Types]
    """By key of the line"""
    optional: frozenset[str]
    """Keys that may be missing"""


def _kind(key: str, of: Any, first: str) -> _Kind:  # noqa: ANN401 - any dataclass
    hints = get_type_hints(of)
    names = [first, *(field.name for field in fields(of) if field.name != first)]
    keys = {name: key if name == first else name for name in names}
    optional = frozenset(field.name for field in fields(of) if field.default is not MISSING)
    return _Kind(key, of, first, {keys[name]: _types(hints[name]) for name in names}, optional)


def _types(hint: Any) -> Types:  # noqa: ANN401 - any annotation
    if get_origin(hint) is UnionType:
        return tuple(one for part in get_args(hint) for one in _types(part))
    return {float: (int, float), Quality: (int,)}.get(hint, (hint,))


_KINDS = {
    kind.key: kind
    for kind in (
        _kind("block", BlockLine, "stream"),
        _kind("gap", Gap, "stream"),
        _kind("away", Away, "stream"),
        _kind("notice", SensorNotice, "text"),
        _kind("device", DeviceState, "device"),
        _kind("command", Command, "action"),
    )
}
_OF = {kind.of: kind for kind in _KINDS.values()}
_NOTE = "note"


def event_line(event: Event) -> str:
    """Write an event as its line; of a block, all but the samples."""
    if isinstance(event, Block):
        return _text(BlockLine(event.stream, event.index, event.time, event.rate, event.flags, len(event.values)))
    return _text(event)


def _text(line: Line) -> str:
    kind = _OF[type(line)]
    body = {key: getattr(line, kind.first if key == kind.key else key) for key in kind.types}
    return json.dumps(body, default=_plain) + "\n"


def _plain(value: object) -> object:
    """Give JSON what it knows of NumPy's numbers."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not JSON")


def note_line(kind: str, values: Mapping[str, object]) -> str:
    """Write a note as its line.

    Raises
    ------
    ValueError
        A field is called `note`.
    TypeError
        A field is not JSON.
    """
    if _NOTE in values:
        raise ValueError(f"a note of kind {kind!r} cannot have a field {_NOTE!r}")
    return json.dumps({_NOTE: kind, **values}, default=_plain) + "\n"


def read_line(text: str) -> tuple[Line, list[str]]:
    """Read a line, and name the keys in it that are not known.

    Raises
    ------
    BadLine
    """
    body = read_object(text)
    name = next(iter(body), "")
    if name == _NOTE:
        check(body, {_NOTE: (str,)})
        return Note(str(body.pop(_NOTE)), body), []
    if name not in _KINDS:
        raise BadLine(f"expected one of the keys {', '.join([*_KINDS, _NOTE])}; found {text[:60]!r}")
    kind = _KINDS[name]
    unknown = check(body, kind.types, kind.optional)
    known: dict[str, Any] = {kind.first if key == kind.key else key: body[key] for key in kind.types if key in body}
    if "flags" in known:
        known["flags"] = Quality(known["flags"])
    line: Line = kind.of(**known)
    return line, unknown


def read_object(text: str) -> Json:
    """Read a line as a JSON object.

    Raises
    ------
    BadLine
    """
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BadLine(f"expected a JSON object; found {text[:60]!r}")
    return body


def check(body: Mapping[str, object], keys: Mapping[str, Types], optional: frozenset[str] = frozenset()) -> list[str]:
    """Return the keys that are not known.

    Raises
    ------
    BadLine
        When one is missing that is not optional, or is of another type.
    """
    for key, types in keys.items():
        if key not in body:
            if key in optional:
                continue
            raise BadLine(f"expected the key {key!r}; it is missing")
        if not isinstance(body[key], types) or (isinstance(body[key], bool) and bool not in types):
            wanted = " or ".join("null" if one is NoneType else one.__name__ for one in types)
            raise BadLine(f"expected {key!r} to be {wanted}; found {str(body[key])[:40]!r}")
    return [key for key in body if key not in keys]
