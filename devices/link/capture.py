"""Every byte of a device with its time, in a file that can be read by eye and played again.

::

    {"maeum": "raw capture", "version": 1, "url": "serial:///dev/ttyUSB0?protocol=...", "program": "0.1.0", ...}
    12.034567891 ! opened /dev/ttyUSB0
    12.184720013 > ff
    12.335011732 < 424954616c696e6f5f76352e320a
    95.100000000 ! lost: /dev/ttyUSB0: unplugged

One line for each read (`<`), each write (`>`) and each opening or loss (`!`), at seconds of session time; bytes are in
hex. A file that breaks off is good up to its last whole line.
"""

import json
import platform
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal, TextIO, cast

from devices.link.transport import READ_S, LinkError, PortAbsent, Transport, Unplugged
from devices.source import SourceNotFound, UnreadableSource

FLUSH_S = 1.0
"""What is older is on the disk"""
VERSION = 1
Direction = Literal["<", ">", "!"]


class Capture:
    """A capture being written; closed by `close`. Each line may come from another thread.

    Parameters
    ----------
    path
        Must not exist yet: a capture is never overwritten.
    url
        Of the device.
    now
        Session time, seconds.
    facts
        What else is known of the device: its name, its firmware.
    """

    def __init__(self, path: Path, url: str, now: Callable[[], float], facts: Mapping[str, str] | None = None) -> None:
        self._file: TextIO = path.open("x", encoding="ascii", newline="\n")
        self._now, self._flushed = now, now()
        self._lock = threading.Lock()
        head = {
            "maeum": "raw capture",
            "version": VERSION,
            "url": url,
            "program": metadata.version("maeum"),
            "python": platform.python_version(),
            "pyserial": metadata.version("pyserial"),
            "system": platform.system(),
            "began": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "device": dict(facts or {}),
        }
        self._file.write(json.dumps(head) + "\n")
        self._file.flush()
        self.bytes = 0
        """Read from the device so far"""

    def read(self, data: bytes) -> None:
        """Note what came."""
        self.bytes += len(data)
        self._note("<", data.hex())

    def wrote(self, data: bytes) -> None:
        """Note what was sent."""
        self._note(">", data.hex())

    def say(self, text: str) -> None:
        """Note that something happened."""
        self._note("!", json.dumps(text)[1:-1])

    def close(self) -> None:
        """End the file."""
        with self._lock:
            self._file.close()

    def _note(self, direction: Direction, text: str) -> None:
        with self._lock:
            if self._file.closed:
                return
            now = self._now()
            self._file.write(f"{now:.9f} {direction} {text}\n")
            if now - self._flushed >= FLUSH_S:
                self._file.flush()
                self._flushed = now


class Tapped:
    """A transport whose every byte goes into a capture too."""

    def __init__(self, transport: Transport, capture: Capture) -> None:
        self._transport, self._capture = transport, capture

    @property
    def name(self) -> str:
        """As of the transport itself."""
        return self._transport.name

    def is_there(self) -> bool | None:
        """As the transport itself."""
        return self._transport.is_there()

    def open(self) -> None:
        """Open, and note it."""
        self._transport.open()
        self._capture.say(f"opened {self.name}")

    def read(self) -> bytes:
        """Read, and note what came."""
        try:
            data = self._transport.read()
        except LinkError as error:
            self._capture.say(f"lost: {error}")
            raise
        if data:
            self._capture.read(data)
        return data

    def write(self, data: bytes) -> None:
        """Write, and note it."""
        self._transport.write(data)
        self._capture.wrote(data)

    def close(self) -> None:
        """Close."""
        self._transport.close()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a capture."""

    time: float
    """Seconds of session time"""
    direction: Direction
    data: bytes
    """Empty for what happened"""
    text: str = ""
    """What happened"""


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
        version = head["version"] if head["maeum"] == "raw capture" and "url" in head else None
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
        if direction == "!":
            return Entry(time_s, "!", b"", json.loads(f'"{text}"'))
        return Entry(time_s, cast(Direction, direction), bytes.fromhex(text)) if direction in ("<", ">") else None
    except (IndexError, ValueError):
        return None


class CaptureTransport:
    """A capture in place of its device: the same bytes at the same moments, or faster.

    Parameters
    ----------
    captured
        What was read.
    name
        For people.
    speed
        1 plays in real time.
    monotonic, sleep
        A clock without jumps, seconds, and how to wait on it.
    """

    def __init__(
        self,
        captured: Captured,
        name: str,
        speed: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._entries, self._speed = captured.entries, speed
        self._monotonic, self._sleep = monotonic, sleep
        self._next = 0
        self._began: float | None = None

    def is_there(self) -> bool:
        """Whether anything is left to play."""
        return self._next < len(self._entries)

    def open(self) -> None:
        """Begin, or go on after a loss."""
        if not self.is_there():
            raise PortAbsent(f"{self.name}: the capture is over")
        self._began = self._monotonic() - self._entries[self._next].time / self._speed
        while self.is_there() and self._entries[self._next].text.startswith("opened"):
            self._next += 1

    def read(self) -> bytes:
        """Return what had come by now."""
        data = self._due()
        if not data:
            self._sleep(READ_S / self._speed)
            data = self._due()
        return data

    def write(self, data: bytes) -> None:
        """Nobody listens."""

    def close(self) -> None:
        """Stay where the capture is."""
        self._began = None

    def _due(self) -> bytes:
        if self._began is None:
            raise Unplugged(f"{self.name}: the capture is not open")
        now, data = (self._monotonic() - self._began) * self._speed, b""
        while self.is_there() and (entry := self._entries[self._next]).time <= now:
            if entry.direction == "!" and data:
                return data
            self._next += 1
            if entry.direction == "!" and not entry.text.startswith("opened"):
                raise Unplugged(f"{self.name}: {entry.text}")
            data += entry.data if entry.direction == "<" else b""
        if not data and not self.is_there():
            raise Unplugged(f"{self.name}: the capture is over")
        return data
