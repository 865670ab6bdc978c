"""What a line says of its own place in time: the device's clock, and a count of lines."""

from collections.abc import Mapping
from math import isfinite

MICROSECOND_HZ = 1_000_000
_TURN = 1 << 32  # of millis() and micros()
_NEAR_S = 60  # within which a clock that has turned is heard of again
_COLUMNS = {"t": 1e3, "t_ms": 1e3, "ms": 1e3, "millis": 1e3, "t_s": 1e6, "t_us": 1.0, "us": 1.0, "micros": 1.0}
_UNITS = {"s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0}
_COUNTERS = (1 << 8, 1 << 16, 1 << 32)
_SHORT = 64  # lines that may be missing where a counter turns
FAR = 10_000.0
"""Lines; a step beyond is a wrong digit, not a hole"""


class DeviceTime:
    """The device's clock, in microseconds, over the turns of its 32 bits.

    Its column is called `t`, `t_ms`, `ms`, `millis`, `t_us`, `us`, `micros` or `t_s`; `t` counts milliseconds unless a
    comment says otherwise (`# t:us`).
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._turns = 0

    def names(self, column: str) -> bool:
        """Return whether a column is the device's clock."""
        return column.lower() in _COLUMNS

    def ticks(self, values: Mapping[str, float], units: Mapping[str, str]) -> int | None:
        """Return microseconds since the clock began; None for a line that does not say."""
        name = next((name for name in values if self.names(name)), None)
        if name is None or not isfinite(values[name]) or abs(values[name]) > 2 * _TURN:
            return None
        value, scale = values[name], _UNITS.get(units.get(name.lower(), ""), _COLUMNS[name.lower()])
        if self._last is not None and 0 < (value + _TURN - self._last) * scale < _NEAR_S * MICROSECOND_HZ:
            self._turns += 1
        self._last = value
        return round((value + self._turns * _TURN) * scale)


class Count:
    """The column `n`, which counts the lines, in 8, 16 or 32 bits or without end."""

    def __init__(self) -> None:
        self._last: float | None = None

    def step(self, number: float, most: float = FAR) -> int | None:
        """Return how many lines are missing before this one; -1 for the same line again, None when nobody knows.

        More than `most` cannot be missing: then the number has a wrong digit.
        """
        last, self._last = self._last, number
        if last is None or not (float(last).is_integer() and number.is_integer()):
            return None
        if number >= last:
            return int(number - last) - 1 if number - last <= most else None
        turned = (int(number - last) % turn for turn in _COUNTERS if last < turn)
        return next((step - 1 for step in turned if step <= _SHORT), None)
