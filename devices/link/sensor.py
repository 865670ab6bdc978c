"""A biosensor named by a URL, supervised: what a session knows of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from devices.link.background import State
from devices.link.capture import Begin, Capture, Tapped
from devices.link.port_finder import Listing, listed_ports
from devices.link.readings import IRREGULAR, Reading, Readings, SensorNotice
from devices.link.session_clock import SessionClock
from devices.link.supervisor import Patience, Supervisor
from devices.link.transport import SerialTransport, SocketTransport, Transport
from devices.sensors import catalog
from devices.sensors.driver import Driver
from devices.sensors.url import BadSensorUrl, SensorUrl

__all__ = ["Facts", "Sensor", "SensorNotice", "State"]


@dataclass(frozen=True, slots=True)
class Facts:
    """A sensor at one moment, for a screen or a report."""

    state: State
    port: str
    """Its present name"""
    problem: str | None
    """Why it is not streaming, or what is wrong with what it streams"""
    offset_s: float
    """Session time at which the device's own count was 0"""
    drift_ppm: float
    """How much faster its clock runs than ours"""
    latency_s: float
    """How late its samples arrive on average, beyond a constant that cannot be seen"""
    bytes: int
    frames: int
    lost: int
    """Frames, as far as the device's own numbers tell"""
    skipped: int
    """Bytes that belong to nothing"""
    reconnects: int
    away_s: float
    """Seconds for which it was stalled, lost or unusable"""


class Sensor:
    """One supervised device; a thread runs between `start` and `stop`.

    Parameters
    ----------
    url
        Where it is and what is wanted of it.
    clock
        Of the session.
    deliver
        Called in the sensor's thread with each block, gap, absence and notice; should only queue it.
    capture
        Takes every byte as well.
    driver, transport
        In place of those that the URL names.
    listing
        Tells the serial ports that there are.
    patience
        Waiting times.

    Raises
    ------
    UnknownProtocol, UnknownChannel, UnknownOption
        When the URL names something that there is not.
    """

    def __init__(
        self,
        url: SensorUrl,
        clock: SessionClock,
        deliver: Callable[[Reading], None],
        capture: Capture | None = None,
        *,
        driver: Driver | None = None,
        transport: Transport | None = None,
        listing: Listing = listed_ports,
        patience: Patience | None = None,
    ) -> None:
        self._driver = driver or catalog.driver(url.protocol, url.wanted, url.options)
        self.required = url.required
        self.name = f"{self._driver.title} on {url.address}"
        """For people"""
        self._url, self._clock, self._deliver = url, clock, deliver
        self._transport = Tapped(transport or opened_by(url, self._driver, listing), capture)
        self._readings = Readings(self._driver, [wanted.stream for wanted in url.wanted])
        declared = float(url.options.get("rate", 0.0))
        self.rates: Mapping[str, float] = {
            stream: rate or (0.0 if stream in IRREGULAR else declared) for stream, rate in self._readings.rates.items()
        }
        """Stream to nominal rate, hertz, as known before it is opened; 0 for irregular and unknown ones"""
        self._supervisor = Supervisor(
            self.name, self._driver, self._transport, self._readings, clock, self._take, patience or Patience()
        )

    @property
    def state(self) -> State:
        """What it is doing; from any thread."""
        return self._supervisor.state

    @property
    def facts(self) -> Facts:
        """Everything worth showing; from any thread."""
        counters = self._readings.counters
        clock = next(iter(self._readings.clocks.values()), None)
        return Facts(
            self.state,
            self._transport.name,
            self._supervisor.problem,
            clock.offset_s if clock else 0.0,
            clock.drift_ppm if clock else 0.0,
            clock.latency_s if clock else 0.0,
            counters.received,
            counters.frames,
            counters.lost,
            counters.skipped,
            max(0, self._supervisor.connections - 1),
            self._supervisor.away_s,
        )

    def start(self) -> None:
        """Begin to look for the device; returns at once."""
        self._supervisor.start()

    def stop(self) -> None:
        """End within a second, from every state."""
        self._supervisor.stop()

    def wait_streaming(self, timeout_s: float) -> bool:
        """Wait until it streams; False when it does not in time, and `facts.problem` says why."""
        return self._supervisor.wait_streaming(timeout_s)

    def keep_bytes(self, begin: Begin) -> None:
        """Write every byte into a new capture, named for the streams; before `start`."""
        self._transport.capture = begin("-".join(self.rates), self._url.text, self._clock.now)

    def _take(self, reading: Reading) -> None:
        """Pass a reading on; what is said about the device stands in the capture too."""
        if isinstance(reading, SensorNotice) and self._transport.capture is not None:
            self._transport.capture.remark(reading.text)
        self._deliver(reading)


def opened_by(url: SensorUrl, driver: Driver, listing: Listing = listed_ports) -> Transport:
    """Create the transport to which a URL leads."""
    if url.scheme == "serial":
        return SerialTransport(url.address, driver.port, listing)
    if url.scheme == "socket":
        return SocketTransport(url.address)
    raise BadSensorUrl(f"sensor {url.text!r} is neither a serial port nor a socket")
