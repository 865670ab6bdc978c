"""Every protocol that can be emulated: its device, and what a scenario may say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from devices.emulation import checks
from devices.emulation.checks import Check
from devices.emulation.device import Device
from devices.emulation.waveforms import STREAMS, Body


@dataclass(frozen=True, slots=True)
class Kind:
    """One protocol."""

    module: str
    name: str
    """Of the class"""
    title: str
    """For people"""
    channels: str
    """Of the URL that asks for everything it measures"""
    options: Mapping[str, Check] = field(default_factory=dict)
    """What the class takes beside a body: keys of the table `device` in a scenario"""


_SENSORS = (
    "eda",
    "eda.rev2016",
    "eda.sample2016",
    "eda.bitalino1",
    "ecg",
    "temp",
    "temp.ntc",
    "ppg",
    "breath",
    "nothing",
)
_UNITS = {"eda": "uS", "ecg": "mV", "temp": "degC"}
_FORMULAS = {"eda": "rev2020", "ecg": "ecg", "temp": "tmp"}
_PORTS_OF_UNO = tuple(f"A{k}" for k in range(6))
_PORTS = tuple(f"A{k}" for k in range(1, 7))

KINDS: Mapping[str, Kind] = {
    "lines": Kind(
        "devices.emulation.lines",
        "TextLines",
        "an Arduino that prints lines of text",
        "eda:EDA/uS,ecg:ECG/mV,temp:TEMP/degC",
        {
            "columns": checks.named(checks.choice(STREAMS)),
            "rate": checks.number(0.1, 2000.0),
            "style": checks.choice(("keyvalue", "csv", "values", "json")),
            "counter": checks.flag,
            "clock": checks.flag,
            "checksum": checks.flag,
            "comment": checks.flag,
            "resets": checks.flag,
            "boot_s": checks.number(0.0, 60.0),
            "baud": checks.whole(300, 4_000_000),
        },
    ),
    "bitalino": Kind(
        "devices.emulation.bitalino",
        "Bitalino",
        "BITalino (r)evolution",
        "eda:A3,ecg:A2,temp:A1",
        {
            "plugged": checks.named(checks.choice(_SENSORS), _PORTS),
            "version": checks.choice(("4.2", "5.1", "5.2")),
            "bluetooth": checks.flag,
        },
    ),
    "shimmer3": Kind(
        "devices.emulation.shimmer",
        "Shimmer3",
        "Shimmer3 with GSR and ECG",
        "eda:GSR,ecg:ExG1ch1",
        {"clock_ticks": checks.whole(0, 2**24 - 1)},
    ),
    "emotibit": Kind(
        "devices.emulation.emotibit",
        "EmotiBit",
        "EmotiBit on its serial bench line",
        "eda:EA,temp:T1",
        {"enabled": checks.listed(checks.text), "clock_ms": checks.whole(0, 2**32 - 1)},
    ),
    "cyton": Kind(
        "devices.emulation.cyton",
        "Cyton",
        "OpenBCI Cyton",
        "ecg:1,eda:A5/rev2020,temp:A6/tmp",
        {"streaming": checks.flag, "analog": checks.listed(checks.choice(_SENSORS))},
    ),
    "healthypi": Kind("devices.emulation.healthypi", "HealthyPi", "ProtoCentral HealthyPi", "ecg:ECG/gain6,temp:TEMP"),
    "chords": Kind(
        "devices.emulation.chords",
        "Chords",
        "an Arduino Uno with the Chords firmware",
        "ecg:A0/ecg,eda:A1/rev2020,temp:A2/tmp",
        {"pins": checks.listed(checks.choice(_SENSORS))},
    ),
}


def channels(protocol: str, options: Mapping[str, Any]) -> str:
    """Return the `channels` of the URL that asks for everything such a device measures."""
    if protocol == "lines" and "columns" in options:
        return ",".join(f"{stream}:{label}/{_UNITS[stream]}" for label, stream in _asked(options["columns"]))
    if protocol == "bitalino" and "plugged" in options:
        from devices.emulation.bitalino import PLUGGED

        return ",".join(_pin(port, sensor, "") for port, sensor in _asked({**PLUGGED, **options["plugged"]}))
    pins = {"cyton": ("analog", ("A5", "A6", "A7"), "ecg:1"), "chords": ("pins", _PORTS_OF_UNO, "")}
    if protocol in pins and pins[protocol][0] in options:
        option, names, first = pins[protocol]
        attached = _asked(dict(zip(names, options[option], strict=False)))
        return ",".join(filter(None, [first, *(_pin(pin, sensor, "usual") for pin, sensor in attached)]))
    return KINDS[protocol].channels


def _asked(sensors: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return where the streams that a session knows come from, each once, in the order in which a URL names them."""
    found: dict[str, tuple[str, str]] = {}
    for place, sensor in sensors.items():
        found.setdefault(sensor.partition(".")[0], (place, sensor))
    return [found[stream] for stream in _UNITS if stream in found]


def _pin(place: str, sensor: str, formula: str) -> str:
    """Return one channel of a URL; a board that does not know its sensors needs the formula named."""
    stream, _, named = sensor.partition(".")
    formula = named or (_FORMULAS[stream] if formula else "")
    return f"{stream}:{place}" + (f"/{formula}" if formula else "")


def device(protocol: str, body: Body, options: Mapping[str, Any], keep: int | None = None) -> Device:
    """Create an emulated device; the options are those of its class, already checked."""
    kind = KINDS[protocol]
    made: Device = getattr(import_module(kind.module), kind.name)(body, keep=keep, **options)
    return made
