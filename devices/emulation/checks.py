"""Values of a scenario, checked: each check returns the value as it is used, or says what is allowed."""

from collections.abc import Callable, Collection, Mapping
from math import isfinite

Check = Callable[[object], object]
"""Raises `ValueError` with what is allowed: `a number from 0 to 5`"""


def number(least: float, most: float) -> Callable[[object], float]:
    """Return a check for numbers of a range."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ValueError(f"a number from {least:g} to {most:g}")
        if not least <= value <= most:
            raise ValueError(f"a number from {least:g} to {most:g}")
        return float(value)

    return check


def whole(least: int, most: int) -> Callable[[object], int]:
    """Return a check for whole numbers of a range."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return value

    return check


def choice(allowed: Collection[str]) -> Callable[[object], str]:
    """Return a check for words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return value

    return check


def flag(value: object) -> bool:
    """Check for true or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def text(value: object) -> str:
    """Check for a text."""
    if not isinstance(value, str):
        raise ValueError("a text in quotes")
    return value


def listed(one: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    """Return a check for lists of what another check lets through."""

    def check(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError("a list in square brackets")
        return tuple(one(each) for each in value)

    return check


def named(one: Callable[[object], str], names: Collection[str] = ()) -> Callable[[object], Mapping[str, str]]:
    """Return a check for tables whose values another check lets through; without `names` any name will do."""

    def check(value: object) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise ValueError("a table: { NAME = VALUE, ... }")
        if wrong := [name for name in value if names and name not in names]:
            raise ValueError(f"a table of {', '.join(names)}, and not of {wrong[0]!r}")
        return {name: one(each) for name, each in value.items()}

    return check
