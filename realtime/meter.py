"""Levels of the recent past, for the eye: how loud it is, how the skin conducts."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

_QUIETEST_DBFS = -60.0


class Meter:
    """The last values of something, oldest first."""

    def __init__(self, size: int = 64) -> None:
        self._values: deque[float] = deque(maxlen=size)

    def add(self, value: float) -> None:
        """Append a value; the oldest falls out."""
        self._values.append(value)

    def recent(self) -> tuple[float, ...]:
        """The values as they are."""
        return tuple(self._values)

    def relative(self) -> tuple[float, ...]:
        """The values between the smallest (0) and the largest (1) of them."""
        values = self.recent()
        low, span = min(values, default=0.0), max(values, default=0.0) - min(values, default=0.0)
        return tuple((value - low) / span if span else 0.5 for value in values)


def loudness(samples: NDArray[np.float32]) -> float:
    """Level of samples between -60 dBFS (0) and full scale (1)."""
    power = float(np.mean(np.square(np.nan_to_num(samples), dtype=np.float64))) if len(samples) else 0.0
    dbfs = 10 * np.log10(power) if power > 0 else _QUIETEST_DBFS
    return float(np.clip(1 - dbfs / _QUIETEST_DBFS, 0, 1))
