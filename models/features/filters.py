"""Butterworth filters run forwards and backwards: no delay, no phase shift.

What `scipy.signal.sosfiltfilt` does, with design and initial conditions kept between calls; computing these anew takes
longer than filtering a window. As one fraction instead of second-order sections, since `lfilter` is twice to four times
as fast as `sosfilt` on a window; up to the fourth degree and for bands as wide as ours, this costs no precision.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import butter, lfilter, lfilter_zi

from models.features.holes import Floats

ORDER = 2
"""In each direction"""


@dataclass(frozen=True, slots=True, eq=False)
class ZeroPhase:
    """A filter for one sample rate."""

    numerator: Floats
    """[degree + 1]"""
    denominator: Floats
    """[degree + 1]"""
    settled: Floats
    """[degree] state after an endless input of 1"""

    def __call__(self, signal: Floats, padding: int) -> Floats:
        """Filter [n]; both ends are first continued by `padding` samples, turned about the end point."""
        padding = min(padding, len(signal) - 1)
        before = 2 * signal[0] - signal[padding:0:-1]
        after = 2 * signal[-1] - signal[-2 : -padding - 2 : -1]
        forwards = self._run(np.concatenate([before, signal, after]))
        return self._run(forwards[::-1])[::-1][padding : padding + len(signal)]

    def _run(self, signal: Floats) -> Floats:
        """Start as if the first value had always been there."""
        filtered: Floats = lfilter(self.numerator, self.denominator, signal, zi=self.settled * signal[0])[0]
        return filtered


@lru_cache(maxsize=32)
def low_pass(rate: float, hertz: float) -> ZeroPhase:
    """What lies below a frequency."""
    return _zero_phase(*butter(ORDER, hertz, "lowpass", fs=rate))


@lru_cache(maxsize=32)
def band_pass(rate: float, low_hz: float, high_hz: float) -> ZeroPhase:
    """What lies between two frequencies."""
    return _zero_phase(*butter(ORDER, (low_hz, high_hz), "bandpass", fs=rate))


def _zero_phase(numerator: Floats, denominator: Floats) -> ZeroPhase:
    return ZeroPhase(numerator, denominator, lfilter_zi(numerator, denominator))
