"""Writes a session down while it runs, without ever holding it up."""

import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from devices.block import Block, Event, known_until
from devices.private import create_file, create_folder
from devices.sessions import layout
from devices.sessions.chunk_head import Head
from devices.sessions.chunk_writer import ChunkWriter
from devices.sessions.index import End, end_line, sealed_line, sum_of
from devices.sessions.lines import event_line, note_line
from devices.sessions.manifest import SourceFacts, manifest_text, new_manifest
from devices.sessions.positions import Position, follow
from devices.source import About

if TYPE_CHECKING:
    from devices.link.capture import Capture

CHUNK_S = 60.0
FLUSH_S = 0.25
"""What is older has been handed to the operating system"""


class CannotRecord(OSError):
    """A recording cannot be begun; the message is one line."""


class Recorder:
    """A recording being written, by a thread of its own; ended by `close` or the `with` statement.

    `write` and `note` return at once, whatever the disk does: what they take waits in memory, nothing is dropped. When
    the disk fails or is full, `problem` says so, what was written stays, and nothing more is taken.

    Parameters
    ----------
    place
        A new folder named by the local date and time is made in this one, which is made where it is missing. No
        recording is ever overwritten.
    source
        What is recorded.
    facts
        What else is known, as JSON: devices, clocks, the bundle's identity, options.
    chunk_s
        Length of a chunk, seconds of session time.

    Raises
    ------
    CannotRecord
        When the folder cannot be made.
    """

    def __init__(self, place: Path, source: About, facts: Mapping[str, object], chunk_s: float = CHUNK_S) -> None:
        self._source, self._chunk_s = source, chunk_s
        self._told = len(source.notices())
        manifest = new_manifest(SourceFacts.of(source), chunk_s, facts)
        try:
            self.folder = _new_folder(place, manifest_text(manifest), manifest.id)
        except OSError as error:
            raise CannotRecord(f"{place}: no recording can be made here: {error.strerror}") from error
        self.bytes = 0
        """Written so far, without raw captures"""
        self._problem: str | None = None
        self._is_taking = True
        self._captures: dict[str, Capture] = {}
        self._queue: deque[Event | str] = deque()
        self._closing = threading.Event()
        self._chunk: ChunkWriter | None = None
        self._number, self._until = 0, 0.0
        self._positions: dict[str, Position] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str | None:
        """Why recording, or that of a device's bytes, stopped, in one line; None while all is well."""
        captures = list(self._captures.values())
        return self._problem or next((capture.problem for capture in captures if capture.problem), None)

    def write(self, event: Event) -> None:
        """Take the next event; from any thread. A block's samples must not change any more."""
        if self._is_taking:
            self._queue.append(event)

    def note(self, kind: str, /, **fields: object) -> None:
        """Take something that is to stand between the events: a label, a decision, a correction; from any thread.

        Raises
        ------
        ValueError, TypeError
            When the fields are not JSON, or one is called `note`.
        """
        line = note_line(kind, fields)
        if self._is_taking:
            self._queue.append(line)

    def capture(
        self, device: str, url: str, now: Callable[[], float], facts: Mapping[str, str] | None = None
    ) -> "Capture":
        """Begin a raw capture within the recording, for `devices.link.sensor.Sensor`; `close` closes it too.

        Parameters
        ----------
        device
            Name of the file.
        url, now, facts
            As for `Capture`.

        Raises
        ------
        CannotRecord
            When the file cannot be made, or there is one of this name.
        """
        from devices.link.capture import Capture

        name = layout.capture_name(device)
        path = self.folder / name
        try:
            if not path.parent.exists():
                create_folder(path.parent)
            self._captures[name] = Capture(path, url, now, facts)
        except OSError as error:
            raise CannotRecord(f"{path}: no capture can be made: {error.strerror}") from error
        return self._captures[name]

    def close(self) -> None:
        """Write what has come, seal the last chunk and end; returns when all is written or `problem` says why not.

        The source should have stopped: what its devices send now is not captured.
        """
        self._closing.set()
        self._thread.join()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._closing.wait(FLUSH_S):
                self._write_what_came()
            self._write_what_came()
            self._end()
        except OSError as error:
            self._problem = f"recording stopped at {self._until:.1f} s: {self.folder}: {error.strerror}"
            self._let_go()
        finally:
            self._is_taking = False
            self._queue.clear()

    def _write_what_came(self) -> None:
        while self._queue:
            one = self._queue.popleft()
            if isinstance(one, str):
                self._open_chunk().add(one)
            else:
                self._add(one)
        if self._chunk is not None:
            self.bytes += self._chunk.flush()
        for capture in list(self._captures.values()):
            capture.flush()

    def _add(self, event: Event) -> None:
        until = known_until(event)
        chunk = self._open_chunk()
        if until > chunk.head.since + self._chunk_s:
            self._seal(chunk)
            self._until = max(self._until, until)
            chunk = self._open_chunk()
        self._until = max(self._until, until)
        chunk.add(event_line(event), event if isinstance(event, Block) else None)
        follow(self._positions, event)

    def _open_chunk(self) -> ChunkWriter:
        if self._chunk is None:
            since = max(0.0, self._until // self._chunk_s * self._chunk_s)
            self._chunk = ChunkWriter(self.folder, Head(self._number, since, dict(self._positions)))
        return self._chunk

    def _seal(self, chunk: ChunkWriter) -> None:
        self.bytes += chunk.flush()
        self._append_to_index(sealed_line(chunk.seal(self._until, self._positions)))
        self._chunk, self._number = None, self._number + 1

    def _end(self) -> None:
        if self._chunk is not None:
            self._seal(self._chunk)
        for capture in self._captures.values():
            capture.close()
        sums = {name: sum_of(self.folder / name) for name in self._captures}
        self._append_to_index(end_line(End(self._until, self._source.notices()[self._told :], sums)))

    def _append_to_index(self, line: str) -> None:
        path = self.folder / layout.INDEX
        if not path.exists():
            _write_file(path, line)
            return
        with path.open("ab") as file:
            file.write(line.encode())

    def _let_go(self) -> None:
        if self._chunk is not None:
            self._chunk.close()
        for capture in self._captures.values():
            capture.close()


def _new_folder(place: Path, manifest: str, unique: str) -> Path:
    """Make a folder which has its manifest from the moment at which it has its name."""
    hidden = place / f".{unique}"
    create_folder(hidden)
    try:
        _write_file(hidden / layout.MANIFEST, manifest)
        name, tries = time.strftime("%Y-%m-%dT%H-%M-%S"), 1
        while (folder := place / (name if tries == 1 else f"{name}-{tries}")).exists():
            tries += 1
        return hidden.rename(folder)
    except OSError:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def _write_file(path: Path, text: str) -> None:
    with open(create_file(path), "wb") as file:  # noqa: PTH123 - a descriptor
        file.write(text.encode())
