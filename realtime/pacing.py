"""Recordings at the pace of a live session, and the moment at which each sample could be heard."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from devices.block import Block, Gap


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
    stopped: bool = False
    """Set by `stop`: the session ends as if the source had"""
    _began: float | None = field(default=None, init=False)
    _delivered: float = field(default=0.0, init=False)

    def stop(self) -> None:
        """End the flow of events before the next one; safe from a signal handler or another thread."""
        self.stopped = True

    def follow(self, events: Iterable[Block | Gap]) -> Iterator[Block | Gap]:
        """Yield every event, in order, not before its time."""
        for event in events:
            if self.stopped:
                return
            end = event.end if isinstance(event, Block) else event.time
            if self._began is None:
                self._began = self.clock()
            if self.speed is not None:
                early = self.heard(end) - self.clock()
                if early > 0:
                    self.sleep(early)
            self._delivered = self.clock()
            yield event

    def heard(self, t: float) -> float:
        """Clock reading when session time `t` was heard; at unlimited speed, when the newest event was delivered."""
        if self.speed is None or self._began is None:
            return self._delivered
        return self._began + t / self.speed

    def latency_ms(self, t: float) -> float:
        """Milliseconds from the moment at which session time `t` was heard until now."""
        return (self.clock() - self.heard(t)) * 1000.0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first event."""
        return 0.0 if self._began is None else self.clock() - self._began

    def lag_s(self, t: float) -> float:
        """Seconds of session time by which an event ending at `t` has been delivered late."""
        return 0.0 if self.speed is None else max(0.0, (self.clock() - self.heard(t)) * self.speed)
