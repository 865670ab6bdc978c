"""The one clock of a session: seconds since it began, counted by the computer's monotonic clock."""

import time
from collections.abc import Callable


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

    def now(self) -> float:
        """Session time, seconds."""
        return self._monotonic() - self.began

    def session_time(self, monotonic_s: float) -> float:
        """Session time at which the monotonic clock read so many seconds."""
        return monotonic_s - self.began
