"""Zero-phase filters, beside SciPy's."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from models.features.filters import band_pass, low_pass


@pytest.mark.parametrize("padding", [5, 40, 99])
def test_equals_scipy(padding: int) -> None:
    signal = np.random.default_rng(0).standard_normal(100).cumsum()
    low, band = butter(2, 0.3, fs=4.0, output="sos"), butter(2, (0.2, 0.9), "bandpass", fs=4.0, output="sos")
    for ours, theirs in ((low_pass(4.0, 0.3), low), (band_pass(4.0, 0.2, 0.9), band)):
        reference = sosfiltfilt(theirs, signal, padlen=padding)
        np.testing.assert_allclose(ours(signal, padding), reference, rtol=0, atol=1e-12 * np.ptp(signal))


@pytest.mark.parametrize("rate", [80.0, 125.0, 249.0])
def test_one_fraction_is_as_precise_as_sections_at_the_rates_of_a_heart(rate: float) -> None:
    signal = np.random.default_rng(1).standard_normal(3750)
    reference = sosfiltfilt(butter(2, (8, 20), "bandpass", fs=rate, output="sos"), signal, padlen=12)
    np.testing.assert_allclose(band_pass(rate, 8.0, 20.0)(signal, 12), reference, rtol=0, atol=1e-11)


def test_padding_is_at_most_what_there_is_to_mirror() -> None:
    signal = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(low_pass(4.0, 0.3)(signal, 1000), low_pass(4.0, 0.3)(signal, 2))
    assert low_pass(4.0, 0.3)(np.array([5.0]), 10) == pytest.approx([5.0])
