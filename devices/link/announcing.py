"""A device's thread that says what becomes of its streams: what is wrong, once, that they are away, and back."""

from collections.abc import Callable, Collection

from devices.link.background import Background, State
from devices.link.readings import Reading, SensorNotice
from devices.link.session_clock import SessionClock
from devices.link.supervisor import AWAY_EVERY_S
from devices.link.track import Track


class Announcing(Background):
    """A thread between `start` and `stop` that delivers a few tracks.

    Parameters
    ----------
    name
        For people.
    clock
        Of the session.
    deliver
        Called in the thread with each block, gap, absence and notice; should only queue it.
    tracks
        Those of the device's streams.
    """

    def __init__(
        self, name: str, clock: SessionClock, deliver: Callable[[Reading], None], tracks: Collection[Track]
    ) -> None:
        super().__init__(name, clock)
        self._deliver, self._tracks = deliver, tracks
        self._next_away = 0.0

    def _recover(self) -> None:
        """Note that samples come."""
        if self.state is State.OPENING:
            self.connections += 1
        was, self.problem = self.problem, None
        self._enter(State.STREAMING)
        if was is not None:
            self._say("streams" if self.connections == 1 else "is back")

    def _fail(self, problem: str) -> None:
        """Say what is wrong, once, and that the streams are away."""
        was, self.problem = self.problem, problem
        if was is None:
            self._say(problem)
        self._lose(problem)

    def _lose(self, reason: str) -> None:
        for track in self._tracks:
            for gap in track.lose(self._clock.now(), reason):
                self._deliver(gap)

    def _say_away(self) -> None:
        """Let nobody wait for streams that are away."""
        now = self._clock.now()
        if now < self._next_away:
            return
        self._next_away = now + AWAY_EVERY_S
        for track in self._tracks:
            for away in track.wait(now):
                self._deliver(away)

    def _say(self, text: str) -> None:
        self._deliver(SensorNotice(self._clock.now(), f"{self.name}: {text}"))
