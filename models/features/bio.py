"""From a measured window to the bio model's input: each measure against the person's own level, and what is missing.

The measures themselves are made in `physiology`; this module stays light, so that reading a bundle needs no SciPy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.features.baseline import Baseline
from models.features.parameters import InvalidParameters, Parameters

if TYPE_CHECKING:
    from models.features.physiology import Signal

FEATURES = (
    "mean_EDA",
    "mean_ECG",
    "mean_TEMP",
    "heart_rate",
    "heart_rate_slope",
    "rmssd",
    "sdnn",
    "eda_tonic",
    "eda_phasic",
    "eda_slope",
    "scr_rate",
    "scr_amplitude",
    "temp_slope",
)
"""Every measure of a window. Units: EDA microsiemens, ECG millivolts, temperature degrees Celsius, heart rate beats a
minute, RMSSD and SDNN milliseconds, slopes and responses per minute. The three means carry the original notebooks'
names; the mean of an ECG says nothing about the heart and is kept for comparison only."""

LOGARITHMIC = frozenset({"mean_EDA", "rmssd", "sdnn", "eda_tonic", "eda_phasic", "scr_amplitude"})
"""Measures that vary by factors between and within people: compared as log(0.01 + x)"""


@dataclass(frozen=True)
class WindowParameters(Parameters):
    """How body signals are cut into windows, whatever is made of them."""

    window_s: float = 30.0
    """Seconds"""
    hop_s: float = 1.0
    """Seconds from window to window"""
    warm_up_s: float = 10.0
    """Seconds of data below which a window is not scored"""
    weight: float = 60.0
    """Windows after which a person counts as half known; 0 where a model compares nobody with themselves"""

    def __post_init__(self) -> None:
        for name in ("window_s", "hop_s", "warm_up_s"):
            if getattr(self, name) <= 0:
                raise InvalidParameters(f"parameters: {name} is {getattr(self, name)}, expected a number above 0")
        if self.weight < 0:
            raise InvalidParameters(f"parameters: weight is {self.weight}, expected 0 or more")


@dataclass(frozen=True)
class BioParameters(WindowParameters):
    """Windows, the selected measures and how they are scaled; the values behind `features` are fitted in training.

    `weight` is also the number of windows for which `usual` counts beside the person's own spread.
    """

    features: tuple[str, ...] = FEATURES
    """Of `FEATURES`, in the order of the model's input"""
    usual: tuple[float, ...] = (1.0,) * len(FEATURES)
    """Spread of each selected measure within a person (after the logarithm, where one is taken)"""
    clip: float = 4.0
    """Largest deviation from the baseline, in spreads"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if unknown := sorted(set(self.features) - set(FEATURES)):
            raise InvalidParameters(
                f"parameters: unknown feature {unknown[0]!r} in features; known are {', '.join(FEATURES)}"
            )
        if len(self.usual) != len(self.features) or min(self.usual, default=1.0) <= 0:
            raise InvalidParameters("parameters: usual must hold one number above 0 for each of features")
        for name in ("weight", "clip"):
            if getattr(self, name) <= 0:
                raise InvalidParameters(f"parameters: {name} is {getattr(self, name)}, expected a number above 0")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person wants to read off the body right now; None where it is not known."""

    heart_rate: float | None
    """Beats a minute over the window"""
    eda: float | None
    """Tonic skin conductance, microsiemens"""
    temperature: float | None
    """Skin, degrees Celsius"""


@dataclass(frozen=True, slots=True, eq=False)
class BioWindow:
    """One window of body signals, measured."""

    start: float
    """Seconds of session time"""
    end: float
    """Seconds of session time"""
    measures: Mapping[str, float]
    """By the names of `FEATURES`; what could not be measured is not in it"""
    baseline: Baseline
    """Of what `compared` makes of the measures, over the session's windows up to and with this one"""
    quality: float
    """0..1, usable share of the window, averaged over the streams, less while the person is hardly known"""
    reason: str | None
    """Why the window should not be scored; None when it should"""
    signals: "Mapping[str, Signal]" = field(default_factory=dict)
    """What was measured, by stream"""

    @property
    def facts(self) -> Facts:
        """For the screen."""
        level = self.measures.get("eda_tonic", self.measures.get("mean_EDA"))
        return Facts(self.measures.get("heart_rate"), level, self.measures.get("mean_TEMP"))


def compared(measures: Mapping[str, float]) -> NDArray[np.float64]:
    """Measures in the order of `FEATURES` and on the scale on which they are compared; NaN where missing."""
    return np.array([_compared(name, measures.get(name, np.nan)) for name in FEATURES])


def bio_features(window: BioWindow, parameters: BioParameters) -> NDArray[np.float32]:
    """Input of the bio model: deviations from the person's own baseline, and which of them are known.

    Returns
    -------
    float32 [2 * len(parameters.features)]: first the deviations in units of the person's spread, within
    +-`parameters.clip`, 0 where missing; then 1 where present and 0 where missing.
    """
    return deviations(compared(window.measures), window.baseline, parameters)


def deviations(values: NDArray[np.float64], baseline: Baseline, parameters: BioParameters) -> NDArray[np.float32]:
    """`bio_features` of what `compared` made of a window, [len(FEATURES)], or of many windows stacked along axis 0."""
    p = parameters
    usual = np.ones(len(FEATURES))
    chosen = [FEATURES.index(name) for name in p.features]
    usual[chosen] = p.usual
    relative = baseline.relative(values, usual, p.weight)[..., chosen]
    known = np.isfinite(relative)
    within = np.clip(np.where(known, relative, 0.0), -p.clip, p.clip)
    return np.concatenate([within, known], axis=-1, dtype=np.float32)


def _compared(name: str, value: float) -> float:
    return float(np.log(0.01 + max(value, 0.0))) if name in LOGARITHMIC else value
