"""Writing to a terminal that may be slow, stopped or gone, without ever waiting for longer than allowed."""

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Self

try:
    import termios
except ImportError:  # Windows has none; its console is written to as a file
    termios = None  # type: ignore[assignment]

ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J"
"""Alternate screen, cursor hidden, cleared"""
LEAVE = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
"""Everything as it was: output not held back, no colours, wrapping, cursor, main screen"""
RETRY_S = 0.01
"""Pause before a terminal that took nothing is tried again"""
LEAVE_S = 0.2
"""Time allowed for restoring a terminal that takes no output"""


class Terminal:
    """
    The terminal behind an open file, through a descriptor of its own that never blocks.

    A second open description of the same terminal lets us write without waiting while everybody else's stays as it
    was. A file that is no terminal, or one that cannot be opened again, is written to in the ordinary way.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._fd = _open_again(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd is not None:
            os.close(self._fd)

    def size(self) -> tuple[int, int] | None:
        """Columns and rows now; None when the terminal does not say."""
        try:
            columns, rows = os.get_terminal_size(self._file.fileno() if self._fd is None else self._fd)
        except (OSError, ValueError):
            return None
        return (columns, rows) if columns and rows else None

    def write(self, text: str, go_on: Callable[[], bool]) -> bool:
        """
        Write all of `text`, as fast as the terminal takes it, while `go_on()` holds; return whether all was written.

        Raises
        ------
        OSError
            When the terminal is gone.
        """
        if self._fd is None:
            return self._write_file(text)
        rest = memoryview(text.encode(errors="replace"))
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:
                time.sleep(RETRY_S)
            if rest and not go_on():
                return False
        return True

    def _write_file(self, text: str) -> bool:
        try:
            self._file.write(text)
            self._file.flush()
        except ValueError as error:  # closed, or an encoding that has no block characters
            raise OSError(f"cannot draw on {self._file}: {error}") from error
        return True

    def restore(self) -> None:
        """Leave the alternate screen; what a stopped terminal has not taken yet is thrown away to make room."""
        if not self.write(LEAVE, _for_seconds(LEAVE_S)) and self._fd is not None and termios is not None:
            termios.tcflow(self._fd, termios.TCOON)
            termios.tcflush(self._fd, termios.TCOFLUSH)
            self.write(LEAVE, _for_seconds(LEAVE_S / 2))


def _open_again(file: IO[str]) -> int | None:
    try:
        return os.open(os.ttyname(file.fileno()), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except (AttributeError, OSError, ValueError):
        return None


def _for_seconds(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
