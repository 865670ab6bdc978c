"""R peaks and RR intervals, beside NeuroKit2 on laboratory recordings."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features.ecg import r_peaks, rr_intervals
from models.features.holes import Floats
from models.features.hrv import heart_rate, plausible, rmssd, sdnn

RECORDINGS = (
    ("bio_eventrelated_100hz", 100, 0.99),
    ("bio_resting_5min_100hz", 100, 0.98),  # holds stretches of movement
    ("bio_resting_8min_100hz", 100, 0.99),
    ("ecg_1000hz", 1000, 0.98),  # a peak 16 ms after the start, which NeuroKit2 leaves out
    ("ecg_3000hz", 3000, 0.99),
)


def lab_ecg(shared_data: Path, name: str) -> Floats:
    path = shared_data / "bio" / "neurokit" / f"{name}.csv"
    column = path.open().readline().strip().split(",").index("ECG")
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=column)


def f1(found: Floats, reference: Floats, tolerance: float) -> float:
    """Agreement of two sorted lists of times, each entry matched at most once."""
    hits, after = 0, 0
    for time in reference:
        near = np.flatnonzero(np.abs(found[after:] - time) <= tolerance)
        if len(near):
            hits, after = hits + 1, after + int(near[0]) + 1
    return 2 * hits / max(len(found) + len(reference), 1)


def heart(beats: Floats, rate: float, seconds: float, width_s: float = 0.012) -> Floats:
    """An ECG with an R peak and a T wave for every beat."""
    t = np.arange(round(seconds * rate)) / rate
    ecg = np.zeros_like(t)
    for beat in beats:
        ecg += np.exp(-(((t - beat) / width_s) ** 2)) + 0.25 * np.exp(-(((t - beat - 0.25) / 0.05) ** 2))
    return ecg


@pytest.mark.parametrize(("name", "rate", "least"), RECORDINGS)
def test_finds_the_peaks_that_neurokit_finds(shared_data: Path, name: str, rate: int, least: float) -> None:
    import neurokit2

    ecg = lab_ecg(shared_data, name)
    reference = neurokit2.ecg_peaks(neurokit2.ecg_clean(ecg, sampling_rate=rate), sampling_rate=rate)[1]
    assert f1(r_peaks(ecg, rate) / rate, reference["ECG_R_Peaks"] / rate, 0.05) >= least


@pytest.mark.parametrize("rate", [125, 250, 500, 1000])
def test_sampling_rate_changes_nothing(shared_data: Path, rate: int) -> None:
    from scipy.signal import resample_poly

    ecg = lab_ecg(shared_data, "bio_resting_8min_100hz")
    resampled = resample_poly(ecg, rate, 100, padtype="line") if rate % 100 else resample_poly(ecg, rate // 100, 1)
    assert f1(r_peaks(resampled, rate) / rate, r_peaks(ecg, 100) / 100, 0.03) >= 0.99


def test_windows_of_thirty_seconds_find_what_the_whole_recording_shows(shared_data: Path) -> None:
    ecg = lab_ecg(shared_data, "bio_resting_8min_100hz")
    whole = r_peaks(ecg, 100)
    for start in range(0, len(ecg) - 3000, 1500):
        inside = whole[(whole >= start) & (whole < start + 3000)]
        assert f1(start + r_peaks(ecg[start : start + 3000], 100), inside, 5) >= 0.97


@settings(deadline=None, max_examples=25)
@given(
    bpm=st.floats(45, 170),
    millivolts=st.floats(0.05, 20),
    sign=st.sampled_from([1, -1]),
    rate=st.sampled_from([125.0, 250.0, 500.0, 1000.0]),
)
def test_amplifier_polarity_and_rate_do_not_matter(bpm: float, millivolts: float, sign: int, rate: float) -> None:
    """A regular heart's rate is found within 1 %, whatever the electrode wires and the gain."""
    beats = np.arange(0.4, 29.6, 60 / bpm)
    ecg = sign * millivolts * (heart(beats, rate, 30.0) + 0.02 * np.sin(np.arange(round(30 * rate)) / rate))
    assert heart_rate(plausible(rr_intervals(ecg, rate, 0.0))) == pytest.approx(bpm, rel=0.01)


def test_a_hole_is_never_bridged() -> None:
    """Beats lost in a hole give no long interval, and nothing succeeds across it."""
    beats = np.arange(0.4, 29.6, 0.8)
    ecg = heart(beats, 250, 30.0)
    ecg[2500:3500] = np.nan
    intervals = rr_intervals(ecg, 250, start=100.0)
    assert intervals.seconds.max() == pytest.approx(0.8, abs=0.01)
    assert (~intervals.follows).sum() == 2
    assert not np.any((intervals.ends > 110.0) & (intervals.ends - intervals.seconds < 114.0))


def test_a_single_missing_sample_costs_nothing() -> None:
    ecg = heart(np.arange(0.4, 29.6, 0.8), 250, 30.0)
    holed = ecg.copy()
    holed[1000::1700] = np.nan
    np.testing.assert_allclose(rr_intervals(holed, 250, 0).seconds, rr_intervals(ecg, 250, 0).seconds, atol=0.005)


@pytest.mark.parametrize("ecg", [np.zeros(7500), np.ones(7500), np.full(7500, np.nan), np.zeros(3), np.zeros(0)])
def test_no_heart_has_no_beats(ecg: Floats) -> None:
    assert len(rr_intervals(ecg, 250, 0.0)) == 0


def test_variability_follows_its_definition() -> None:
    """RMSSD and SDNN of a simulated heart equal those of the beats it was made of."""
    rr = 0.8 + 0.03 * np.random.default_rng(1).standard_normal(34)
    beats = 0.5 + np.cumsum(rr)
    beats = beats[beats < 29.5]
    found = plausible(rr_intervals(heart(beats, 500, 30.0), 500, 0.0))
    assert sdnn(found) == pytest.approx(1000 * np.diff(beats).std(ddof=1), rel=0.05)
    assert rmssd(found) == pytest.approx(1000 * np.sqrt(np.mean(np.diff(beats, 2) ** 2)), rel=0.05)
