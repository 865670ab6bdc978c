"""`maeum live`: which devices the arguments name, and what else is plugged in."""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from devices.link.port_finder import ListedPort, listed_ports
from devices.link.session_clock import SessionClock
from devices.live import Deliver, Device, DeviceMissing, LiveSource
from devices.lsl import LslSensor
from devices.sensors.url import SensorUrl, parse
from devices.source import SourceNotFound
from realtime.config import ConfigError


def live_source(arguments: argparse.Namespace) -> LiveSource:
    """Open nothing yet: the devices are looked for when the session begins.

    Raises
    ------
    ConfigError
        When no device is named.
    DeviceMissing
        When the microphone is not there: one is required unless it is off.
    StreamTwice
        When two devices give one stream.
    BadSensorUrl, UnknownProtocol, UnknownChannel, UnknownOption
        When a sensor cannot be what its URL says.
    """
    if arguments.mic == "off" and not arguments.sensor:
        raise ConfigError("--mic off: nothing is left to listen to; name a --sensor, or leave --mic out")
    urls = [parse(text) for text in arguments.sensor]
    source = LiveSource(SessionClock(), remarks=partial(could_add, urls))
    if arguments.mic != "off":
        source.add(_microphone(arguments.mic, bool(urls)))
    for url in urls:
        source.add(_sensor(url))
    return source


def could_add(used: Sequence[SensorUrl], listing: Callable[[], Iterable[ListedPort]] = listed_ports) -> Iterator[str]:
    """Say of each sensor that is plugged in and not used by which argument a session takes it.

    No port is opened for that: what it probably is, its USB numbers and names tell.
    """
    from devices.link.listening import unheard
    from devices.sensors.suggestion import suggest

    taken = {Path(url.address).resolve() for url in used}
    for port in listing():
        found = unheard(port)
        if found.guess.protocols and Path(port.device).resolve() not in taken:
            url = found.url(suggest(found.guess.protocols[0]))
            yield f"could add --sensor '{url}' ({found.guess.title}); `maeum devices` listens and says what it is"


def _microphone(name: str | None, has_sensors: bool) -> Callable[[SessionClock, Deliver], Device]:
    """Return what makes the microphone; who expects to be heard should learn at once that nobody listens."""

    def create(clock: SessionClock, deliver: Deliver) -> Device:
        from devices.microphone import Microphone, MicrophoneUnavailable

        try:
            return Microphone(name, clock, deliver)
        except (SourceNotFound, MicrophoneUnavailable) as error:
            instead = "--mic off" if has_sensors else "--mic off --sensor URL"
            raise DeviceMissing(f"{error}; to go on without: {instead}") from error

    return create


def _sensor(url: SensorUrl) -> Callable[[SessionClock, Deliver], Device]:
    if url.scheme == "lsl":
        return partial(LslSensor, url)
    from devices.link.sensor import Sensor

    return partial(Sensor, url)
