"""Levels of the recent past, for the eye: how loud it is, how the skin conducts."""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

_QUIETEST_DBFS = -60.0


class Meter:
    """The highest value of each stretch of the recent past, oldest first.

    Parameters
    ----------
    step_s
        Seconds of session time in a stretch.
    """

    def __init__(self, step_s: float, size: int = 64) -> None:
        self._step_s = step_s
        self._values: deque[float] = deque(maxlen=size)
        self._step = -1

    def add(self, t: float, value: float) -> None:
        """Take a value at session time `t`, which must not decrease."""
        step = int(t / self._step_s)
        if step != self._step:
            self._step = step
            self._values.append(value)
        else:
            self._values[-1] = max(self._values[-1], value)

    def recent(self) -> tuple[float, ...]:
        """The values as they are."""
        return tuple(self._values)

    def relative(self) -> tuple[float, ...]:
        """The values between the smallest (0) and the largest (1) of them."""
        values = self.recent()
        low, span = min(values, default=0.0), max(values, default=0.0) - min(values, default=0.0)
        return tuple((value - low) / span if span else 0.5 for value in values)


def loudness(samples: NDArray[np.float32]) -> float:
    """Level of samples between -60 dBFS (0) and full scale (1); 0 when they are no numbers."""
    power = float(samples @ samples) / len(samples) if len(samples) else 0.0
    if not 0 < power < math.inf:
        return 0.0
    return min(max(1 - 10 * math.log10(power) / _QUIETEST_DBFS, 0.0), 1.0)
