"""The dashboard on a terminal: a thread pulls snapshots and draws them; whoever makes them never waits."""

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from rich.console import Console

from realtime.dashboard.render import Row, Screen, render
from realtime.dashboard.terminal import ENTER, Terminal
from realtime.snapshot import Snapshot

EXIT_S = 0.5
"""Longest time that leaving the dashboard takes, whatever the terminal does"""
CALM = 2
"""Without news a picture stays for so many times as long"""
_REPAINT = 40
"""Frames after which all rows are drawn anew, so that what others wrote on the screen does not stay"""


class Dashboard:
    """
    Draw `read()` in the alternate screen of `console` from entering to leaving the context.

    What `refresh` tells of is drawn at once, at most `rate_hz` times a second; levels and clocks go on without that,
    `CALM` times more slowly. `drawn` is called when a picture is complete.
    A terminal that takes no output holds up nobody but the drawing thread; one that is gone ends that thread quietly.
    Only rows that changed are sent, as one synchronised update, which keeps slow connections usable.
    """

    def __init__(
        self,
        read: Callable[[], Snapshot],
        console: Console,
        rate_hz: float = 8.0,
        drawn: Callable[[], None] = lambda: None,
    ) -> None:
        self._read, self._drawn = read, drawn
        self._console = console
        self._period = 1.0 / rate_hz
        self._leave, self._news = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboard", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def refresh(self) -> None:
        """Say that there is something new to be seen; from any thread."""
        self._news.set()

    def restore(self) -> None:
        """Stop drawing and give back the cursor and the main screen, in `EXIT_S` seconds at most."""
        self._leave.set()
        self._news.set()
        self._thread.join(EXIT_S)

    @property
    def alive(self) -> bool:
        """Whether anything is still drawn: False once the terminal is gone."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            with Terminal(self._console.file) as terminal:
                try:
                    self._draw_until_left(terminal)
                finally:
                    terminal.restore()
        except OSError:  # gone: nothing left to draw on
            return

    def _draw_until_left(self, terminal: Terminal) -> None:
        shown: list[str] = []
        painted: dict[Row, str] = {}
        size = None
        frame = 0
        terminal.write(ENTER, self._go_on)
        while self._go_on():
            now = terminal.size() or tuple(self._console.size)
            if now != size or frame % _REPAINT == 0:
                shown, size = [], now
            self._news.clear()
            picture = render(self._read(), *now)
            painted = painted_rows(picture, painted, self._console)
            rows = [painted[row] for row in picture.rows]
            complete = terminal.write(frame_update(shown, rows), self._go_on)
            shown = rows if complete else []
            self._drawn()
            frame += 1
            if not self._leave.wait(self._period):
                self._news.wait((CALM - 1) * self._period)

    def _go_on(self) -> bool:
        return not self._leave.is_set()


def painted_rows(picture: Screen, before: Mapping[Row, str], console: Console) -> dict[Row, str]:
    """Return every row of a picture as the console prints it, escape sequences included; most are as they were."""
    new = tuple(row for row in dict.fromkeys(picture.rows) if row not in before)
    with console.capture() as capture:
        console.print(Screen(new, picture.width), end="", soft_wrap=True)
    printed = dict(zip(new, capture.get().split("\n"), strict=bool(new)))
    return {row: printed[row] if row in printed else before[row] for row in picture.rows}


def frame_update(shown: list[str], rows: list[str]) -> str:
    """Return what turns `shown` into `rows`: the changed rows in one synchronised update, the cursor parked at home."""
    changed = [f"\x1b[{n};1H{row}" for n, row in enumerate(rows, 1) if n > len(shown) or shown[n - 1] != row]
    if not changed:
        return ""
    return f"\x1b[?2026h\x1b[?7l{''.join(changed)}\x1b[?7h\x1b[H\x1b[?2026l"
