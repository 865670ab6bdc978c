"""A scenario: who wears the device, how that person feels over time, and what goes wrong when.

title = "A calm minute, then a fright"
seconds = 120
seed = 7

[person]                 # at rest; each may be left out
tonic = 2.0              # microsiemens
temperature = 32.5       # degrees Celsius
heart_rate = 70          # beats a minute

[[state]]                # from this second on
at = 60
arousal = 4.6            # 1 calm .. 5 excited
contact = true           # false: electrodes off

[device]                 # options of the protocol
plugged = { A3 = "eda" }

[[fault]]                # one of devices.emulation.faults.KINDS
at = 30
kind = "drop"
amount = 3
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devices.demo.body import Person
from devices.emulation import checks
from devices.emulation.catalog import KINDS
from devices.emulation.checks import Check
from devices.emulation.faults import KINDS as FAULTS
from devices.emulation.faults import Fault
from devices.emulation.waveforms import AT_REST, NEUTRAL, Body, Moment

SHIPPED = Path(__file__).parent / "scenarios"
"""Folder of the scenarios that come with the program"""
_LONG_S = 7 * 86_400.0


class BadScenario(ValueError):
    """A scenario cannot be used; the message names the key and what is allowed."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One rehearsal."""

    title: str = ""
    protocol: str | None = None
    """None suits any"""
    seconds: float | None = None
    """Until it ends; None goes on"""
    seed: int = 0
    person: Person = AT_REST
    moments: tuple[Moment, ...] = ()
    faults: tuple[Fault, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the device"""

    def seeded(self, seed: int) -> "Scenario":
        """Return the same with another seed."""
        return replace(self, seed=seed)

    def body(self) -> Body:
        """Return the person who wears the device."""
        return Body(self.person, self.moments, self.seed)


_TOP: Mapping[str, Check] = {
    "title": checks.text,
    "protocol": checks.choice(tuple(KINDS)),
    "seconds": checks.number(0.1, _LONG_S),
    "seed": checks.whole(0, 2**31 - 1),
}
_PERSON: Mapping[str, Check] = {
    "tonic": checks.number(0.1, 25.0),
    "temperature": checks.number(15.0, 45.0),
    "heart_rate": checks.number(30.0, 200.0),
}
_STATE: Mapping[str, Check] = {
    "at": checks.number(0.0, _LONG_S),
    "arousal": checks.number(1.0, 5.0),
    "contact": checks.flag,
}
_FAULT: Mapping[str, Check] = {
    "at": checks.number(0.0, _LONG_S),
    "kind": checks.choice(tuple(FAULTS)),
    "amount": checks.number(-1e6, 4e6),
}
_TABLES = ("person", "state", "device", "fault")


def load(path: Path, protocol: str) -> Scenario:
    """Read a scenario file for a protocol; a bare name such as `calm` is one of those that come with the program.

    Raises
    ------
    BadScenario
        When it cannot be read, or says something that is not allowed.
    """
    file = path
    if not path.exists() and path.parent == Path():
        file = SHIPPED / f"{path.stem}.toml"
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadScenario(f"scenario {path} is not there; give a TOML file, or one of {', '.join(shipped())}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadScenario(f"scenario {path} cannot be read: {error}") from None
    try:
        return parse(read, protocol)
    except BadScenario as error:
        raise BadScenario(f"scenario {path}: {error}") from None


def shipped() -> list[str]:
    """Return the names of the scenarios that come with the program."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))


def parse(read: Mapping[str, Any], protocol: str) -> Scenario:
    """Make a scenario of what a TOML file says.

    Raises
    ------
    BadScenario
    """
    top = {key: value for key, value in read.items() if key not in _TABLES}
    said = checked(top, _TOP, "", extra=_TABLES)
    if said.get("protocol", protocol) != protocol:
        raise BadScenario(f"it is for protocol {said['protocol']}, not for {protocol}")
    person = checked(read.get("person", {}), _PERSON, "person.")
    moments = [Moment(**{"arousal": NEUTRAL, **one}) for one in tables(read, "state", _STATE, ("at",))]
    faults = [Fault(**one) for one in tables(read, "fault", _FAULT, ("at", "kind"))]
    return Scenario(
        **said,
        person=replace(AT_REST, **person),
        moments=tuple(sorted(moments, key=_time)),
        faults=tuple(sorted(faults, key=_time)),
        options=checked(read.get("device", {}), KINDS[protocol].options, "device."),
    )


def _time(one: Moment | Fault) -> float:
    return one.at


def tables(
    read: Mapping[str, Any], key: str, allowed: Mapping[str, Check], needed: Sequence[str]
) -> Sequence[dict[str, Any]]:
    """Check a list of tables, each of which must have the keys `needed`.

    Raises
    ------
    BadScenario
    """
    found = read.get(key, [])
    if not isinstance(found, list):
        raise BadScenario(f"{key} must be a list of tables: write [[{key}]] before each")
    return [_whole(checked(table, allowed, f"{key}[{k}]."), needed, f"{key}[{k}]") for k, table in enumerate(found)]


def _whole(table: dict[str, Any], needed: Sequence[str], where: str) -> dict[str, Any]:
    if missing := [key for key in needed if key not in table]:
        raise BadScenario(f"{where} does not say {missing[0]!r}")
    return table


def checked(
    table: object, allowed: Mapping[str, Callable[[object], object]], where: str, extra: Sequence[str] = ()
) -> dict[str, Any]:
    """Check the keys and values of one table; `extra` are keys that were looked at elsewhere.

    Raises
    ------
    BadScenario
    """
    if not isinstance(table, Mapping):
        raise BadScenario(f"{where.rstrip('.')} must be a table")
    out: dict[str, Any] = {}
    for key, value in table.items():
        if key not in allowed:
            known = ", ".join([*allowed, *extra]) or "nothing"
            raise BadScenario(f"{where}{key} is not known; allowed are: {known}")
        try:
            out[key] = allowed[key](value)
        except ValueError as error:
            raise BadScenario(f"{where}{key} = {value!r} must be {error}") from None
    return out
