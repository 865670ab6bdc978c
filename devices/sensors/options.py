"""The options of a driver, as a URL gives them: text, checked when the driver is created."""

from collections.abc import Collection, Mapping, Sequence

from devices.sensors.driver import UnknownOption


def only(options: Mapping[str, str], known: Collection[str], title: str) -> None:
    """Check that a driver knows every option.

    Raises
    ------
    UnknownOption
        Which names the options there are.
    """
    for name in options:
        if name not in known:
            there = f"it takes {', '.join(known)}" if known else "it takes none"
            raise UnknownOption(f"{title} has no option {name!r}; {there}")


def choice(options: Mapping[str, str], name: str, known: Sequence[str]) -> str:
    """Return one of the values that an option may have, the first when it is not given.

    Raises
    ------
    UnknownOption
    """
    value = options.get(name, known[0])
    if value not in known:
        raise UnknownOption(f"{name}={value} is not possible; choose one of {', '.join(known)}")
    return value


def number(options: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    """Return the number that an option gives, or the default.

    Raises
    ------
    UnknownOption
        When it is none, or out of range.
    """
    text = options.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise UnknownOption(f"{name}={text} is not possible; give a number from {least:g} to {most:g}")
    return value
