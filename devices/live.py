"""A microphone and biosensors as one source: what they deliver, in the order in which it comes.

Each device has a thread of its own, which fills one bounded queue; the session empties it. When the session cannot keep
up, samples are dropped and counted, and the devices never wait.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import Full, Queue
from typing import Protocol

from devices.block import Block, Event, SensorNotice
from devices.link.background import State
from devices.link.sensor import Facts
from devices.link.session_clock import SessionClock
from devices.source import SourceError, Utterance

QUEUE = 4096
"""Events that may wait: over a minute of a microphone and three sensors"""
OPEN_S = 3.0
"""A required device has so long to begin"""

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
    """

    name = "live"
    duration: float | None = None
    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic = False

    def __init__(self, clock: SessionClock) -> None:
        self.clock = clock
        self.devices: list[Device] = []
        self._queue: Queue[Event] = Queue(QUEUE)
        self._dropped: Counter[str] = Counter()

    def add(self, create: Callable[[SessionClock, Deliver], Device]) -> None:
        """Take a device, created with the session's clock and the place where it delivers.

        Raises
        ------
        StreamTwice
            When another device gives one of its streams already.
        """
        device = create(self.clock, self._deliver)
        for other in self.devices:
            if both := other.rates.keys() & device.rates.keys():
                raise StreamTwice(f"{device.name} and {other.name} both give {', '.join(sorted(both))}; leave one out")
        self.devices.append(device)

    @property
    def rates(self) -> Mapping[str, float]:
        """Of all devices, hertz; 0 where it is irregular or not known yet."""
        return {stream: rate for device in self.devices for stream, rate in device.rates.items()}

    def notices(self) -> Sequence[str]:
        """Say what was dropped."""
        return [
            f"{stream}: {lost} samples dropped, the computer was too slow" for stream, lost in self._dropped.items()
        ]

    def events(self) -> Iterator[Event]:
        """Start the devices and deliver what comes of them; closing the iterator stops them.

        Raises
        ------
        DeviceMissing
            When a required device does not begin within `OPEN_S`.
        """
        try:
            for device in self.devices:
                device.start()
            for device in self.devices:
                if device.required and not device.wait_streaming(OPEN_S):
                    raise DeviceMissing(f"{device.name}: {device.facts.problem or 'does not answer'}")
            while True:  # a device that is away says so ten times a second, so nobody waits here for long
                yield self._queue.get()
        finally:
            for device in self.devices:
                device.stop()

    def _deliver(self, event: Event) -> None:
        try:
            self._queue.put_nowait(event)
        except Full:
            # The next block's index tells the session of the hole.
            if isinstance(event, Block):
                self._dropped[event.stream] += len(event.values)
            elif isinstance(event, SensorNotice):
                self._dropped["notices"] += 1
