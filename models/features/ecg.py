"""R peaks of an ECG.

Two moving averages of the energy in the QRS band, one as long as a QRS complex and one as long as a beat, mark where
a complex may be: Elgendi, Jonkman and De Boer, "Frequency bands effects on QRS detection" (BIOSIGNALS 2010). The
method has no threshold in millivolts, so it needs no calibration of the amplifier.

Filters run forwards and backwards over the samples they are given and thus delay nothing. They see only what was
recorded before the end of the window, so the result is causal at the window's end.
"""

from statistics import median

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from models.features.filters import band_pass
from models.features.holes import Floats, finite_runs, mend_single, stretches
from models.features.hrv import Intervals, intervals_between

BAND = (8.0, 20.0)
"""Hertz, where a QRS complex has most of its energy and the T wave little"""
COMPLEX_S, BEAT_S = 0.1, 0.6
"""Seconds averaged for a complex and for a beat"""
OFFSET = 0.08
"""Of the mean energy, added to the beat's average, so that noise between beats stays below it"""
FAINTEST = 0.06
"""Of the median complex's energy; what is weaker is a T wave or noise"""
REFRACTORY_S = 0.25
"""Seconds after a beat in which the heart cannot beat again"""
SLOWEST = 80.0
"""Hertz; a slower recording does not show a QRS complex"""
WORKING_RATE = 125.0
"""Hertz to which faster recordings are averaged while complexes are searched; R peaks are placed at the full rate"""
SHORTEST_RUN_S = 2.0
"""Seconds without a hole that are searched for beats at all"""


def r_peaks(ecg: Floats, rate: float) -> NDArray[np.intp]:
    """Find the R peaks in an ECG without holes; their indices.

    Parameters
    ----------
    ecg
        [n], any unit, either polarity.
    rate
        Hertz; below `SLOWEST` no peak is found.
    """
    step = max(int(rate / WORKING_RATE), 1)
    peaks, sign = _complexes(_averaged(ecg, step), rate / step)
    reach = round(COMPLEX_S / 2 * rate)
    return _highest(ecg, sign, peaks * step + step // 2, reach)


def _complexes(ecg: Floats, rate: float) -> tuple[NDArray[np.intp], float]:
    """Middle of each QRS complex, and 1 where most of them point upwards, else -1."""
    if len(ecg) < SHORTEST_RUN_S * rate or rate < SLOWEST:
        return np.empty(0, np.intp), 1.0
    qrs = band_pass(rate, *BAND)(ecg, padding=round(COMPLEX_S * rate))
    energy = qrs * qrs
    near = uniform_filter1d(energy, _odd(COMPLEX_S * rate), mode="nearest")
    around = uniform_filter1d(energy, _odd(BEAT_S * rate), mode="nearest")
    above = near > around + OFFSET * energy.sum() / len(energy)
    wide = [(a, b) for a, b in stretches(above).tolist() if b - a >= COMPLEX_S / 2 * rate]
    peaks = np.array([a + energy[a:b].argmax() for a, b in wide], np.intp)
    if not len(peaks):
        return peaks, 1.0
    peaks = peaks[near[peaks] >= FAINTEST * median(near[peaks].tolist())]
    peaks = _apart(peaks, near[peaks], REFRACTORY_S * rate)
    return peaks, 1.0 if median(qrs[peaks].tolist()) >= 0 else -1.0


def rr_intervals(ecg: Floats, rate: float, start: float) -> Intervals:
    """RR intervals of an ECG, never across a hole.

    Parameters
    ----------
    ecg
        [n], NaN where samples are missing.
    rate, start
        Hertz; session time of the first sample in seconds.
    """
    mended = mend_single(ecg)
    runs = finite_runs(mended, shortest=round(SHORTEST_RUN_S * rate))
    return intervals_between([start + (run.start + r_peaks(mended[run], rate)) / rate for run in runs])


def _averaged(ecg: Floats, step: int) -> Floats:
    """Means of every `step` samples; summed in columns, since NumPy is slow on an axis of a few."""
    whole = len(ecg) // step * step
    total: Floats = sum((ecg[first:whole:step] for first in range(1, step)), start=ecg[:whole:step])
    return total / step


def _odd(samples: float) -> int:
    """Window length with a middle, so that averaging shifts nothing."""
    return 2 * int(samples / 2) + 1


def _apart(peaks: NDArray[np.intp], strength: Floats, distance: float) -> NDArray[np.intp]:
    """Of peaks closer than `distance` samples keep the stronger."""
    kept: list[int] = []
    at, strong = peaks.tolist(), strength.tolist()
    for i in range(len(at)):
        if kept and at[i] - at[kept[-1]] < distance:
            if strong[i] > strong[kept[-1]]:
                kept[-1] = i
        else:
            kept.append(i)
    return peaks[kept]


def _highest(signal: Floats, sign: float, at: NDArray[np.intp], reach: int) -> NDArray[np.intp]:
    """Where the signal, times `sign`, is highest within `reach` samples of each place."""
    around = np.clip(at[:, None] + np.arange(-reach, reach + 1), 0, len(signal) - 1)
    highest: NDArray[np.intp] = around[np.arange(len(at)), (sign * signal[around]).argmax(axis=1)]
    return highest
