"""A rehearsal of a whole session: a microphone, sensors, words and people, and what goes wrong with each, repeatedly.

title = "A day of trouble"
seed = 7

[microphone]
drift = 30                # ppm by which its clock is too fast

[words]
delay = 0.6               # seconds that a transcript takes

[[sensor]]                # any number
url = "protocol=bitalino&channels=ecg:A2"
[sensor.device]           # options of the protocol, as in a scenario
bluetooth = true

[[state]]                 # of the person, as in a scenario; again every so many seconds
at = 60
every = 600
arousal = 4.6

[[trouble]]
on = "bitalino"           # a protocol, microphone, words, computer or people
kind = "unplug"           # as `TROUBLES` lists them
at = 30
every = 900               # left out: once
amount = 4
"""

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devices.emulation import checks, faults, sound
from devices.emulation.catalog import KINDS
from devices.emulation.checks import Check
from devices.emulation.scenario import BadScenario, checked, tables
from devices.emulation.waveforms import NEUTRAL, Moment
from devices.sensors import catalog, url
from devices.sensors.catalog import UnknownProtocol
from devices.sensors.driver import UnknownChannel, UnknownOption
from devices.sensors.url import BadSensorUrl, SensorUrl

SHIPPED = Path(__file__).parent / "rehearsals"
"""Folder of the rehearsals that come with the program"""
TROUBLES: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(KINDS, faults.KINDS),
    "microphone": sound.KINDS,
    "words": {"slow": "transcripts take {:g} times as long"},
    "computer": {"busy": "nothing is computed for {:g} s"},
    "people": {
        "pause": "paused for {:g} s",
        "mute voice": "voice muted for {:g} s",
        "mute text": "words muted for {:g} s",
        "mute bio": "body muted for {:g} s",
        "mark": "marked",
    },
}
"""What can go wrong, by where; the number is the amount"""
LASTING = frozenset({"unplug", "rename", "stall", "burst", "slow start"})
"""Kinds of faults of devices whose amount is seconds"""
_SPREAD = 0.25
"""Part of the time between two troubles by which one may come later"""
_LONG_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Wearable:
    """One sensor."""

    url: SensorUrl
    options: Mapping[str, Any]
    """Of the emulated device"""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that goes wrong at one moment."""

    at: float
    """Seconds of session time"""
    on: str
    """Where: a protocol, microphone, words, computer or people"""
    kind: str
    """One of `TROUBLES`"""
    amount: float = 1.0
    lasts: float = 0.0
    """Seconds, where the amount is none"""

    @property
    def until(self) -> float:
        """Session time from which everything should be well again."""
        is_span = self.on not in KINDS or self.kind in LASTING
        return self.at + (self.lasts or (self.amount if is_span else 0.0))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What happens in any number of hours."""

    title: str = ""
    seed: int = 0
    drift_ppm: float = 0.0
    """Of the microphone"""
    delay_s: float = 0.6
    """Of a transcript"""
    sensors: tuple[Wearable, ...] = ()
    states: tuple[tuple[Moment, float | None], ...] = ()
    """Each with the seconds after which it comes again"""
    repeated: tuple[tuple[Trouble, float | None], ...] = field(default=(), repr=False)

    def troubles(self, seconds: float) -> list[Trouble]:
        """What goes wrong in a session of so many seconds, in order of time, spread by the seed."""
        found = []
        for number, (one, every) in enumerate(self.repeated):
            chance = random.Random(f"{self.seed} {number}")  # noqa: S311 - a simulation, not a secret
            for at in _times(one.at, every, seconds):
                at += chance.uniform(0.0, _SPREAD * (every or 0.0))
                found.append(Trouble(at, one.on, one.kind, one.amount, one.lasts))
        return sorted((one for one in found if one.until < seconds), key=lambda one: (one.at, one.on))

    def moments(self, seconds: float) -> list[Moment]:
        """How the person is over so many seconds."""
        found = [
            Moment(at, one.arousal, one.contact) for one, every in self.states for at in _times(one.at, every, seconds)
        ]
        return sorted(found, key=lambda one: one.at)


def _times(at: float, every: float | None, end: float) -> Iterator[float]:
    while at < end:
        yield at
        if every is None:
            return
        at += every


def load(path: Path | None = None) -> Rehearsal:
    """Read a rehearsal; None for the one that comes with the program.

    Raises
    ------
    BadScenario
        When it cannot be read, or says something that is not allowed.
    """
    file = path or SHIPPED / "day.toml"
    try:
        return parse(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BadScenario(f"scenario {file} is not there; give a TOML file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadScenario(f"scenario {file} cannot be read: {error}") from None
    except BadScenario as error:
        raise BadScenario(f"scenario {file}: {error}") from None


_MOMENT = checks.number(0.0, _LONG_S)
_EVERY = checks.number(1.0, _LONG_S)
_TOP: Mapping[str, Check] = {"title": checks.text, "seed": checks.whole(0, 2**31 - 1)}
_MICROPHONE: Mapping[str, Check] = {"drift": checks.number(-1000.0, 1000.0)}
_WORDS: Mapping[str, Check] = {"delay": checks.number(0.0, 60.0)}
_SENSOR: Mapping[str, Check] = {"url": checks.text, "device": lambda value: value}
_STATE: Mapping[str, Check] = {
    "at": _MOMENT,
    "every": _EVERY,
    "arousal": checks.number(1.0, 5.0),
    "contact": checks.flag,
}
_TROUBLE: Mapping[str, Check] = {
    "on": checks.choice(tuple(TROUBLES)),
    "kind": checks.text,
    "at": _MOMENT,
    "every": _EVERY,
    "amount": checks.number(-1e6, 4e6),
    "lasts": _MOMENT,
}
_TABLES = ("microphone", "words", "sensor", "state", "trouble")


def parse(read: Mapping[str, Any]) -> Rehearsal:
    """Make a rehearsal of what a TOML file says.

    Raises
    ------
    BadScenario
    """
    said = checked({key: value for key, value in read.items() if key not in _TABLES}, _TOP, "", extra=_TABLES)
    microphone = checked(read.get("microphone", {}), _MICROPHONE, "microphone.")
    words = checked(read.get("words", {}), _WORDS, "words.")
    sensors = [_sensor(one, f"sensor[{k}]") for k, one in enumerate(tables(read, "sensor", _SENSOR, ("url",)))]
    states = tables(read, "state", _STATE, ("at",))
    troubles = [_trouble(one, f"trouble[{k}]") for k, one in enumerate(tables(read, "trouble", _TROUBLE, _NEEDED))]
    return Rehearsal(
        **said,
        drift_ppm=microphone.get("drift", 0.0),
        delay_s=words.get("delay", 0.6),
        sensors=tuple(sensors),
        states=tuple((Moment(**{"arousal": NEUTRAL, **_without_every(one)}), one.get("every")) for one in states),
        repeated=tuple(troubles),
    )


_NEEDED = ("on", "kind", "at")


def _without_every(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != "every"}


def _trouble(table: Mapping[str, Any], where: str) -> tuple[Trouble, float | None]:
    on, kind = table["on"], table["kind"]
    if kind not in TROUBLES[on]:
        raise BadScenario(f"{where}.kind = {kind!r} must be one of {', '.join(TROUBLES[on])}")
    return Trouble(**_without_every(table)), table.get("every")


def _sensor(table: Mapping[str, Any], where: str) -> Wearable:
    try:
        found = url.parse(f"serial:///dev/{where}?{table['url']}")
        catalog.driver(found.protocol, found.wanted, found.options)
    except (BadSensorUrl, UnknownProtocol, UnknownChannel, UnknownOption) as error:
        raise BadScenario(f"{where}.url: {error}") from None
    if found.protocol not in KINDS:
        raise BadScenario(f"{where}.url: {found.protocol} is not emulated; choose one of {', '.join(KINDS)}")
    return Wearable(found, checked(table.get("device", {}), KINDS[found.protocol].options, f"{where}.device."))
