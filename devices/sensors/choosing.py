"""Which channel and which formula somebody means, checked against those that a device has."""

from collections.abc import Mapping, Sequence

from devices.sensors.driver import UnknownChannel, Wanted


def channel(title: str, wanted: Wanted, known: Mapping[str, Sequence[str]]) -> str:
    """Return the channel meant, of those of its stream; the first is the usual one.

    Raises
    ------
    UnknownChannel
        When the device gives no such stream, or has no such channel for it.
    """
    if wanted.stream not in known:
        raise UnknownChannel(f"{title} gives no {wanted.stream}; it gives {', '.join(known)}")
    names = known[wanted.stream]
    found = [name for name in names if name.lower() == (wanted.channel or names[0]).lower()]
    if not found:
        there = ", ".join(names)
        raise UnknownChannel(f"{title} has no channel {wanted.channel!r} for {wanted.stream}; there are {there}")
    return found[0]


def formula(title: str, wanted: Wanted, known: Sequence[str], usual: str | None = None) -> str:
    """Return the formula meant; without a usual one it has to be named.

    Raises
    ------
    UnknownChannel
    """
    name = wanted.formula or usual
    if name is not None and name in known:
        return name
    there = ", ".join(known) or "none to choose"
    if name is None:
        what = f"{wanted.stream}:{wanted.channel}/{known[0]}"
        raise UnknownChannel(
            f"{title} does not say what its numbers mean; name a formula, as {what}; there are {there}"
        )
    raise UnknownChannel(f"{title} has no formula {name!r} for {wanted.stream}; there are {there}")
