"""Where messages go: the dashboard or plain lines on a terminal, JSON lines into a pipe and into a file."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from rich.console import Console

from devices.library_words import kept_aside
from devices.source import SourceError
from realtime.config import ConfigError
from realtime.controls import Controls
from realtime.dashboard import Dashboard, export_svg, print_summary
from realtime.dashboard.plain import PlainLines
from realtime.jsonl import as_line
from realtime.keyboard import Keyboard
from realtime.keys import Keys
from realtime.line_sinks import LeakyLines, LineSink, SureLines, writer
from realtime.session import Message, Notice, Session
from realtime.snapshot import Snapshot
from realtime.summary import SessionSummary
from realtime.tally import Tally
from realtime.view import View

STDOUT = "standard output"
_PICTURE = 120, 40
"""Columns and rows of a saved picture"""


class Outputs:
    """The outputs of one command; what the terminal does never reaches the labels.

    Lines of a recording are waited for; those of a live session are rather left out, and a full disk ends only its
    file.

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
        self._writers: dict[str, Callable[[str], None]] = {}
        self._sinks: dict[str, LineSink] = {}
        if self._to_stdout:
            self._writers[STDOUT] = writer(sys.stdout)
        if labels not in (None, "-"):
            self._writers[labels] = writer(self._opened(Path(labels)))
        self._console = Console(file=sys.stdout)
        self._dashboard = dashboard and not self._to_stdout and "NO_COLOR" not in os.environ
        self._ended: set[str] = set()
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
        self._sinks = {name: _sink(name, write, live=session.pacer.live) for name, write in self._writers.items()}
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
                    for one in (message, *self._written(message, session.now)):
                        view.take(one)
                        tally.take(one)
                        if plain:
                            self._tell(plain.take, one)
                    if self._screen:
                        self._screen.refresh()
            except SourceError as error:
                broken = error
        summary = self._summed_up(tally)
        self._written(summary, session.now)
        self._rest()
        if not self._to_stdout:
            self._tell(print_summary, summary, self._console)
        if broken:
            raise broken
        return summary

    def survives_the_terminal(self) -> bool:
        """Whether something is still written when the terminal is gone."""
        return bool(self._writers.keys() - {STDOUT})

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
            if not self.survives_the_terminal():
                raise BrokenPipeError from None

    def _written(self, message: Message | SessionSummary, now: float) -> list[Notice]:
        """Write a line everywhere; say of what can be written to no more, once.

        Raises
        ------
        BrokenPipeError
            Nobody reads standard output any more, and nothing else is written.
        """
        line, notices = as_line(message), []
        for name, sink in list(self._sinks.items()):
            try:
                sink.put(line)
            except BrokenPipeError as error:
                sink.problem = error
            except OSError as error:
                error.filename = name
                raise
            if sink.problem is not None and name not in self._ended:
                self._ended.add(name)
                notices.append(Notice(now, f"{name}: nothing more is written: {sink.problem.strerror}"))
            if isinstance(sink.problem, BrokenPipeError) and not self.survives_the_terminal():
                raise BrokenPipeError
        return notices

    def _summed_up(self, tally: Tally) -> SessionSummary:
        """Sum up, with the books of what is not certain to be written."""
        self._rest()
        summary = tally.summary()
        accounts = [account for sink in self._sinks.values() for account in sink.accounts]
        return replace(summary, accounts=(*summary.accounts, *accounts))

    def _rest(self) -> None:
        for sink in self._sinks.values():
            sink.rest()

    def _opened(self, path: Path) -> BinaryIO:
        try:
            return self._stack.enter_context(path.open("wb", buffering=0))
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


def _sink(name: str, write: Callable[[str], None], *, live: bool) -> LineSink:
    return LeakyLines(f"lines on {name}" if name == STDOUT else f"lines in {name}", write) if live else SureLines(write)


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
