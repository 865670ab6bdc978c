"""A microphone and biosensors as one source: what they deliver, in the order in which it comes.

Each device has a thread of its own, which fills one bounded backlog; the session empties it. When the session cannot
keep up, samples are left out and counted, a gap tells of them, and the devices never wait.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from devices.backlog import TOO_SLOW, Backlog
from devices.block import Block, DeviceState, Event, SensorNotice
from devices.link.background import State
from devices.link.capture import Begin
from devices.link.sensor import Facts, Sensor
from devices.link.session_clock import SessionClock
from devices.source import About, SourceError, Utterance

QUEUE = 4096
"""Events that may wait: over a minute of a microphone and three sensors"""
OPEN_S, START_S = 3.0, 10.0
"""A required device has so long to begin; the longer time where nothing is wrong yet, since some boards start slowly"""
LOOK_S = 0.1
"""Between looks at what has come, where nothing comes that is to be heard at once"""

Deliver = Callable[[Event], None]


class DeviceMissing(SourceError, ConnectionError):
    """A required device does not stream; the message says why."""


class StreamTwice(SourceError, ValueError):
    """Two devices give the same stream."""


class Device(Protocol):
    """One device that looks after itself: `devices.microphone`, `devices.link.sensor` or `devices.lsl`."""

    name: str
    required: bool

    @property
    def rates(self) -> Mapping[str, float]: ...  # noqa: D102 - as in Source
    @property
    def state(self) -> State: ...  # noqa: D102 - what it is doing
    @property
    def facts(self) -> Facts: ...  # noqa: D102 - everything worth showing
    def start(self) -> None: ...  # noqa: D102
    def stop(self) -> None: ...  # noqa: D102
    def wait_streaming(self, timeout_s: float) -> bool: ...  # noqa: D102


class LiveSource:
    """Devices as one source without an end.

    Parameters
    ----------
    clock
        Of the session.
    queue
        Events that may wait.
    remarks
        Says what a person should know besides, once the session has begun; it may take its time.
    """

    name = "live"
    duration: float | None = None
    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(self, clock: SessionClock, queue: int = QUEUE, remarks: Callable[[], Iterable[str]] = tuple) -> None:
        self.clock = clock
        self._remarks = remarks
        self.devices: list[Device] = []
        self._backlog = Backlog(queue)
        self._lock, self._arrived = threading.Lock(), threading.Event()
        self._told: dict[Device, tuple[State, bool]] = {}
        self.waited_s = 0.0
        """How long the newest event had to wait for the session, seconds"""

    def add(self, create: Callable[[SessionClock, Deliver], Device]) -> None:
        """Take a device, created with the session's clock and the place where it delivers.

        Raises
        ------
        StreamTwice
            When another device gives one of its streams already.
        """
        device = create(self.clock, lambda event: self._deliver(device, event))
        for other in self.devices:
            if both := other.rates.keys() & device.rates.keys():
                raise StreamTwice(f"{device.name} and {other.name} both give {', '.join(sorted(both))}; leave one out")
        self.devices.append(device)

    def keep_bytes(self, begin: Begin) -> None:
        """Write every byte of each biosensor on a port or a socket into a capture of its own; before `events`.

        `devices.sessions.recorder.Recorder.capture` begins one that is part of the recording.
        """
        for device in self.devices:
            if isinstance(device, Sensor):
                device.keep_bytes(begin)

    @property
    def rates(self) -> Mapping[str, float]:
        """Of all devices, hertz; 0 where it is irregular or not known yet."""
        return {stream: rate for device in self.devices for stream, rate in device.rates.items()}

    def states(self) -> tuple[DeviceState, ...]:
        """Every device as it is now; from any thread."""
        return tuple(_state_of(device, self.clock.now()) for device in self.devices)

    def delivery(self) -> Mapping[str, tuple[int, int, int]]:
        """Samples by stream: those that came of the devices, those left out of them, those that wait."""
        with self._lock:
            books = self._backlog
            return {one: (came, books.dropped[one], books.waiting(one)) for one, came in books.came.items()}

    def notices(self) -> Sequence[str]:
        """Say what was left out."""
        with self._lock:
            return [f"{stream}: {lost} samples left out: {TOO_SLOW}" for stream, lost in self._backlog.dropped.items()]

    def events(self) -> Iterator[Event]:
        """Start the devices and deliver what comes of them; closing the iterator stops them.

        Raises
        ------
        DeviceMissing
            When a required device does not begin in time.
        """
        try:
            for device in self.devices:
                device.start()
            yield from self._begin()
            threading.Thread(target=self._remark, daemon=True).start()
            while True:
                yield from self._next()
        finally:
            for device in self.devices:
                device.stop()

    def _begin(self) -> Iterator[Event]:
        """Deliver what the first devices give while others are still on their way."""
        began = self.clock.now()
        awaited = [device for device in self.devices if device.required]
        while awaited := [device for device in awaited if not device.wait_streaming(0.0)]:
            for device in awaited:
                _check(device, self.clock.now() - began)
            yield from self._next()

    def _next(self) -> list[Event]:
        """The oldest event, alone; none when nothing comes for a while."""
        self.clock.wait(self._arrived, LOOK_S)
        with self._lock:
            if not self._backlog:
                return []
            now = self.clock.now()
            came, event = self._backlog.take(now)
            if self._backlog:  # what waits behind it comes at once, whatever woke us
                self._arrived.set()
            else:
                self._arrived.clear()
        self.waited_s = now - came
        return [event]

    def _remark(self) -> None:
        """Pass on what is known besides, in a thread: to look around takes longer than a session may wait."""
        for text in self._remarks():
            with self._lock:
                self._backlog.put(SensorNotice(self.clock.now(), text), self.clock.now())
                self._arrived.set()

    def _deliver(self, device: Device, event: Event) -> None:
        """Take an event of a device, after what it is doing now where that is news."""
        with self._lock:
            now = self.clock.now()
            if (state := self._news(device, event, now)) is not None:
                self._backlog.put(state, now)
            self._backlog.put(event, now)
            if not isinstance(event, Block) or event.stream == "audio":  # what sensors measure can wait for the next
                self._arrived.set()

    def _news(self, device: Device, event: Event, now: float) -> DeviceState | None:
        state, told = device.state, self._told.get(device)
        if state is State.CLOSED or (told is not None and told[0] is state and not isinstance(event, SensorNotice)):
            return None
        news = state, device.facts.problem is not None
        if news in (told, (State.OPENING, True)):  # that it is tried once more is no news
            return None
        self._told[device] = news
        return _state_of(device, now)


def states_of(source: About) -> tuple[DeviceState, ...]:
    """The devices of a live source as they are now; none of a recording."""
    return source.states() if isinstance(source, LiveSource) else ()


def _check(device: Device, waited_s: float) -> None:
    """Give up a required device that has not begun; one without a problem is still on its way."""
    problem = device.facts.problem
    if waited_s > (START_S if problem is None else OPEN_S):
        raise DeviceMissing(f"{device.name}: {problem or 'does not answer'}")


def _state_of(device: Device, now: float) -> DeviceState:
    facts = device.facts
    return DeviceState(
        t=now,
        device=device.name,
        state=facts.state.value,
        problem=facts.problem,
        drift_ppm=facts.drift_ppm if facts.frames else None,
        latency_s=facts.latency_s if facts.frames else None,
        lost=facts.lost,
        reconnects=facts.reconnects,
        away_s=facts.away_s,
    )
