"""Inter-beat intervals with missing beats and artefacts."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from models.features.hrv import (
    DEVIATION,
    NEIGHBOURS,
    heart_rate,
    heart_rate_slope,
    intervals_between,
    intervals_of_ibi,
    plausible,
    rmssd,
    sdnn,
)


def test_a_missing_beat_interrupts_succession() -> None:
    """Where the time between two reports exceeds the interval, no difference is formed across it."""
    ibi = np.array([0.8, 0.8, 0.8, 0.9, 0.9])
    times = np.array([10.0, 10.8, 11.6, 14.0, 14.9])
    assert intervals_of_ibi(times, ibi).follows.tolist() == [False, True, True, False, True]


def test_e4_rounding_is_no_missing_beat() -> None:
    """Times and intervals in 1/64 s still succeed each other."""
    ibi = np.round(np.full(20, 0.79) * 64) / 64
    times = np.round((5 + np.cumsum(np.full(20, 0.79))) * 64) / 64
    assert intervals_of_ibi(times, ibi).follows[1:].all()


@pytest.mark.parametrize("odd", [0.1, 0.45, 1.3, 2.5])
def test_artefacts_are_dropped_and_nothing_follows_them(odd: float) -> None:
    seconds = np.full(15, 0.8)
    seconds[7] = odd
    kept = plausible(intervals_between([np.cumsum(np.concatenate([[0.0], seconds]))]))
    assert len(kept) == 14
    assert rmssd(kept) == pytest.approx(0.0, abs=1e-9)
    assert (~kept.follows).sum() == 2


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9, 40])
def test_the_neighbours_median_is_that_of_scipy(count: int) -> None:
    """However few intervals there are, they are mirrored at both ends."""
    seconds = np.random.default_rng(count).uniform(0.5, 1.1, count)
    median = median_filter(seconds, 2 * NEIGHBOURS + 1, mode="reflect")
    kept = plausible(intervals_of_ibi(np.cumsum(seconds), seconds))
    assert kept.seconds.tolist() == seconds[np.abs(seconds - median) <= DEVIATION * median].tolist()


def test_a_real_acceleration_is_kept() -> None:
    """From 60 to 120 beats a minute within 20 beats is no artefact."""
    beats = np.concatenate([[0.0], np.cumsum(np.linspace(1.0, 0.5, 20))])
    kept = plausible(intervals_between([beats]))
    assert len(kept) == 20
    assert heart_rate_slope(kept) == pytest.approx(60 * 60 / beats[-1], rel=0.15)


def test_too_few_beats_say_nothing() -> None:
    few = intervals_between([np.array([0.0, 0.8, 1.6])])
    assert np.isnan([heart_rate(few), rmssd(few), sdnn(few), heart_rate_slope(few)]).all()
    none = intervals_between([])
    assert np.isnan([heart_rate(none), rmssd(none), sdnn(none), heart_rate_slope(none)]).all()
    assert len(plausible(none)) == 0
