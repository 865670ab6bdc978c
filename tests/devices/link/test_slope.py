"""The steepness of a line above which arrivals lie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.link.slope import Slope, likeliest, straight_slope, supporting_slope


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_the_line_is_the_best_of_all_below(lateness):
    """Among the lines through two points and below all, the supporting one has the least mean distance."""
    points = [(float(n), late) for n, late in enumerate(lateness)]
    slope = supporting_slope(points).value

    def distance(slope):
        residuals = np.array([time - slope * index for index, time in points])
        return (residuals - residuals.min()).mean()

    others = [(b[1] - a[1]) / (b[0] - a[0]) for k, a in enumerate(points) for b in points[k + 1 :]]
    assert distance(slope) <= min(map(distance, others)) + 1e-9


@pytest.mark.parametrize("way", [supporting_slope, straight_slope])
def test_points_on_a_line_have_its_slope(way):
    """To rounding, however late the session and however high the count."""
    found = way([(1e9 + 32_768.0 * n, 7000.0 + n * (1 + 50e-6)) for n in range(60)])
    assert found.value * 32_768 == pytest.approx(1 + 50e-6, abs=1e-9)
    assert found.variance >= 0


@pytest.mark.parametrize("way", [supporting_slope, straight_slope])
def test_points_far_off_the_line_tell_nothing(way):
    """A second in which nothing came in time leaves the slope as it is."""
    rng = np.random.default_rng(3)
    points = [(float(n), n * (1 + 50e-6) + rng.uniform(0, 1e-3) + 0.3 * (n % 20 == 7)) for n in range(60)]
    assert way(points).value == pytest.approx(1 + 50e-6, abs=15e-6)


@pytest.mark.parametrize("noise", ["uniform", "exponential", "rayleigh"])
def test_errors_are_as_large_as_they_are_said_to_be(noise):
    """Over many lines, the mean square error is within a factor of three of the variance that is given."""
    rng = np.random.default_rng(4)
    for way in (supporting_slope, straight_slope):
        errors, said = [], []
        for _ in range(200):
            late = getattr(rng, noise)(size=60)
            found = way([(float(n), each) for n, each in enumerate(late)])
            errors.append(found.value**2)
            said.append(found.variance)
        assert np.mean(errors) < 3 * np.mean(said)


def test_too_few_points_have_no_slope():
    """One has none by any way, three have none by least squares."""
    assert supporting_slope([(1.0, 1.0)]) is None
    assert supporting_slope([]) is None
    assert straight_slope([(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]) is None


def test_who_is_sure_has_the_say():
    """Each way counts by its variance."""
    assert likeliest([Slope(1.0, 1.0), Slope(2.0, 1.0)]) == 1.5
    assert likeliest([Slope(1.0, 1e-9), Slope(2.0, 1.0)]) == pytest.approx(1.0)
