"""Levels for the eye."""

import numpy as np
import pytest

from realtime.meter import Meter, loudness


def test_a_stretch_shows_its_highest_value():
    meter = Meter(0.2, size=3)
    for t, value in [(0.0, 0.1), (0.1, 0.4), (0.15, 0.2), (0.2, 0.3), (0.7, 0.5), (1.0, 0.6)]:
        meter.add(t, value)
    assert meter.recent() == (0.3, 0.5, 0.6)


def test_relative_levels_lie_between_the_lowest_and_the_highest():
    meter = Meter(1.0)
    for t, value in enumerate([2.0, 3.0, 4.0]):
        meter.add(t, value)
    assert meter.relative() == (0.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("samples", "level"),
    [([], 0), ([0.0] * 8, 0), ([1.0, -1.0], 1), ([0.001], 0), ([np.nan, 1], 0), ([0.031622776], 0.5)],
)
def test_loudness_goes_from_minus_60_dbfs_to_full_scale(samples, level):
    assert loudness(np.array(samples, np.float32)) == pytest.approx(level, abs=1e-6)
