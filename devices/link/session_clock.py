"""The one clock of a session: seconds since it began, by the computer's monotonic clock; and all waiting by it.

Whoever works for a live session waits through its clock, so that `devices.emulation.world` can let hours pass in
minutes.
"""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class SessionClock:
    """Session time for everything that arrives. Can be read from any thread.

    Parameters
    ----------
    monotonic
        Seconds on a clock without jumps; tests give one that they move themselves.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.began = monotonic()
        """Reading of the monotonic clock at session time 0, seconds"""

    def begin(self) -> float:
        """Let session time 0 be now, before anything has arrived; return the monotonic clock's reading."""
        self.began = self._monotonic()
        return self.began

    def now(self) -> float:
        """Session time, seconds."""
        return self._monotonic() - self.began

    def session_time(self, monotonic_s: float) -> float:
        """Session time at which the monotonic clock read so many seconds."""
        return monotonic_s - self.began

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until something is set, for so long at most; say whether it is."""
        return event.wait(seconds)

    def take(self, queue: SimpleQueue[T], seconds: float) -> T:
        """Take the next thing of a queue, and wait for it so long at most.

        Raises
        ------
        queue.Empty
            When nothing came.
        """
        return queue.get(timeout=seconds)

    def thread(self, run: Callable[[], None], name: str) -> threading.Thread:
        """Create a thread that ends with the program and waits by this clock alone."""
        return threading.Thread(target=run, name=name, daemon=True)
