"""What is known about one kind of serial device, beside its bytes: how to open it, start it, and read its numbers."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from devices.sensors.frames import Decoder

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Port:
    """How a serial port is opened for a device."""

    baud: int
    dtr: bool = True
    """False keeps an Arduino from starting anew; boards with USB of their own send nothing until it is True"""
    settle_s: float = 0.0
    """Seconds after opening during which a device starts up: what comes until then is dropped"""


@dataclass(frozen=True, slots=True)
class Send:
    """Write bytes, then leave the device alone for a while; the reply is what was read meanwhile."""

    data: bytes
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Expect:
    """Read until something is there; the reply is everything read up to its end.

    `found` takes what was read so far and returns how many bytes of it belong to the reply, or None to read on.
    """

    found: Callable[[bytes], int | None]
    timeout_s: float
    what: str
    """For the message when it does not come: `the version string`"""


@dataclass(frozen=True, slots=True)
class Drain:
    """Read and drop until nothing has come for a while; the reply is what was dropped."""

    quiet_s: float
    at_most_s: float = 2.0


Step = Send | Expect | Drain
Script = Generator[Step, bytes, None]
"""A handshake without I/O: yields what to do next, is sent the reply, and raises `Refused` on one that will not do"""


class Refused(ValueError):
    """A device answered, and its answer will not do; the message says what it was and what to do."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """From raw values to a physical unit, by a published formula."""

    name: str
    """Stored with the data: `bitalino.eda.rev2020`"""
    unit: str
    """`µS`, `mV` or `°C`"""
    formula: Callable[[Doubles], Doubles]
    """Of raw values [n]; NaN outside its range"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One stream that somebody wants of a device: `eda:A3/rev2016`."""

    stream: str
    """eda, ecg, temp or ibi"""
    channel: str
    """The device's own name for it; empty for the device's usual one"""
    formula: str | None = None
    """Short name of a conversion; None for the device's usual one"""


@dataclass(frozen=True, slots=True)
class Output:
    """Where a stream comes from."""

    stream: str
    """eda, ecg, temp or ibi"""
    layout: str
    """Name of the layout"""
    column: int
    """Of the layout's channels"""
    conversion: Conversion


class Driver(Protocol):
    """One device in one use: created from its options and the streams wanted, good for any number of connections.

    A class that conforms is created as `Driver(wanted, options)` and raises `UnknownChannel` or `UnknownOption`, which
    list what there is.
    """

    protocol: ClassVar[str]
    """As in a URL: `bitalino`"""
    title: ClassVar[str]
    """For people: `BITalino (r)evolution`"""
    port: Port

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None: ...

    def start(self) -> Script:
        """Return what brings the device from any state to streaming."""
        ...

    def stop(self) -> Script:
        """Return what makes the device stop."""
        ...

    def decoder(self) -> Decoder:
        """Return a fresh decoder for what comes after `start`."""
        ...

    def outputs(self, decoder: Decoder) -> Sequence[Output]:
        """Return where the wanted streams come from; some only once the decoder has seen what the device sends.

        Raises
        ------
        UnknownChannel
            When a device that names its channels itself has none of that name.
        """
        ...


class UnknownChannel(ValueError):
    """A device has no such channel; the message lists those it has."""


class UnknownOption(ValueError):
    """A driver has no such option, or not of that value; the message lists what it takes."""
