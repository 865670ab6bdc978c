"""The keyboard of a terminal, read key by key from a thread; the terminal is given back as it was."""

import os
import select
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

try:
    import termios
    import tty
except ImportError:  # Windows has none; there are no keys then
    termios = None  # type: ignore[assignment]

_LOOK_S = 0.1
"""Seconds between looks at whether to go on"""


class Keyboard:
    """Calls `pressed` with what is typed on standard input, from entering to leaving the context.

    Standard input that is no terminal gives no keys. Ctrl-C stays a signal.
    """

    def __init__(self, pressed: Callable[[str], object]) -> None:
        self._pressed = pressed
        self._leave = threading.Event()
        self._fd = sys.stdin.fileno() if termios is not None and _is_terminal() else None
        self._before: list[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="keyboard", daemon=True)

    def __enter__(self) -> Self:
        if self._fd is not None:
            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave.set()
        if self._fd is not None:
            self._thread.join(5 * _LOOK_S)
        self.restore()

    def restore(self) -> None:
        """Give the terminal back as it was; safe at any time."""
        if self._fd is not None and self._before is not None:
            try:
                termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)
            except (OSError, termios.error):
                return  # it has gone

    def _run(self) -> None:
        while self._fd is not None and not self._leave.is_set():
            try:
                ready, _, _ = select.select([self._fd], [], [], _LOOK_S)
                typed = os.read(self._fd, 64) if ready else None
            except OSError:
                return  # the terminal has gone
            if typed == b"":
                return
            if typed:
                self._pressed(typed.decode(errors="replace"))


def _is_terminal() -> bool:
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):  # closed, or none at all
        return False
