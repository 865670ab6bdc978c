r"""Keeps one device streaming: opens it, watches it, says when it is away, and finds it again.

::

    CLOSED -> OPENING -> STREAMING <-> STALLED
                ^  ^          \          /
                |  |           v        v
                |  +-- LOST (the port is not there)
                +---- BACKOFF (it is there, and cannot be used)

LOST ends as soon as the port is back, under any name; BACKOFF after a while that grows from attempt to attempt. A
device that opens and gives nothing good is STALLED before that.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from devices.link.background import Background, State
from devices.link.readings import Reading, Readings, SensorNotice
from devices.link.script import Conversation
from devices.link.session_clock import SessionClock
from devices.link.transport import Interrupted, LinkError, NoAnswer, Transport
from devices.sensors.driver import Driver, Refused, UnknownChannel

AWAY_EVERY_S = 0.1
"""So often is said that nothing comes while a device is away"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a supervisor waits for what, in seconds."""

    stall_s: float = 0.8
    """Without a good frame a streaming device is stalled (after 5 frames' time where that is longer)"""
    prove_s: float = 2.0
    """In which a device that was opened should give good frames (twice that where nobody knows its rate)"""
    reopen_s: float = 5.0
    """Without a good frame the port is closed and opened again (after 20 frames' time where that is longer, and after
    up to four times as long when it did not help)"""
    first_s: float = 0.25
    """Between the first two attempts; doubled each time"""
    longest_s: float = 5.0
    """Between attempts to open a port that is there and will not open"""
    unseen_s: float = 1.0
    """The same for an address of which only trying can tell whether it is there"""
    poll_s: float = 0.25
    """Between looks whether the port is back"""
    gather_s: float = 0.05
    """After each read, so that one wake-up, which costs more than the frames, brings many of them. Twice as long would
    cost half as much, but with 10 ms of jitter the drift is then off by more than 5 ppm after a minute now and then"""
    goodbye_s: float = 0.5
    """For telling a device to stop"""


class Supervisor(Background):
    """The thread of one device.

    Parameters
    ----------
    name
        For people.
    driver, transport, readings
        Of the device; used by the thread alone.
    clock
        Session time.
    deliver
        Called in the thread with everything that is to be passed on; should not block for long.
    patience
        Waiting times.
    """

    def __init__(
        self,
        name: str,
        driver: Driver,
        transport: Transport,
        readings: Readings,
        clock: SessionClock,
        deliver: Callable[[Reading], None],
        patience: Patience,
    ) -> None:
        super().__init__(name, clock)
        self._driver, self._transport, self._readings = driver, transport, readings
        self._deliver, self._patience = deliver, patience
        self._tried = 0
        self._is_new = False
        self._last_good = self._next_away = 0.0
        self._chance = random.Random(name)  # noqa: S311 - spreads attempts, hides nothing

    def _run(self) -> None:
        self._pass_on(self._readings.lose(self._clock.now(), "not connected yet"))
        try:
            while not self._stopping.is_set():
                self._attempt()
                self._back_off()
        finally:
            self._enter(State.CLOSED)

    def _attempt(self) -> None:
        """Open the device and keep it streaming as long as that goes well."""
        try:
            self._stream(self._connect())
        except Interrupted:
            return
        except (LinkError, Refused, UnknownChannel) as error:
            self._look()
            self._fail(self._clock.now(), str(error).removeprefix(f"{self._transport.name}: "))
        finally:
            self._close()

    def _connect(self) -> bytes:
        """Open the port and bring the device to streaming; the first bytes that came."""
        self._enter(State.OPENING)
        self._transport.open()
        self._readings.connect()
        talk = Conversation(self._transport, self._clock.now, self._stopping.is_set, self._say_away)
        talk.settle(self._driver.port.settle_s)
        return talk.run(self._driver.start())

    def _stream(self, data: bytes) -> None:
        """Pass on what comes, until something is wrong or somebody wants to stop."""
        self._is_new, self._last_good = True, self._clock.now()
        while not self._stopping.is_set():
            now = self._clock.now()
            if data:
                self._take(data, now)
            self._watch(now)
            self._say_away()
            if data:
                self._clock.wait(self._stopping, self._patience.gather_s)
            data = self._transport.read()

    def _take(self, data: bytes, now: float) -> None:
        good, readings = self._readings.push(data, now)
        if good:
            self._last_good = now
            if self._readings.is_flowing and self.state is not State.STREAMING:
                self._recover(now)
        self._pass_on(readings)

    def _recover(self, now: float) -> None:
        was, self.problem, self._tried = self.problem, None, 0
        self.connections += self._is_new
        self._is_new = False
        self._enter(State.STREAMING)
        if was is not None:
            self._say(now, "streams" if self.connections == 1 else "is back")

    def _watch(self, now: float) -> None:
        """Notice that a device which is connected gives nothing good."""
        silent, patience, rate = now - self._last_good, self._patience, self._readings.frame_rate
        proven = self._readings.evidence.is_proven
        limit = patience.stall_s if proven else patience.prove_s * (1 if rate else 2)
        if silent <= max(limit, 5 / rate if rate else 0.0):
            return
        evidence, baud = self._readings.evidence, self._driver.port.baud
        if self.state in (State.STREAMING, State.OPENING):
            self._enter(State.STALLED)
            self._fail(now, evidence.complaint(self._driver.title, baud, silent))
        longer = 2 ** min(self._tried, 2)  # opening starts some boards anew, and they may need long to start
        if silent > max(patience.reopen_s * longer, 20 / rate if rate else 0.0):
            raise NoAnswer(evidence.complaint(self._driver.title, baud, silent))

    def _fail(self, now: float, problem: str) -> None:
        """Say what is wrong, once, and that the streams are away."""
        was, self.problem = self.problem, problem
        if was is None or _kind(problem) != _kind(was):
            self._say(now, problem)
        self._pass_on(self._readings.lose(now, problem))

    def _close(self) -> None:
        """Let go of the port; a device that we leave of our own will is told to stop."""
        if self._stopping.is_set():
            end = self._clock.now() + self._patience.goodbye_s
            with suppress(LinkError, Refused):
                Conversation(self._transport, self._clock.now, lambda: self._clock.now() > end).run(self._driver.stop())
        self._transport.close()

    def _back_off(self) -> None:
        """Wait for the port to come back, or, where it is there, for a while."""
        there = self._look()
        end = self._clock.now() + self._delay(there)
        while not self._pause(self._patience.poll_s):
            was, there = there, self._look()
            if there and not was:
                self._tried = 0
                return
            if there is not False and self._clock.now() >= end:
                return

    def _look(self) -> bool | None:
        there = self._transport.is_there()
        if not self._stopping.is_set():
            self._enter(State.LOST if there is False else State.BACKOFF)
        return there

    def _delay(self, there: bool | None) -> float:
        """Seconds until the next attempt, more each time, and never the same for two devices."""
        longest = self._patience.unseen_s if there is None else self._patience.longest_s
        self._tried += 1
        return min(longest, self._patience.first_s * 2.0 ** min(self._tried - 1, 16)) * self._chance.uniform(0.75, 1.25)

    def _pause(self, seconds: float) -> bool:
        """Wait, and let nobody else wait for us; True when somebody wants to stop."""
        end = self._clock.now() + seconds
        while (left := end - self._clock.now()) > 0:
            if self._clock.wait(self._stopping, min(left, AWAY_EVERY_S)):
                return True
            self._say_away()
        return self._stopping.is_set()

    def _say_away(self) -> None:
        """Let nobody wait for streams that are away."""
        now = self._clock.now()
        if now >= self._next_away:
            self._next_away = now + AWAY_EVERY_S
            self._pass_on(self._readings.wait(now))

    def _pass_on(self, readings: list[Reading]) -> None:
        for reading in readings:
            self._deliver(reading)

    def _say(self, now: float, text: str) -> None:
        self._deliver(SensorNotice(now, f"{self.name}: {text}"))


def _kind(problem: str) -> str:
    """What a problem is, without its numbers: attempt after attempt, the same is said once."""
    return "".join(letter for letter in problem if not letter.isdigit())
