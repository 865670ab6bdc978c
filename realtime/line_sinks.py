"""Where JSON lines go, be it a pipe or a file: at once for a recording, without ever waiting for a live session."""

import os
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Protocol, TextIO

from realtime.accounts import Account

ROOM = 1024
"""Lines that may wait: over five minutes of labels, besides those that a pipe holds"""
REST_S = 1.0
"""What a reader gets at the end to take what waits, and once more for the last line"""
NOT_READ = "nobody reads them"


class LineSink(Protocol):
    """Takes lines."""

    problem: OSError | None
    """Why nothing more is written; None while it is"""

    def put(self, line: str) -> None:
        """Take a line."""
        ...

    def rest(self) -> None:
        """Let what waits be written, as long as an end may take."""
        ...

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The books of what need not arrive."""
        ...


class SureLines:
    """Every line is written before the next one is made; what fails is raised."""

    problem: OSError | None = None
    accounts: tuple[Account, ...] = ()

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def put(self, line: str) -> None:
        """Write a line.

        Raises
        ------
        OSError
        """
        self._write(line)

    def rest(self) -> None:
        """Nothing waits."""


class LeakyLines:
    """Lines wait for a thread that writes them; when there is no room, the oldest go.

    Parameters
    ----------
    name
        Of the lines, for their account.
    write
        Writes a line, and may take its time.
    room
        Lines that may wait.
    """

    def __init__(self, name: str, write: Callable[[str], None], room: int = ROOM) -> None:
        self.problem: OSError | None = None
        self._name, self._write, self._room = name, write, room
        self._taken = self._done = self._writing = 0
        self._dropped: Counter[str] = Counter()
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Lines written, left out, and waiting."""
        with self._changed:
            queued = len(self._waiting) + self._writing
            return (Account(self._name, self._taken, self._done, dict(self._dropped), queued),)

    def put(self, line: str) -> None:
        """Take a line, and wait for nothing."""
        with self._changed:
            self._taken += 1
            if self.problem is not None:
                self._drop(1)
                return
            if len(self._waiting) >= self._room:
                self._waiting.popleft()
                self._drop(1)
            self._waiting.append(line)
            self._changed.notify_all()

    def rest(self) -> None:
        """Give what waits a moment; then it goes, so that the last line is the next that a slow reader gets."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._writing), REST_S)
            self._drop(len(self._waiting))
            self._waiting.clear()

    def _drop(self, lines: int) -> None:
        if lines:
            self._dropped[NOT_READ if self.problem is None else str(self.problem.strerror)] += lines

    def _run(self) -> None:
        while self.problem is None:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                line, self._writing = self._waiting.popleft(), 1
            failed = None
            try:
                self._write(line)
            except OSError as error:
                failed = error
            with self._changed:
                self.problem, self._writing = failed, 0
                self._done += failed is None
                if failed:
                    self._drop(1 + len(self._waiting))
                    self._waiting.clear()
                self._changed.notify_all()


def writer(file: TextIO | BinaryIO) -> Callable[[str], None]:
    """Return what writes a line to a file, past its buffer where it has a descriptor.

    A thread that waits for a reader must not hold the buffer's lock when the program ends: Python would abort it. A
    line for which a disk has no room is taken back.
    """
    try:
        fd = file.fileno()
    except (OSError, ValueError):  # it is in memory
        return lambda line: _print(line, file)  # type: ignore[arg-type]  # what is binary has a descriptor
    return lambda line: _write(fd, line.encode())


def _print(line: str, file: TextIO) -> None:
    file.write(line)
    file.flush()


def _write(fd: int, line: bytes) -> None:
    rest = memoryview(line)
    try:
        while rest:
            rest = rest[os.write(fd, rest) :]
    except OSError:
        if written := len(line) - len(rest):
            with suppress(OSError):  # a pipe takes nothing back
                os.ftruncate(fd, os.lseek(fd, -written, os.SEEK_CUR))
        raise
