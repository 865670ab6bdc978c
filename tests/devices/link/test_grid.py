"""Blocks on an even grid."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.link.grid import STEADY_S, Grid


def test_small_movements_of_the_fit_do_not_show():
    """Blocks follow each other exactly while the fit stays within half a sample."""
    grid = Grid(100)
    wobble = [0.0, 0.001, -0.002, 0.003, -0.001]
    times = [grid.lay(10 * n, 10, 5 + 0.1 * n + off) for n, off in enumerate(wobble)]
    assert np.allclose(times, 5 + 0.1 * np.arange(5), rtol=0, atol=1e-12)


def test_drift_is_followed_in_steps_of_half_a_sample():
    """A clock that is 1000 ppm slow moves the grid now and then, and never lets it be wrong by more."""
    grid = Grid(1000)
    fits = 0.1 * np.arange(600) * 1.001
    times = np.array([grid.lay(100 * n, 100, fit) for n, fit in enumerate(fits)])
    assert np.abs(times - fits).max() <= 0.5e-3
    assert np.count_nonzero(np.abs(np.diff(times) - 0.1) > 1e-9) < 130


def test_lost_samples_leave_their_places_empty():
    """The index decides how far apart blocks lie."""
    grid = Grid(4)
    assert grid.lay(0, 4, 1.0) == 1.0
    assert grid.lay(40, 4, 11.0) == 11.0


@given(
    st.floats(1, 2000), st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50), st.floats(-0.2, 0.2)), min_size=1)
)
def test_blocks_hardly_overlap_and_stay_near_the_fit(rate, blocks):
    """No block begins more than half a sample before the end of the one before; those that may be are near the fit."""
    grid, index, end = Grid(rate), 0, -np.inf
    for count, lost, off in blocks:
        fitted = index / rate + off
        time = grid.lay(index, count, fitted)
        assert time >= end - 0.5 / rate - 1e-9
        assert time >= fitted - min(STEADY_S, 0.5 / rate) - 1e-9
        end = time + count / rate
        index += count + lost
