"""Zero-phase filters, beside SciPy's."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from models.features.filters import band_pass, low_pass


@pytest.mark.parametrize("padding", [5, 40, 99])
def test_equals_scipy(padding: int) -> None:
    signal = np.random.default_rng(0).standard_normal(100).cumsum()
    low, band = butter(2, 0.3, fs=4.0, output="sos"), butter(2, (0.2, 0.9), "bandpass", fs=4.0, output="sos")
    np.testing.assert_allclose(low_pass(4.0, 0.3)(signal, padding), sosfiltfilt(low, signal, padlen=padding))
    np.testing.assert_allclose(band_pass(4.0, 0.2, 0.9)(signal, padding), sosfiltfilt(band, signal, padlen=padding))


def test_padding_is_at_most_what_there_is_to_mirror() -> None:
    signal = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(low_pass(4.0, 0.3)(signal, 1000), low_pass(4.0, 0.3)(signal, 2))
    assert low_pass(4.0, 0.3)(np.array([5.0]), 10) == pytest.approx([5.0])
