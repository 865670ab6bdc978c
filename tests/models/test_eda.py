"""Tonic level and skin-conductance responses, beside NeuroKit2 on laboratory recordings."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features.eda import decompose, responses, unbroken, working_rate
from models.features.holes import Floats

RECORDINGS = ("bio_eventrelated_100hz", "bio_resting_8min_100hz")


def lab_eda(shared_data: Path, name: str) -> Floats:
    path = shared_data / "bio" / "neurokit" / f"{name}.csv"
    column = path.open().readline().strip().split(",").index("EDA")
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=column)


def neurokit(eda: Floats) -> tuple[Floats, Floats]:
    """Tonic and phasic component at 100 Hz."""
    import neurokit2

    parts = neurokit2.eda_phasic(neurokit2.eda_clean(eda, sampling_rate=100), sampling_rate=100)
    return parts["EDA_Tonic"].to_numpy(), parts["EDA_Phasic"].to_numpy()


def skin(times: list[float], amplitude: float, rate: float, seconds: float = 60.0) -> Floats:
    """A level that falls slowly, with a response at each time: rise in 1 s, recovery in some 4 s (Bateman form)."""
    t = np.arange(round(seconds * rate)) / rate
    eda = 3.0 - 0.005 * t
    for time in times:
        since = np.maximum(t - time, 0.0)
        shape = np.exp(-since / 3.0) - np.exp(-since / 0.7)
        eda += amplitude * shape / 0.4844
    return eda


@pytest.mark.parametrize("name", RECORDINGS)
def test_tonic_and_phasic_follow_neurokit(shared_data: Path, name: str) -> None:
    eda = lab_eda(shared_data, name)
    slow, rate = working_rate(eda, 100)
    tonic, phasic = decompose(slow, rate)
    reference = [working_rate(part, 100)[0] for part in neurokit(eda)]
    assert np.corrcoef(tonic, reference[0])[0, 1] >= 0.995
    assert np.corrcoef(phasic, reference[1])[0, 1] >= 0.99


@pytest.mark.parametrize("name", RECORDINGS)
def test_tonic_level_of_windows_follows_neurokit(shared_data: Path, name: str) -> None:
    """Thirty seconds are enough for the level, although neighbouring samples are not seen."""
    eda = lab_eda(shared_data, name)
    slow, rate = working_rate(eda, 100)
    reference = working_rate(neurokit(eda)[0], 100)[0]
    cuts = [slice(at, at + 120) for at in range(0, len(slow) - 120, 20)]
    ours = [decompose(slow[cut], rate)[0].mean() for cut in cuts]
    assert np.corrcoef(ours, [reference[cut].mean() for cut in cuts])[0, 1] >= 0.99


def test_responses_agree_with_neurokit(shared_data: Path) -> None:
    """On one phasic signal (emotional pictures), responses of 0.02 uS and more: F1 of at least 0.9."""
    import neurokit2

    slow, rate = working_rate(lab_eda(shared_data, "bio_eventrelated_100hz"), 100)
    phasic = decompose(slow, rate)[1]
    fine = np.interp(np.arange(len(slow) * 25) / 100, np.arange(len(slow)) / rate, phasic)
    found = neurokit2.eda_peaks(fine, sampling_rate=100, amplitude_min=0.0)[1]
    reference = found["SCR_Peaks"][found["SCR_Amplitude"] >= 0.02] / 100
    ours = responses(phasic, rate)
    mine = ours.peaks[ours.amplitudes >= 0.02]
    hits = sum(bool(np.min(np.abs(mine - peak)) <= 0.5) for peak in reference)
    assert 2 * hits / (len(mine) + len(reference)) >= 0.9


@settings(deadline=None, max_examples=25)
@given(
    rate=st.sampled_from([4.0, 8.0, 100.0]),
    amplitude=st.floats(0.05, 2.0),
    gaps=st.lists(st.floats(7.0, 12.0), min_size=1, max_size=4),
)
def test_counts_and_measures_simulated_responses(rate: float, amplitude: float, gaps: list[float]) -> None:
    """Every response is found where it is; its amplitude is right within a third, which the high-pass takes off."""
    times = list(np.cumsum(gaps))
    slow, slow_rate = working_rate(skin(times, amplitude, rate), rate)
    found = responses(decompose(slow, slow_rate)[1], slow_rate)
    found_amplitudes = found.amplitudes[found.amplitudes > 0.3 * amplitude]
    assert len(found_amplitudes) == len(times)
    np.testing.assert_allclose(found_amplitudes, amplitude, rtol=0.34)


def test_calm_skin_does_not_respond() -> None:
    slow, rate = working_rate(skin([], 0.0, 4.0), 4.0)
    assert len(responses(decompose(slow, rate)[1], rate)) == 0


def test_a_hole_separates_stretches() -> None:
    """A single missing sample is mended, two are a hole, and short stretches are left out."""
    eda = skin([5.0], 0.5, 4.0)
    eda[50] = np.nan
    eda[100:102] = np.nan
    eda[110:112] = np.nan
    assert [len(run) for run in unbroken(eda, 4.0)] == [100, 240 - 112]
