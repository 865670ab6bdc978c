"""Raw captures, as `devices.link.capture` writes them, read back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from devices.source import SourceNotFound, UnreadableSource

MARK, VERSION = "raw capture", 1
Direction = Literal["<", ">", "!", "#"]
"""Read, written, opened or lost, or something said about the device"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a capture."""

    time: float
    """Seconds of session time"""
    direction: Direction
    data: bytes
    """Empty for what happened"""
    text: str = ""
    """What happened or was said"""


@dataclass(frozen=True, slots=True)
class Captured:
    """A capture that was read."""

    head: Mapping[str, object]
    """As it was written"""
    entries: tuple[Entry, ...]
    notices: tuple[str, ...]
    """What could not be read"""

    @property
    def url(self) -> str:
        """Of the device."""
        return str(self.head["url"])


def is_capture(path: Path) -> bool:
    """Tell whether a file is a capture, by its beginning."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"{ ").startswith(b'"maeum": "raw capture"')
    except OSError:
        return False


def read_capture(path: Path) -> Captured:
    """Read a capture.

    Raises
    ------
    SourceNotFound
        There is no such file.
    UnreadableSource
        It is no capture, or one of a version that is not known.
    """
    if not path.exists():
        raise SourceNotFound(f"{path}: no such file")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        head = json.loads(lines[0])
        version = head["version"] if head["maeum"] == MARK and "url" in head else None
    except (IndexError, ValueError, KeyError, TypeError):
        version = None
    if version != VERSION:
        what = "not a raw capture of maeum" if version is None else f"a raw capture of version {version}, not {VERSION}"
        raise UnreadableSource(f"{path}: {what}")
    entries, wrong = [], []
    for number, line in enumerate(lines[1:], 2):
        entry = _entry(line)
        if entry is None:
            wrong.append(f"{path.name}:{number}: line skipped: {line[:40]!r}")
        else:
            entries.append(entry)
    return Captured(head, tuple(entries), tuple(wrong))


def _entry(line: str) -> Entry | None:
    fields = line.split(" ", 2)
    try:
        time_s, direction, text = float(fields[0]), fields[1], fields[2]
        known = cast(Direction, direction)
        if direction in ("!", "#"):
            return Entry(time_s, known, b"", json.loads(f'"{text}"'))
        return Entry(time_s, known, bytes.fromhex(text)) if direction in ("<", ">") else None
    except (IndexError, ValueError):
        return None
