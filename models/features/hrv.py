"""Heart rate and its variability from the intervals between beats, wherever these come from.

An ECG's RR intervals and a wristband's inter-beat intervals (IBI) end in the same `Intervals`, so a model that learned
from one can be used with the other. Definitions after Task Force of ESC and NASPE, Circulation 93:1043 (1996).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.features.holes import Floats, slope, spread

SHORTEST, LONGEST = 0.3, 2.0
"""Seconds; 200 and 30 beats a minute, outside of which an interval is a missed or invented beat"""
DEVIATION = 0.25
"""Of the median of the intervals around it; what differs more is an artefact or an extrasystole"""
NEIGHBOURS = 4
"""Intervals on each side that take part in that median"""
MISSING = 0.02
"""Seconds between two IBI beyond which a beat is missing; the E4 rounds to 1/64 s"""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Times between heart beats, in order."""

    ends: Floats
    """Of the beat that closes each interval, seconds of session time"""
    seconds: Floats
    """Length of each interval"""
    follows: NDArray[np.bool_]
    """True where the interval starts at the beat that ended the one before"""

    def __len__(self) -> int:
        return len(self.seconds)


def intervals_between(beats: list[Floats]) -> Intervals:
    """Intervals within each stretch of consecutive beats; never from one stretch to the next.

    Parameters
    ----------
    beats
        Times of beats in seconds, one array for each stretch of signal without a hole.
    """
    seconds = [np.diff(times) for times in beats]
    follows = [np.arange(len(stretch)) > 0 for stretch in seconds]
    none = np.empty(0)
    return Intervals(
        np.concatenate([none, *(times[1:] for times in beats)]),
        np.concatenate([none, *seconds]),
        np.concatenate([none, *follows]).astype(bool),
    )


def intervals_of_ibi(times: Floats, ibi: Floats) -> Intervals:
    """Inter-beat intervals as a wristband reports them; where beats are missing in between, nothing follows.

    Parameters
    ----------
    times, ibi
        Seconds: when each interval ended, and how long it was.
    """
    gaps = np.diff(times, prepend=-np.inf) - ibi
    return Intervals(times, ibi, np.abs(gaps) <= MISSING)


def plausible(intervals: Intervals) -> Intervals:
    """Drop artefacts: intervals no heart makes, and those far from the median of their neighbours."""
    inside = _select(intervals, (intervals.seconds >= SHORTEST) & (intervals.seconds <= LONGEST))
    if not len(inside):
        return inside
    median = np.sort(inside.seconds[_neighbourhoods(len(inside))], axis=1)[:, NEIGHBOURS]
    return _select(inside, np.abs(inside.seconds - median) <= DEVIATION * median)


def heart_rate(intervals: Intervals) -> float:
    """Beats a minute over at least 3 intervals, else NaN."""
    return 60 / float(intervals.seconds.mean()) if len(intervals) >= 3 else np.nan


def sdnn(intervals: Intervals) -> float:
    """Spread (standard deviation) of at least 5 intervals in milliseconds, else NaN."""
    return 1000 * spread(intervals.seconds, known=1) if len(intervals) >= 5 else np.nan


def rmssd(intervals: Intervals) -> float:
    """Root mean square of at least 4 successive differences in milliseconds, else NaN."""
    differences = np.diff(intervals.seconds)[intervals.follows[1:]]
    return 1000 * float(np.sqrt(differences @ differences / len(differences))) if len(differences) >= 4 else np.nan


def heart_rate_slope(intervals: Intervals) -> float:
    """Trend of the heart rate in beats a minute per minute; NaN with fewer than 8 intervals or under 10 s of them."""
    if len(intervals) < 8 or intervals.ends[-1] - intervals.ends[0] < 10:
        return np.nan
    return 60 * slope(intervals.ends, 60 / intervals.seconds)


@lru_cache(maxsize=256)
def _neighbourhoods(n: int) -> NDArray[np.intp]:
    """Indices of each of n intervals and its neighbours, mirrored at both ends, [n, 2 * NEIGHBOURS + 1]."""
    mirrored = np.pad(np.arange(n), NEIGHBOURS, mode="symmetric")
    return sliding_window_view(mirrored, 2 * NEIGHBOURS + 1)


def _select(intervals: Intervals, keep: NDArray[np.bool_]) -> Intervals:
    """Those marked; an interval whose predecessor was dropped follows nothing."""
    follows = intervals.follows & np.concatenate([[False], keep[:-1]])
    return Intervals(intervals.ends[keep], intervals.seconds[keep], follows[keep])
