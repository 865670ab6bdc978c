"""The dashboard on real pseudo-terminals: slow, stopped, resized, dead."""

import fcntl
import os
import pty
import select
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from models.scores import LABELS
from realtime.dashboard import Dashboard, screen
from realtime.dashboard.screen import frame_update
from realtime.dashboard.terminal import ENTER, LEAVE
from realtime.snapshot import Snapshot


class Pty:
    """A pseudo-terminal of 80x24 whose far end is read only on demand."""

    def __init__(self) -> None:
        self.far, near = pty.openpty()
        self.file: IO[str] = os.fdopen(near, "w")
        self.resize(80, 24)
        self.console = Console(file=self.file, force_terminal=True, color_system="truecolor")

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.file.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def full(self) -> bool:
        return not select.select([], [self.file.fileno()], [], 0)[1]

    def read_until(self, text: str) -> str:
        """Everything that comes, until it holds `text`; fails after ten seconds without."""
        seen = b""
        while text.encode() not in seen:
            assert select.select([self.far], [], [], 10)[0], f"{text!r} did not come"
            seen += os.read(self.far, 65536)
        return seen.decode(errors="replace")

    def hang_up(self) -> None:
        if self.far >= 0:
            os.close(self.far)
            self.far = -1


@pytest.fixture
def terminal() -> Iterator[Pty]:
    one = Pty()
    yield one
    one.hang_up()
    one.file.close()


def snapshots() -> Callable[[], Snapshot]:
    """A session in which every look shows another time."""
    times = count()
    return lambda: Snapshot("invented", "default", LABELS, t=float(next(times)), label="happy", state="confirmed")


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether `condition` comes true within ten seconds."""
    end, pause = time.monotonic() + 10, threading.Event()
    while not condition() and time.monotonic() < end:
        pause.wait(0.002)
    return condition()


def leave_in_time(screen: Dashboard) -> None:
    began = time.monotonic()
    screen.restore()
    assert time.monotonic() - began <= 0.55
    assert not screen.alive


def test_draws_in_the_alternate_screen_and_restores_it(terminal: Pty) -> None:
    """Between entering and leaving the screen is drawn; afterwards everything is as it was."""
    with Dashboard(snapshots(), terminal.console, rate_hz=50) as screen:
        seen = terminal.read_until("confirmed")
        assert seen.startswith(ENTER)
        assert screen.alive
    assert terminal.read_until(LEAVE).endswith(LEAVE)


def test_restores_the_screen_when_the_body_raises(terminal: Pty) -> None:
    """An error inside the context passes through, and the terminal is given back."""

    def fail_while_drawing() -> None:
        with Dashboard(snapshots(), terminal.console):
            terminal.read_until("confirmed")
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail_while_drawing()
    terminal.read_until(LEAVE)


def test_terminal_that_nobody_reads(terminal: Pty) -> None:
    """A full terminal holds up nobody; leaving is quick and the restoring sequence gets through all the same."""
    with Dashboard(snapshots(), terminal.console, rate_hz=1000) as screen:
        assert eventually(terminal.full)
        assert screen.alive
        leave_in_time(screen)
    assert terminal.read_until(LEAVE).endswith(LEAVE)


def test_stopped_terminal(terminal: Pty) -> None:
    """Output stopped with Ctrl-S is let go on when leaving."""
    with Dashboard(snapshots(), terminal.console, rate_hz=1000) as screen:
        terminal.read_until("confirmed")
        termios.tcflow(terminal.file.fileno(), termios.TCOOFF)
        assert eventually(terminal.full)
        leave_in_time(screen)
    terminal.read_until(LEAVE)


def test_terminal_that_dies(terminal: Pty) -> None:
    """The drawing thread ends quietly with its terminal, and the context is left without an error."""
    with Dashboard(snapshots(), terminal.console, rate_hz=100) as screen:
        terminal.read_until("confirmed")
        terminal.hang_up()
        assert eventually(lambda: not screen.alive)


def test_dead_full_terminal(terminal: Pty) -> None:
    """A terminal that was full before it died ends the thread as well."""
    with Dashboard(snapshots(), terminal.console, rate_hz=1000) as screen:
        assert eventually(terminal.full)
        terminal.hang_up()
        assert eventually(lambda: not screen.alive)


def test_resized_terminal(terminal: Pty) -> None:
    """The next frame has the terminal's new size."""
    with Dashboard(snapshots(), terminal.console, rate_hz=100):
        terminal.read_until("confirmed")
        terminal.resize(160, 50)
        terminal.read_until("\x1b[50;1H")
        terminal.resize(40, 10)
        terminal.read_until("HAPPY".ljust(40) + "\x1b[0m\x1b[2;1H")


def test_news_is_drawn_at_once(terminal: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of as new does not wait until a calm picture has had its time."""
    monkeypatch.setattr(screen, "CALM", 1e5)
    drawn = threading.Event()
    with Dashboard(snapshots(), terminal.console, rate_hz=100, drawn=drawn.set) as dashboard:
        terminal.read_until("0:00")
        assert drawn.wait(10)
        dashboard.refresh()
        terminal.read_until("0:01")


def test_other_writers_are_not_made_non_blocking(terminal: Pty) -> None:
    """The descriptor of the console keeps its mode: the shell shares it."""
    with Dashboard(snapshots(), terminal.console):
        terminal.read_until("confirmed")
        assert os.get_blocking(terminal.file.fileno())


ROWS = st.lists(st.text("ab", max_size=3), min_size=3, max_size=3)


@given(st.lists(ROWS, min_size=1, max_size=5))
def test_updates_lead_to_the_last_frame(frames: list[list[str]]) -> None:
    """Sending only the rows that changed leaves the same screen as drawing all of the last frame."""
    shown: list[str] = []
    screen: dict[int, str] = {}
    for frame in frames:
        for part in frame_update(shown, frame).split("\x1b[")[1:]:
            if ";1H" in part:
                number, row = part.split(";1H")
                screen[int(number)] = row
        shown = frame
    assert [screen[n] for n in (1, 2, 3)] == frames[-1]


def test_equal_frames_send_nothing() -> None:
    """A screen that did not change costs no byte."""
    assert frame_update(["a", "b"], ["a", "b"]) == ""
