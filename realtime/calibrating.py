"""Gets to know the person while a live session runs, when somebody asks for it by a key."""

from collections.abc import Callable, Iterable
from functools import partial

from devices.block import Away, Block, Command, Gap
from models.bundle import Bundle
from realtime.arrivals import Item
from realtime.calibration import SECONDS, TASKS, Calibration
from realtime.session import Message

Keep = Callable[[Calibration], str]
"""Writes what is known down, and returns what to say of it"""


class Calibrating:
    """The tap of a session that calibrates beside it; the labels go on as they were.

    Parameters
    ----------
    bundle
        As it is for everybody.
    streams
        Those that the source announces.
    keep
        Called when enough is known.
    """

    def __init__(self, bundle: Bundle, streams: Iterable[str], keep: Keep) -> None:
        self._begin = partial(Calibration, bundle, set(streams), SECONDS)
        self._keep = keep
        self._running: Calibration | None = None
        self._said: list[str] = []
        self._task = ""

    @property
    def badge(self) -> str:
        """What the person should do now, and how much of it there is."""
        if self._running is None:
            return ""
        now = self._running.progress
        if now.task == "read":
            return f"CALIBRATING read aloud {now.spoken_s:.0f}/{now.spoken_of:.0f} s"
        return f"CALIBRATING rest {min(now.windows, now.windows_of)}/{now.windows_of}"

    def item(self, item: Item) -> None:
        """Begin when that is asked for, and take what is heard and felt from then on."""
        if isinstance(item, Command) and item.action == "calibrate" and self._running is None:
            self._running, self._task = self._begin(began=item.t), ""
        elif self._running is not None and isinstance(item, Block | Gap | Away):
            self._running.push(item)
            self._follow(self._running)

    def message(self, message: Message) -> None:
        """Nothing: only what is heard and felt counts."""

    def news(self, *, finished: bool) -> str | None:
        """Say what the person should do, and what came of it."""
        if finished and self._running is not None:
            self._running = None
            return "the calibration was not finished; no profile written"
        return self._said.pop(0) if self._said else None

    def _follow(self, calibration: Calibration) -> None:
        task = calibration.progress.task
        if task == "done":
            self._running = None
            self._said.append(self._keep(calibration))
        elif calibration.given_up:
            self._running = None
            self._said.append(f"calibration given up: {calibration.missing}; no profile written")
        elif task != self._task:
            self._task = task
            self._said.append(f"calibrating: {TASKS[task]}")
