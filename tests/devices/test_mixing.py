"""Pieces of sound on one time line."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.mixing import placed

piece = st.tuples(st.integers(0, 60_000), st.integers(1, 40_000), st.floats(-1, 1, width=32))


@given(pieces=st.lists(piece, max_size=5))
def test_every_piece_is_heard_at_its_place_and_overlaps_are_added(pieces):
    length = 70_000
    expected = np.zeros(length + 40_000, np.float64)
    sounds = [(start, np.full(n, level / 5, np.float32)) for start, n, level in sorted(pieces)]
    for start, samples in sounds:
        expected[start : start + len(samples)] += samples
    heard = np.concatenate([np.empty(0, np.float32), *placed(sounds, length)])
    assert np.allclose(heard, expected[:length], atol=1e-6)


def test_what_is_too_loud_together_is_limited_to_full_scale():
    loud = np.full(10, 0.9, np.float32)
    assert max(np.concatenate(list(placed([(0, loud), (5, loud)], 15)))) == 1.0
