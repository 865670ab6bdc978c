"""What is measured in one window of body signals: heart, skin conductance and temperature.

Everything is computed from the samples of the window, none of which lie after its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from models.features import eda, hrv
from models.features.ecg import rr_intervals
from models.features.holes import Floats, mean, slope, spread

LEAST_S = 5.0
"""Seconds of present samples below which a mean or a slope would be chance"""


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """The samples of one stream inside a window."""

    rate: float
    """Hertz; 0 for an irregular stream"""
    times: Floats
    """[n] seconds of session time"""
    values: Floats
    """[n], NaN where a sample is missing or the sensor had no contact"""
    delivered: float
    """0..1, share of the window for which the device sent samples, with or without contact"""
    present: float
    """Seconds of usable samples"""


def beats(signals: Mapping[str, Signal]) -> hrv.Intervals:
    """Plausible intervals between heart beats, from the ECG, or from the IBI stream where the ECG gives none."""
    if "ecg" in signals:
        ecg = signals["ecg"]
        found = hrv.plausible(rr_intervals(ecg.values, ecg.rate, ecg.times[0]))
        if len(found):
            return found
    if "ibi" in signals:
        return hrv.plausible(hrv.intervals_of_ibi(signals["ibi"].times, signals["ibi"].values))
    return hrv.intervals_between([])


def measure(signals: Mapping[str, Signal], heart: hrv.Intervals) -> dict[str, float]:
    """Measures of one window by name (see `bio.FEATURES`); what cannot be measured is not in it.

    Parameters
    ----------
    signals
        Any of eda, ecg and temp.
    heart
        What `beats` found in them.
    """
    measures: dict[str, float] = {}
    if "eda" in signals:
        measures |= _skin(signals["eda"])
    if "ecg" in signals:
        measures |= _level("ECG", signals["ecg"])
    if "temp" in signals:
        measures |= _level("TEMP", signals["temp"]) | _trend("temp_slope", signals["temp"])
    measures |= _heart(heart)
    return {name: value for name, value in measures.items() if isfinite(value)}


def _level(name: str, signal: Signal) -> dict[str, float]:
    """Plain mean, as the original notebooks take it."""
    return {f"mean_{name}": mean(signal.values)} if signal.present >= LEAST_S else {}


def _trend(name: str, signal: Signal) -> dict[str, float]:
    """Slope per minute."""
    if signal.present < LEAST_S:
        return {}
    here = np.isfinite(signal.values)
    return {name: 60 * slope(signal.times[here], signal.values[here])}


def _skin(signal: Signal) -> dict[str, float]:
    values, rate = eda.working_rate(signal.values, signal.rate)
    runs = eda.unbroken(values, rate)
    if not runs:
        return _level("EDA", signal)
    tonics, phasics = zip(*(eda.decompose(run, rate) for run in runs), strict=True)
    amplitudes = np.concatenate([eda.responses(phasic, rate).amplitudes for phasic in phasics])
    minutes = sum(map(len, runs)) / rate / 60
    return {
        **_level("EDA", signal),
        **_trend("eda_slope", signal),
        "eda_tonic": float(np.concatenate(tonics).mean()),
        "eda_phasic": spread(np.concatenate(phasics)),
        "scr_rate": len(amplitudes) / minutes,
        "scr_amplitude": float(amplitudes.sum()) / minutes,
    }


def _heart(intervals: hrv.Intervals) -> dict[str, float]:
    return {
        "heart_rate": hrv.heart_rate(intervals),
        "heart_rate_slope": hrv.heart_rate_slope(intervals),
        "rmssd": hrv.rmssd(intervals),
        "sdnn": hrv.sdnn(intervals),
    }
