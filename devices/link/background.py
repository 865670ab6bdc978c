"""What a thread that keeps one device streaming shows to others: its state, and how it is begun and ended."""

import threading
from abc import ABC, abstractmethod
from enum import Enum

from devices.link.session_clock import SessionClock

JOIN_S = 0.95
"""`stop` waits so long for the thread; one that hangs in an operating system's open ends when that returns"""


class State(Enum):
    """What a device is doing."""

    CLOSED = "closed"
    OPENING = "opening"
    STREAMING = "streaming"
    STALLED = "stalled"
    LOST = "lost"
    """Its port is not there"""
    BACKOFF = "waiting"
    """Its port is there and cannot be used, or nobody can tell"""


_AWAY = frozenset({State.STALLED, State.LOST, State.BACKOFF})


class Background(ABC):
    """A thread between `start` and `stop`.

    Parameters
    ----------
    name
        For people.
    clock
        Of the session.
    """

    def __init__(self, name: str, clock: SessionClock) -> None:
        self.name = name
        """For people"""
        self.state = State.CLOSED
        """What the device is doing; from any thread"""
        self.problem: str | None = None
        """Why the device is not streaming, in one line; None when it is"""
        self.connections = 0
        """Times that the device began to stream"""
        self._clock = clock
        self._absence: tuple[float, float | None] = (0.0, None)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._streaming = threading.Event()

    @property
    def away_s(self) -> float:
        """Seconds for which the device was stalled, lost or unusable so far; from any thread."""
        before, since = self._absence
        return before if since is None else before + self._clock.now() - since

    @abstractmethod
    def _run(self) -> None:
        """Work until `_stopping` is set."""

    def start(self) -> None:
        """Begin to look for the device; returns at once."""
        self._stopping.clear()
        self._thread = self._clock.thread(self._run, self.name)
        self._thread.start()

    def stop(self) -> None:
        """End within a second, from every state: the device is told to stop and let go, the thread joined."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(JOIN_S)
            self._thread = None

    def wait_streaming(self, timeout_s: float) -> bool:
        """Wait until the device streams; False when it does not in time, and `problem` says why."""
        return self._streaming.wait(timeout_s)

    def _enter(self, state: State) -> None:
        self.state = state
        if state in _AWAY:
            self._absence = self._absence[0], self._clock.now() if self._absence[1] is None else self._absence[1]
        elif state is not State.OPENING:
            self._absence = self.away_s, None
        if state is State.STREAMING:
            self._streaming.set()
        else:
            self._streaming.clear()
