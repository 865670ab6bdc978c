"""The URL that names a biosensor: where it is, what it speaks, and which of its channels are which streams.

    serial:///dev/ttyUSB0?protocol=bitalino&channels=eda:A3,ecg:A2,temp:A1
    serial://COM3?protocol=lines&channels=eda:EDA/uS&baud=9600
    socket://192.168.0.7:7000?protocol=shimmer3&channels=eda:GSR&required=no
    lsl://type=EDA

`channels` lists `STREAM:CHANNEL/FORMULA`, separated by commas; channel and formula may be left out where the device has
a usual one. What is neither `protocol`, `channels` nor `required` is an option of the protocol. Characters that would
be taken for separators are written as in every URL: `%2C` for a comma, `%26` for an ampersand.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from urllib.parse import quote, unquote

from devices.sensors.catalog import PROTOCOLS, UnknownProtocol
from devices.sensors.driver import Wanted

SCHEMES = ("serial", "socket", "lsl")
STREAMS = ("eda", "ecg", "temp", "ibi")
"""What a biosensor can give"""

EXAMPLE = "serial:///dev/ttyUSB0?protocol=bitalino&channels=eda:A3,ecg:A2"


class BadSensorUrl(ValueError):
    """A sensor URL cannot be used; the message says what is wrong with it and what to write instead."""


@dataclass(frozen=True, slots=True)
class SensorUrl:
    """One biosensor and what is wanted of it."""

    scheme: str
    """serial, socket or lsl"""
    address: str
    """Name of a port (`/dev/ttyUSB0`, `COM3`), `host:port`, or what to look for (`type=EDA`)"""
    protocol: str
    """One of `catalog.PROTOCOLS`; `lsl` for an inlet"""
    wanted: tuple[Wanted, ...]
    """Each stream at most once; empty only for an inlet, whose type tells"""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of the protocol"""
    required: bool = True
    """False where a session may begin without it"""

    @property
    def text(self) -> str:
        """The URL, as `parse` reads it."""
        query = [] if self.scheme == "lsl" else [f"protocol={quote(self.protocol)}"]
        query += [f"channels={','.join(map(_channel, self.wanted))}"] if self.wanted else []
        query += [f"{quote(name, safe='')}={quote(value, safe='/,:')}" for name, value in self.options.items()]
        query += [] if self.required else ["required=no"]
        return f"{self.scheme}://{quote(self.address, safe='/:[]=&,')}" + ("?" + "&".join(query) if query else "")


def parse(text: str) -> SensorUrl:
    """Read the URL of a biosensor.

    Raises
    ------
    BadSensorUrl
        When it cannot be used: unknown scheme or stream, no address, no protocol, a stream given twice, a rate that is
        no rate.
    UnknownProtocol
        When nobody speaks the protocol; the message lists those there are.
    """
    where, _, query = text.strip().partition("?")
    scheme, address = place(text, where)
    options = _options(text, query)
    protocol = _protocol(text, scheme, options.pop("protocol", None))
    wanted = wanted_channels(text, options.pop("channels", ""))
    if not wanted and scheme != "lsl":
        raise BadSensorUrl(f"sensor {text!r} says no channels: add channels=STREAM:CHANNEL, as in {EXAMPLE}")
    required = _yes(text, options.pop("required", "yes"))
    options = {name: unquote(value) for name, value in options.items()}
    _check_rate(text, options.get("rate", "1"))
    return SensorUrl(scheme, address, protocol, wanted, options, required)


def _channel(wanted: Wanted) -> str:
    channel = f":{quote(wanted.channel, safe='')}" if wanted.channel else ""
    return wanted.stream + channel + (f"/{quote(wanted.formula, safe='')}" if wanted.formula else "")


def place(text: str, where: str) -> tuple[str, str]:
    """Read `SCHEME://ADDRESS` and return both; `text` is what to quote in a message.

    Raises
    ------
    BadSensorUrl
    """
    scheme, separator, quoted = where.partition("://")
    if not separator or scheme not in SCHEMES:
        raise BadSensorUrl(f"sensor {text!r} must begin with serial://, socket:// or lsl://, as in {EXAMPLE}")
    address = unquote(quoted)
    if not address:
        what = {"serial": "the port: /dev/ttyUSB0 or COM3", "socket": "HOST:PORT", "lsl": "what to look for: type=EDA"}
        raise BadSensorUrl(f"sensor {text!r} has no address; write after {scheme}:// {what[scheme]}")
    if scheme == "socket":
        host, _, port = address.rpartition(":")
        if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
            raise BadSensorUrl(f"sensor {text!r}: {address!r} is not HOST:PORT with a port from 1 to 65535")
    return scheme, address


def _options(text: str, query: str) -> dict[str, str]:
    """Return name to value, the value as it is written: `channels` is taken apart before it is decoded."""
    fields = [part.partition("=") for part in query.split("&") if part]
    options = {unquote(name): value for name, _, value in fields}
    if wrong := [unquote(name) for name, equals, _ in fields if not equals or not name]:
        raise BadSensorUrl(f"sensor {text!r}: {wrong[0]!r} is not NAME=VALUE")
    if len(options) < len(fields):
        twice = Counter(unquote(name) for name, _, _ in fields).most_common(1)[0][0]
        raise BadSensorUrl(f"sensor {text!r} says {twice!r} twice; say it once")
    return options


def _protocol(text: str, scheme: str, name: str | None) -> str:
    if scheme == "lsl":
        if name not in (None, "lsl"):
            raise BadSensorUrl(f"sensor {text!r}: lsl:// is a protocol of its own; leave out protocol={name}")
        return "lsl"
    known = ", ".join(PROTOCOLS)
    if not name:
        raise BadSensorUrl(f"sensor {text!r} says no protocol: add protocol=NAME, one of {known}")
    if name not in PROTOCOLS:
        raise UnknownProtocol(f"sensor {text!r}: protocol {name!r} is not known; choose one of {known}")
    return name


def wanted_channels(text: str, channels: str) -> tuple[Wanted, ...]:
    """Read `STREAM:CHANNEL/FORMULA,...`; `text` is what to quote in a message.

    Raises
    ------
    BadSensorUrl
    """
    wanted = tuple(_one(text, spec) for spec in channels.split(",")) if channels else ()
    for stream, times in Counter(one.stream for one in wanted).items():
        if times > 1:
            raise BadSensorUrl(f"sensor {text!r} gives {stream} {times} times; choose one channel for it")
    return wanted


def _one(text: str, spec: str) -> Wanted:
    """Read `STREAM`, `STREAM:CHANNEL`, `STREAM/FORMULA` or `STREAM:CHANNEL/FORMULA`."""
    source, slash, formula = spec.partition("/")
    stream, colon, channel = source.partition(":")
    if not stream or (slash and not formula) or (colon and not (channel or slash)) or "/" in formula or ":" in channel:
        raise BadSensorUrl(f"sensor {text!r}: {spec!r} is not STREAM:CHANNEL or STREAM:CHANNEL/FORMULA, as eda:A3")
    if stream not in STREAMS:
        raise BadSensorUrl(f"sensor {text!r}: no stream is called {stream!r}; there are {', '.join(STREAMS)}")
    return Wanted(stream, unquote(channel), unquote(formula) or None)


def _yes(text: str, value: str) -> bool:
    if value not in ("yes", "no"):
        raise BadSensorUrl(f"sensor {text!r}: required={value} is neither yes nor no")
    return value == "yes"


def _check_rate(text: str, rate: str) -> None:
    try:
        hertz = float(rate)
    except ValueError:
        hertz = 0.0
    if not (isfinite(hertz) and hertz > 0):
        raise BadSensorUrl(f"sensor {text!r}: rate={rate} is no number of samples a second above 0")
