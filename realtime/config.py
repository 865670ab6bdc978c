"""Options from a TOML file and from `--set a.b=c`, over frozen dataclasses that hold every default exactly once."""

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar, get_type_hints

T = TypeVar("T")


class ConfigError(ValueError):
    """A key or value that the options do not have; names the key, the value and what is allowed."""


def read_options(options: T, file: Path | None = None, settings: Iterable[str] = ()) -> T:
    """Options with the values of a TOML file, then of `a.b=c` settings, put over them.

    Raises
    ------
    ConfigError
        Unreadable file, unknown key, or a value of the wrong type.
    """
    if file is not None:
        options = _merge(options, _read_toml(file), origin=str(file))
    for setting in settings:
        options = _merge(options, _parse_setting(setting), origin=f"--set {setting}")
    return options


def _read_toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"--config {file}: cannot be read ({error.strerror}); name a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config {file}: not valid TOML: {error}") from error


def _parse_setting(setting: str) -> dict[str, object]:
    path, equals, text = setting.partition("=")
    if not equals or not all(path.split(".")):
        raise ConfigError(f"--set {setting}: expected KEY=VALUE, such as --set label.dwell_s=1.5")
    try:
        value: object = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    for key in reversed(path.split(".")):
        value = {key: value}
    assert isinstance(value, dict)  # noqa: S101 - narrows for mypy: the path has at least one key
    return value


def _merge(options: T, values: Mapping[str, object], origin: str, path: str = "") -> T:
    hints = get_type_hints(type(options))
    changes: dict[str, object] = {}
    for key, value in values.items():
        name = f"{path}{key}"
        if key not in hints:
            raise ConfigError(f"{origin}: unknown key {name}; allowed are {', '.join(path + one for one in hints)}")
        current = getattr(options, key)
        if dataclasses.is_dataclass(current):
            if not isinstance(value, dict):
                raise ConfigError(f"{origin}: {name} is a group; set one of {', '.join(get_type_hints(type(current)))}")
            changes[key] = _merge(current, value, origin, f"{name}.")
        else:
            changes[key] = _checked(name, value, hints[key], origin)
    try:
        return dataclasses.replace(options, **changes)  # type: ignore[type-var]  # T is always one of our dataclasses
    except ValueError as error:  # raised by the options' own __post_init__
        raise ConfigError(f"{origin}: {error}") from error


def _checked(name: str, value: object, expected: object, origin: str) -> object:
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(expected, type) or type(value) is not expected:
        kind = getattr(expected, "__name__", str(expected))
        raise ConfigError(f"{origin}: {name} = {value!r} is not allowed; expected a {kind}")
    return value
