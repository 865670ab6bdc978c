"""Recordings at the pace of a live session, and the moment at which each sample could be heard."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from devices.block import Block, Event, Gap


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
    live: bool = False
    """Whether events come when they happen: then nothing is held back"""
    stopped: bool = False
    """Set by `stop`: the session ends as if the source had"""
    _delivered: float = field(default=0.0, init=False)

    def stop(self) -> None:
        """End the flow of events before the next one; safe from a signal handler or another thread."""
        self.stopped = True

    def follow(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield every event, in order, not before its time."""
        for event in events:
            if self.stopped:
                return
            if self.began is None:
                self.began = self.clock()
            if self.speed is not None and not self.live:
                self._wait_for(event)
            self._delivered = self.clock()
            yield event

    def _wait_for(self, event: Event) -> None:
        match event:
            case Block():
                end = event.end
            case Gap():
                end = event.time
            case _:
                return
        early = self.heard(end) - self.clock()
        if early > 0:
            self.sleep(early)

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
        return 0.0 if self.began is None else self.clock() - self.began

    def lag_s(self, t: float) -> float:
        """Seconds of session time by which an event ending at `t` has been delivered late."""
        return 0.0 if self.speed is None else max(0.0, (self.clock() - self.heard(t)) * self.speed)
