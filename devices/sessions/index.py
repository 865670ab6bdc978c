"""The index of a recording, `chunks.jsonl`: what is known of each chunk that is complete.

::

    {"chunk": 0, "until": 60.0, "ends": {"audio": [960000, 60.0]}, "files": {"00000.audio.wav": [3840058, "9f86..."]}}
    {"end": 184.2, "notices": [], "files": {"raw/eda.capture": [5120, "2c26..."]}}

`ends` is where each stream stands after the chunk: index and session time of its next sample. `files` are their bytes
and SHA-256. The line of the end is missing where a recording was killed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devices.sessions.layout import INDEX
from devices.sessions.lines import BadLine, check, read_object
from devices.sessions.positions import Positions, as_json, from_json

_NUMBER = (int, float)


@dataclass(frozen=True, slots=True)
class Sum:
    """What a file holds."""

    bytes: int
    sha256: str


Sums = Mapping[str, Sum]
"""By name within the recording"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A chunk that is complete."""

    chunk: int
    until: float
    """Session time that had been reached, seconds"""
    ends: Positions
    files: Sums


@dataclass(frozen=True, slots=True)
class End:
    """The recording was closed."""

    until: float
    """Session time that had been reached, seconds"""
    notices: Sequence[str]
    """What the source had to say by then, beyond what it said at the start"""
    files: Sums
    """Raw captures"""


@dataclass(slots=True)
class Index:
    """All that the index says."""

    sealed: dict[int, Sealed] = field(default_factory=dict)
    end: End | None = None
    wrong: list[str] = field(default_factory=list)
    """What of it cannot be read"""
    unknown: list[str] = field(default_factory=list)
    """What of it is not known"""


def sum_of(path: Path) -> Sum:
    """Add up a file."""
    with path.open("rb") as file:
        return Sum(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def sealed_line(sealed: Sealed) -> str:
    """Write the line of a chunk."""
    body = {"chunk": sealed.chunk, "until": sealed.until, "ends": as_json(sealed.ends), "files": _pairs(sealed.files)}
    return json.dumps(body) + "\n"


def end_line(end: End) -> str:
    """Write the last line."""
    return json.dumps({"end": end.until, "notices": list(end.notices), "files": _pairs(end.files)}) + "\n"


def read_index(folder: Path) -> Index:
    """Read the index, as far as it can be read."""
    index, path = Index(), folder / INDEX
    if not path.exists():
        return index
    for number, text in enumerate(whole_lines(path.read_text(encoding="utf-8", errors="replace")), 1):
        try:
            unknown = _take(index, text)
        except BadLine as error:
            index.wrong.append(f"{INDEX}:{number}: {error}; line not used")
        else:
            index.unknown += [f"{INDEX}:{number}: unknown key {key!r} is not used" for key in unknown]
    return index


def whole_lines(text: str) -> list[str]:
    """Split into lines; what a last one without an end holds was never finished."""
    return text.split("\n")[:-1]


def _take(index: Index, text: str) -> list[str]:
    body = read_object(text)
    if "end" in body:
        unknown = check(body, {"end": _NUMBER, "notices": (list,), "files": (dict,)})
        index.end = End(body["end"], tuple(map(str, body["notices"])), _sums(body["files"]))  # type: ignore[arg-type,call-overload]  # checked
        return unknown
    unknown = check(body, {"chunk": (int,), "until": _NUMBER, "ends": (dict,), "files": (dict,)})
    sealed = Sealed(body["chunk"], body["until"], from_json(body["ends"]), _sums(body["files"]))  # type: ignore[arg-type]  # checked
    index.sealed[sealed.chunk] = sealed
    return unknown


def _pairs(files: Sums) -> dict[str, object]:
    return {name: [one.bytes, one.sha256] for name, one in files.items()}


def _sums(body: object) -> dict[str, Sum]:
    assert isinstance(body, dict)  # noqa: S101 - checked
    return {name: _sum(name, pair) for name, pair in body.items()}


def _sum(name: str, pair: object) -> Sum:
    match pair:
        case [int(size), str(digest)]:
            return Sum(size, digest)
        case _:
            raise BadLine(f"expected bytes and SHA-256 of {name!r}; found {str(pair)[:40]!r}")
