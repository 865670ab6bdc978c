"""Arrivals of a device without any clock."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.link.smoothing import LOST_S, AsItComes, SmoothedArrival


def test_jitter_is_smoothed():
    """Lines at 20 Hz with 10 ms jitter come out with half of it, at their pace."""
    rng = np.random.default_rng(0)
    truth = np.arange(600) / 20.4
    arrived = np.maximum.accumulate(truth + rng.uniform(0, 0.01, 600))
    smooth = SmoothedArrival(20.0)
    times = np.array([smooth.push(n, at) for n, at in enumerate(arrived.tolist())])
    assert (times - truth)[300:].std() < 0.5 * (arrived - truth).std()
    assert smooth.drift_ppm == pytest.approx(20000, abs=4000)
    assert np.all(np.diff(times) >= 0)


def test_a_change_of_pace_is_followed():
    """A sketch that prints more digits gets slower; time stays with it."""
    steps = np.where(np.arange(2000) < 1000, 1 / 192, 1 / 160)
    arrived = np.cumsum(steps)
    smooth = SmoothedArrival(192.0)
    times = np.array([smooth.push(n, at) for n, at in enumerate(arrived.tolist())])
    assert np.abs(times - arrived).max() < 0.1
    assert np.abs(times - arrived)[-200:].max() < 0.05


def test_a_pause_begins_a_new_stretch():
    """After 3 s without a line, time goes on from the next one."""
    smooth = SmoothedArrival(10.0)
    for n in range(50):
        smooth.push(n, n / 10)
    assert smooth.push(50, 8.0) == 8.0
    assert smooth.segments == 2
    smooth.restart()
    assert smooth.push(0, 9.0) == 9.0


@given(st.lists(st.tuples(st.integers(-3, 20), st.floats(0, 1)), min_size=1, max_size=60))
def test_time_never_goes_back_nor_far_away(steps):
    """Whatever comes."""
    smooth, index, now, last = SmoothedArrival(50.0), 0, 0.0, 0.0
    for step, wait in steps:
        index, now = index + step, now + wait
        time = smooth.push(index, now)
        assert last <= time <= now + LOST_S
        last = time


def test_beats_come_when_they_come():
    """An irregular stream has no pace to be smoothed."""
    clock = AsItComes()
    assert [clock.push(k, at) for k, at in enumerate([0.5, 1.3])] == [0.5, 1.3]
