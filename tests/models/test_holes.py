"""Stretches, means and spreads of samples some of which are missing, beside NumPy's."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.holes import Floats, finite_runs, mean, mend_single, spread

SAMPLES = st.lists(st.floats(-100, 100) | st.just(np.nan), min_size=1, max_size=30).map(np.array)


@given(values=SAMPLES, shortest=st.integers(1, 5))
def test_runs_hold_each_present_sample_once_and_no_missing_one(values: Floats, shortest: int) -> None:
    """Only the long ones are left where a shortest length is asked for."""
    runs = finite_runs(values)
    inside = [place for run in runs for place in range(run.start, run.stop)]
    assert inside == np.flatnonzero(np.isfinite(values)).tolist()
    assert all(a.stop < b.start for a, b in pairwise(runs))
    assert finite_runs(values, shortest) == [run for run in runs if run.stop - run.start >= shortest]


@given(values=SAMPLES.filter(lambda values: bool(np.isfinite(values).any())))
def test_mean_is_that_of_the_samples_that_are_there(values: Floats) -> None:
    assert mean(values) == np.nanmean(values)


@pytest.mark.parametrize("known", [0, 1])
def test_spread_is_the_standard_deviation(known: int) -> None:
    values = np.random.default_rng(0).normal(5.0, 0.1, 120)
    assert spread(values, known) == pytest.approx(values.std(ddof=known), rel=1e-12)


def test_mending_changes_nothing_that_is_whole_and_nothing_in_place() -> None:
    holed = np.array([1.0, np.nan, 3.0, np.nan, np.nan, 4.0])
    before = holed.copy()
    np.testing.assert_array_equal(mend_single(holed), [1.0, 2.0, 3.0, np.nan, np.nan, 4.0])
    np.testing.assert_array_equal(holed, before)
    np.testing.assert_array_equal(mend_single(before[:1]), [1.0])
