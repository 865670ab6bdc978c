"""Every serial protocol by the name that a URL gives it; drivers are imported when they are asked for."""

from collections.abc import Mapping, Sequence
from importlib import import_module

from devices.sensors.driver import Driver, Wanted

PROTOCOLS: Mapping[str, tuple[str, str]] = {
    "lines": ("devices.sensors.lines_driver", "Lines"),
    "bitalino": ("devices.sensors.bitalino_driver", "Bitalino"),
    "shimmer3": ("devices.sensors.shimmer_driver", "Shimmer3"),
    "emotibit": ("devices.sensors.emotibit_driver", "EmotiBit"),
    "cyton": ("devices.sensors.cyton_driver", "Cyton"),
    "healthypi": ("devices.sensors.healthypi_driver", "HealthyPi"),
    "chords": ("devices.sensors.chords_driver", "Chords"),
}
"""Name to module and class"""


class UnknownProtocol(ValueError):
    """There is no such protocol; the message lists those there are."""


def driver(protocol: str, wanted: Sequence[Wanted], options: Mapping[str, str]) -> Driver:
    """Create the driver of a device.

    Raises
    ------
    UnknownProtocol, UnknownChannel, UnknownOption
    """
    if protocol not in PROTOCOLS:
        raise UnknownProtocol(f"protocol {protocol!r} is not known; choose one of {', '.join(PROTOCOLS)}")
    module, name = PROTOCOLS[protocol]
    made: Driver = getattr(import_module(module), name)(wanted, options)
    return made


def title(protocol: str) -> str:
    """Return what a protocol's devices are called, for people.

    Raises
    ------
    KeyError
        When there is no such protocol.
    """
    module, name = PROTOCOLS[protocol]
    called: str = getattr(import_module(module), name).title
    return called
