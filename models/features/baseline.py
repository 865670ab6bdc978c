"""What is normal for this person and this sensor: mean and spread of each measure over the session so far.

Skin conductance differs tenfold between people and heart rates by half, so only the change from a person's own level
says something about arousal. The statistics grow window by window (Welford, Technometrics 4:419, 1962), see nothing
of the future, and are the same in training and at run time.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Statistics of the windows so far; immutable, `including` gives the next one."""

    count: Floats
    """[measures] windows in which each measure was there"""
    mean: Floats
    """[measures]"""
    squares: Floats
    """[measures] sum of squared deviations from the mean"""

    @classmethod
    def empty(cls, measures: int) -> Self:
        """Before the first window."""
        return cls(np.zeros(measures), np.zeros(measures), np.zeros(measures))

    def including(self, values: Floats) -> "Baseline":
        """Take one more window, [measures] with NaN for what is missing in it."""
        seen = np.isfinite(values)
        count = self.count + seen
        deviation = np.where(seen, values - self.mean, 0.0)
        mean = self.mean + deviation / np.maximum(count, 1)
        squares = self.squares + deviation * np.where(seen, values - mean, 0.0)
        return Baseline(count, mean, squares)

    def relative(self, values: Floats, usual: Floats, weight: float) -> Floats:
        """Deviations from the person's mean in units of their spread; NaN where a value or its history is missing.

        Parameters
        ----------
        values
            [measures], NaN where missing.
        usual
            [measures] spread expected within a person, known before the session.
        weight
            Windows for which `usual` counts beside the person's own spread, which a few overlapping windows understate.
        """
        variance = (self.squares + weight * usual**2) / (self.count + weight)
        return np.where(self.count > 0, (values - self.mean) / np.sqrt(variance), np.nan)
