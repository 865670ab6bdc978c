"""Electrodermal activity: tonic level, phasic component and skin-conductance responses (SCR).

Terms and the trough-to-peak amplitude after Boucsein, "Electrodermal Activity" (2012). The phasic component is what
passes a high-pass of 0.05 Hz, as in NeuroKit2's default.

Filters run forwards and backwards over the samples they are given and thus delay nothing. They see only what was
recorded before the end of the window, so the result is causal at the window's end.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from models.features.filters import low_pass
from models.features.holes import Floats, finite_runs, mend_single

WORKING_RATE = 4.0
"""Hertz to which faster recordings are averaged: a response takes seconds, and the Empatica E4 delivers 4 Hz"""
SLOWEST = 3.0
"""Hertz; slower recordings cannot be smoothed at `SMOOTH_HZ` and give a level only"""
TONIC_HZ = 0.05
"""Below it tonic, above it phasic"""
SMOOTH_HZ = 1.0
"""Above it noise and movement"""
SMALLEST_SCR = 0.01
"""Microsiemens from trough to peak: the usual criterion"""
LONGEST_RISE_S = 5.0
"""From trough to peak; one to three seconds are usual"""
SHORTEST_RUN_S = 5.0
"""Seconds without a hole that are searched for responses at all"""


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """Skin-conductance responses, in order."""

    onsets: Floats
    """Seconds since the signal's first sample"""
    peaks: Floats
    """Seconds since the signal's first sample"""
    amplitudes: Floats
    """Microsiemens from trough to peak"""

    def __len__(self) -> int:
        return len(self.peaks)


def decompose(eda: Floats, rate: float) -> tuple[Floats, Floats]:
    """Tonic and phasic component of a recording without holes, which add up to it without its noise.

    Parameters
    ----------
    eda
        [n] microsiemens.
    rate
        Hertz, 4 or more.
    """
    smooth = _low_pass(eda, rate, SMOOTH_HZ)
    tonic = _low_pass(eda, rate, TONIC_HZ)
    return tonic, smooth - tonic


def responses(phasic: Floats, rate: float) -> Responses:
    """Responses of at least `SMALLEST_SCR` in a phasic component [n] whose trough and peak both lie within it."""
    peaks, _ = find_peaks(phasic, prominence=SMALLEST_SCR)
    longest = round(LONGEST_RISE_S * rate)
    earliest = [max(a, b - longest) for a, b in pairwise([0, *peaks.tolist()])]
    onsets = np.array([a + phasic[a:b].argmin() for a, b in zip(earliest, peaks, strict=True)], np.intp)
    amplitudes = phasic[peaks] - phasic[onsets]
    whole = (onsets > 0) & (amplitudes >= SMALLEST_SCR)
    return Responses(onsets[whole] / rate, peaks[whole] / rate, amplitudes[whole])


def working_rate(eda: Floats, rate: float) -> tuple[Floats, float]:
    """Average a fast recording down to about 4 Hz; NaN where samples are missing stay NaN."""
    step = max(int(rate / WORKING_RATE), 1)
    if step == 1:
        return eda, rate
    whole = len(eda) // step * step
    return eda[:whole].reshape(-1, step).mean(axis=1), rate / step


def unbroken(eda: Floats, rate: float) -> list[NDArray[np.float64]]:
    """Stretches without a hole, long enough to look for responses; none of a recording too slow to show any."""
    if rate < SLOWEST:
        return []
    mended = mend_single(eda)
    return [mended[run] for run in finite_runs(mended, shortest=round(SHORTEST_RUN_S * rate))]


def _low_pass(eda: Floats, rate: float, hertz: float) -> Floats:
    # The padding reaches as far as the filter remembers.
    return low_pass(rate, hertz)(eda, padding=int(rate / hertz))
