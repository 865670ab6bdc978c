"""A device's clock that begins again at zero each time it has counted to its end."""


def unwrapped(ticks: int, modulus: int, expected: float) -> int:
    """Count of a clock, turns included, that is nearest to what is expected of it.

    Parameters
    ----------
    ticks
        As the device sent it, 0 to `modulus` - 1.
    modulus
        Ticks in one turn: 2 ** 24 for a Shimmer3, 2 ** 32 for milliseconds since the start of an Arduino.
    expected
        What the count should be by now, within half a turn: the last one, and the time since then by another clock.
    """
    return ticks + modulus * round((expected - ticks) / modulus)
