"""Every byte of a device with its time, in a file that can be read by eye and played again.

::

    {"maeum": "raw capture", "version": 1, "url": "serial:///dev/ttyUSB0?protocol=...", "program": "0.1.0", ...}
    12.034567891 ! opened /dev/ttyUSB0
    12.184720013 > ff
    12.335011732 < 424954616c696e6f5f76352e320a
    12.361120004 # BITalino 5.2
    95.100000000 ! lost: /dev/ttyUSB0: unplugged

One line for each read (`<`), write (`>`), opening or loss (`!`) and remark about the device (`#`), at seconds of
session time; bytes are in hex. A file that breaks off is good up to its last whole line.
"""

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import TextIO

from devices.link.captured import MARK, VERSION, Direction
from devices.link.transport import LinkError, Transport
from devices.private import create_file

Begin = Callable[[str, str, Callable[[], float]], "Capture"]
"""Begins a capture: its name, the URL of the device, and what tells session time"""
FLUSH_S = 1.0
"""What is older is on the disk"""


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
        self._file: TextIO = os.fdopen(create_file(path), "w", encoding="ascii", newline="\n")
        self._path, self._now, self._flushed = path, now, now()
        self._lock = threading.Lock()
        head = {
            "maeum": MARK,
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
        self.problem: str | None = None
        """Why nothing more is written, in one line; the device goes on"""

    def read(self, data: bytes) -> None:
        """Note what came."""
        self.bytes += len(data)
        self._note("<", data.hex())

    def wrote(self, data: bytes) -> None:
        """Note what was sent."""
        self._note(">", data.hex())

    def happened(self, text: str) -> None:
        """Note that the port was opened or lost."""
        self._note("!", json.dumps(text)[1:-1])

    def remark(self, text: str) -> None:
        """Note what is known of the device: its version, its battery, what is wrong with it."""
        self._note("#", json.dumps(text)[1:-1])

    def flush(self) -> None:
        """Hand what there is to the operating system."""
        with self._lock, self._stopping_when_full():
            if not self._file.closed:
                self._file.flush()

    def close(self) -> None:
        """End the file."""
        with self._lock, self._stopping_when_full():
            self._file.close()

    def _note(self, direction: Direction, text: str) -> None:
        with self._lock, self._stopping_when_full():
            if self._file.closed:
                return
            now = self._now()
            self._file.write(f"{now:.9f} {direction} {text}\n")
            if now - self._flushed >= FLUSH_S:
                self._file.flush()
                self._flushed = now

    @contextmanager
    def _stopping_when_full(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.problem = f"{self._path}: not written any more: {error.strerror}"
            with suppress(OSError):
                self._file.close()


class Tapped:
    """A transport whose every byte goes into a capture too, where there is one."""

    def __init__(self, transport: Transport, capture: Capture | None = None) -> None:
        self._transport = transport
        self.capture = capture

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
        if self.capture is not None:
            self.capture.happened(f"opened {self.name}")

    def read(self) -> bytes:
        """Read, and note what came."""
        try:
            data = self._transport.read()
        except LinkError as error:
            if self.capture is not None:
                self.capture.happened(f"lost: {error}")
            raise
        if data and self.capture is not None:
            self.capture.read(data)
        return data

    def write(self, data: bytes) -> None:
        """Write, and note it."""
        self._transport.write(data)
        if self.capture is not None:
            self.capture.wrote(data)

    def close(self) -> None:
        """Close."""
        self._transport.close()
