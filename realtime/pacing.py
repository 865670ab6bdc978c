"""Recordings at the pace of a live session, and the moment at which each sample could be heard."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from devices.block import Block, Gap

Flowing = TypeVar("Flowing")

STEP_S = 0.5
"""Seconds of session time between labels: so far a step goes"""
LOOK_S = 0.02
"""Seconds between looks at whether to go on"""
STOP_S = 0.5
"""Seconds after which a session that waits for a late event notices that it shall end"""


@dataclass(slots=True)
class Pacer:
    """Lets events through when a live session would deliver them: each block at its end.

    The clock is monotonic, so a stepped wall clock changes nothing. Nothing downstream may decide by it: it sets the
    pace and measures latency, and the session time inside the data decides.
    """

    speed: float | None = 1.0
    """Times real time; None for as fast as the rest can take it"""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    began: float | None = None
    """Clock reading at session time 0; None for that of the first event"""
    since: float = 0.0
    """Session time of the first event, seconds"""
    live: bool = False
    """Whether events come when they happen: then nothing is held back"""
    stopped: bool = False
    """Set by `stop`: the session ends as if the source had"""
    paused: bool = False
    """Whether a recording is held; a live session cannot be"""
    _allowed: float = field(default=-math.inf, init=False)
    _newest: float = field(default=-math.inf, init=False)
    _delivered: float = field(default=0.0, init=False)

    def stop(self) -> None:
        """End the flow of events behind the one that is on its way; safe from a signal handler or another thread."""
        self.stopped = True

    def pause(self) -> None:
        """Hold a recording, or let it go on."""
        self.paused, self._allowed = not (self.paused or self.live), -math.inf

    def step(self) -> None:
        """Let a recording that is held go on for one label."""
        self._allowed = self._newest + STEP_S

    def follow(self, events: Iterable[Flowing]) -> Iterator[Flowing]:
        """Yield every event, in order, not before its time; whatever is no event passes at once."""
        for event in events:
            if self.began is None:
                self.began = self.clock() - self.since / (self.speed or 1.0)
            if not self.live:
                self._hold(event)
                self._wait_for(event)
            self._delivered = self.clock()
            yield event
            if self.stopped:  # looked at only now: what has been taken from the source must not be lost
                return

    def _hold(self, event: object) -> None:
        """Wait while paused; the time that passes is none of the session's."""
        if isinstance(event, Block):
            self._newest = event.end
        since = self.clock()
        while self.paused and not self.stopped and self._newest > self._allowed:
            self.sleep(LOOK_S)
        if self.began is not None:
            self.began += self.clock() - since

    def _wait_for(self, event: object) -> None:
        match event:
            case Block():
                end = event.end
            case Gap():
                end = event.time
            case _:
                return
        while self.speed is not None and not self.stopped and (early := self.heard(end) - self.clock()) > 0:
            self.sleep(min(early, STOP_S))

    def heard(self, t: float) -> float:
        """Clock reading when session time `t` was heard; at unlimited speed, when the newest event was delivered."""
        if self.speed is None or self.began is None:
            return self._delivered
        return self.began + t / self.speed

    def latency_ms(self, t: float) -> float:
        """Milliseconds from the moment at which session time `t` was heard until now."""
        return (self.clock() - self.heard(t)) * 1000.0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first event."""
        return 0.0 if self.began is None else self.clock() - self.began - self.since / (self.speed or 1.0)

    def lag_s(self, t: float) -> float:
        """Seconds of session time by which an event ending at `t` has been delivered late."""
        return 0.0 if self.speed is None else max(0.0, (self.clock() - self.heard(t)) * self.speed)
