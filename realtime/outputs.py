"""Where messages go: the dashboard or plain lines on a terminal, JSON lines into a pipe and into a file."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console

from devices.library_words import kept_aside
from devices.source import SourceError
from realtime.config import ConfigError
from realtime.controls import Controls
from realtime.dashboard import Dashboard, export_svg, print_summary
from realtime.dashboard.plain import PlainLines
from realtime.jsonl import write_line
from realtime.keyboard import Keyboard
from realtime.keys import Keys
from realtime.session import Message, Session
from realtime.snapshot import Snapshot
from realtime.summary import SessionSummary
from realtime.tally import Tally
from realtime.view import View

_PICTURE = 120, 40
"""Columns and rows of a saved picture"""


class Outputs:
    """The outputs of one command; what the terminal does never reaches the labels.

    Parameters
    ----------
    labels
        File for JSON lines, `-` for standard output, None for none beside the usual.
    dashboard
        False for plain lines on a terminal.

    Raises
    ------
    ConfigError
        When the file cannot be written.
    """

    def __init__(self, labels: str | None, *, dashboard: bool) -> None:
        self._stack = ExitStack()
        self._to_stdout = labels == "-" or not sys.stdout.isatty()
        self._file = self._opened(Path(labels)) if labels not in (None, "-") else None
        self._console = Console(file=sys.stdout)
        self._dashboard = dashboard and not self._to_stdout and "NO_COLOR" not in os.environ
        self._screen: Dashboard | None = None
        self._keyboard: Keyboard | None = None

    def follow(self, session: Session) -> SessionSummary:
        """Run a session to its end and put out every message, then the summary.

        Raises
        ------
        SourceError
            When the source broke on the way, after the summary of what was heard until then.
        """
        keys = Keys() if self._dashboard else None
        view, tally = View(session, keys), Tally(session)
        broken: SourceError | None = None
        with ExitStack() as stack:
            if self._dashboard:
                stack.enter_context(kept_aside())
                session.controls.snapshot = lambda: _save_picture(view.snapshot())
                self._screen = stack.enter_context(Dashboard(view.snapshot, self._console, drawn=view.drawn))
            if keys is not None:
                self._keyboard = stack.enter_context(Keyboard(partial(_pressed, keys, session.controls)))
            plain = PlainLines(self._console) if not (self._dashboard or self._to_stdout) else None
            try:
                for message in session.run():
                    view.take(message)
                    tally.take(message)
                    self._write(message)
                    if plain:
                        self._tell(plain.take, message)
            except SourceError as error:
                broken = error
        summary = tally.summary()
        self._write(summary)
        if not self._to_stdout:
            self._tell(print_summary, summary, self._console)
        if broken:
            raise broken
        return summary

    def survives_the_terminal(self) -> bool:
        """Whether something is still written when the terminal is gone."""
        return self._file is not None

    def restore_terminal(self) -> None:
        """Give the cursor and the normal screen back, before the process ends without unwinding."""
        if self._screen is not None:
            self._screen.restore()
        if self._keyboard is not None:
            self._keyboard.restore()

    def _tell(self, show: Callable[..., None], *what: object) -> None:
        """Show something on the terminal; one that has gone ends the command only when nothing else is written."""
        try:
            show(*what)
        except OSError:
            if self._file is None:
                raise BrokenPipeError from None

    def _write(self, message: Message | SessionSummary) -> None:
        if self._to_stdout:
            write_line(message, sys.stdout)
        if self._file is not None:
            write_line(message, self._file)

    def _opened(self, path: Path) -> TextIO:
        try:
            return self._stack.enter_context(path.open("w", encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"--labels {path}: cannot be written ({error.strerror}); name a file in a folder that exists"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _pressed(keys: Keys, controls: Controls, text: str) -> None:
    for wish in keys.press(text):
        controls.wish(wish)


def _save_picture(snapshot: Snapshot) -> str:
    """Save a picture of the screen in the folder in which the program was started, and say where."""
    path = Path(time.strftime("maeum-%Y-%m-%dT%H-%M-%S.svg"))
    try:
        path.write_text(export_svg(snapshot, *_PICTURE), encoding="utf-8")
    except OSError as error:
        return f"no picture saved: {path}: {error.strerror}"
    return f"picture saved in {path}"
