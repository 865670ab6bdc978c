"""`maeum live`: which devices the arguments name, and what else is plugged in."""

import argparse
from collections.abc import Callable
from functools import partial

from devices.link.session_clock import SessionClock
from devices.live import Deliver, Device, LiveSource
from devices.lsl import LslSensor
from devices.sensors.url import SensorUrl, parse
from realtime.config import ConfigError


def live_source(arguments: argparse.Namespace) -> LiveSource:
    """Open nothing yet: the devices are looked for when the session begins.

    Raises
    ------
    ConfigError
        When no device is named.
    SourceError
        When a microphone is not there, or two devices give one stream.
    BadSensorUrl, UnknownProtocol, UnknownChannel, UnknownOption
        When a sensor cannot be what its URL says.
    """
    if arguments.mic == "off" and not arguments.sensor:
        raise ConfigError("--mic off: nothing is left to listen to; name a --sensor, or leave --mic out")
    urls = [parse(text) for text in arguments.sensor]
    source = LiveSource(SessionClock())
    if arguments.mic != "off":
        from devices.microphone import Microphone

        source.add(partial(Microphone, arguments.mic))
    for url in urls:
        source.add(_sensor(url))
    return source


def _sensor(url: SensorUrl) -> Callable[[SessionClock, Deliver], Device]:
    if url.scheme == "lsl":
        return partial(LslSensor, url)
    from devices.link.sensor import Sensor

    return partial(Sensor, url)
