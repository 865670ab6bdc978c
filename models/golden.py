"""Golden vectors: proof that features and graphs give here what they gave where the bundle was made.

The inputs are closed formulas, so that a manifest holds their names and numbers instead of recordings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.features.bio import BioWindow, WindowParameters
from models.features.whisper import WhisperParameters
from models.manifest import Golden

TOLERANCE = 1e-3
"""Largest difference of a feature value or a probability"""
_SAMPLED = 64
"""Feature values kept in the manifest"""

_SENTENCE = {"kind": "sentence", "text": "나는 오늘 너무 행복해. 그런데 왜 이렇게 늦었어? 정말 무서웠어."}

DEFAULT_INPUTS: Mapping[str, Mapping[str, Any]] = {
    "mfcc": {"kind": "glide", "seconds": 3.0, "low_hz": 110.0, "high_hz": 3500.0},
    "morphemes": _SENTENCE,
    "ngrams": _SENTENCE,
    "whisper": {"kind": "ripples", "vectors": 150},
    "bio": {"kind": "rest", "seconds": 36.0, "hop_s": 12.0, "heart_rate": 72.0},
    "notebook_means": {"kind": "rest", "seconds": 36.0, "hop_s": 12.0, "heart_rate": 72.0},
}
"""By feature name"""


class GoldenMismatch(ValueError):
    """Features or probabilities differ from the manifest's; the message says where and by how much."""


class Scorer(Protocol):
    """The two halves of a model."""

    @property
    def feature_parameters(self) -> Any: ...  # noqa: ANN401, D102 - those of any feature

    def features(self, window: Any) -> NDArray[Any]: ...  # noqa: ANN401, D102 - any modality's window

    def predict(self, *inputs: NDArray[Any]) -> NDArray[np.float32]: ...  # noqa: D102


def record_golden(model: Scorer, spec: Mapping[str, Any]) -> Golden:
    """Score the input that `spec` describes.

    Raises
    ------
    GoldenMismatch
        When there is no such kind of input.
    """
    features = model.features(golden_window(spec, model.feature_parameters))
    probabilities = model.predict(features)
    values = [round(float(v), 6) for v in _sampled(features)]
    return Golden(dict(spec), features.shape, tuple(values), tuple(round(float(p), 6) for p in probabilities))


def check_golden(model: Scorer, golden: Golden) -> None:
    """Score the golden input again and compare.

    Raises
    ------
    GoldenMismatch
        When a number differs by more than `TOLERANCE`, or the input is unknown.
    """
    now = record_golden(model, golden.input)
    if now.shape != golden.shape:
        raise GoldenMismatch(f"golden.shape is {list(golden.shape)}, the features here have {list(now.shape)}")
    _compare("golden.values", now.values, golden.values)
    _compare("golden.probabilities", now.probabilities, golden.probabilities)


def _compare(key: str, here: tuple[float, ...], there: tuple[float, ...]) -> None:
    if len(here) != len(there):
        raise GoldenMismatch(f"{key} holds {len(there)} numbers, expected {len(here)}")
    difference = np.abs(np.subtract(here, there))
    if not (difference <= TOLERANCE).all():
        worst = int(np.nanargmax(np.where(np.isnan(difference), np.inf, difference)))
        raise GoldenMismatch(f"{key}[{worst}] is {there[worst]:g}, here it comes out as {here[worst]:g}")


def _sampled(features: NDArray[Any]) -> NDArray[Any]:
    places = np.linspace(0, features.size - 1, min(_SAMPLED, features.size)).round().astype(int)
    sampled: NDArray[Any] = features.ravel()[places]
    return sampled


def golden_window(spec: Mapping[str, Any], parameters: Any) -> Any:  # noqa: ANN401 - any modality's window
    """Make the input that `spec` describes.

    Raises
    ------
    GoldenMismatch
        When there is no such kind of input, or its numbers are not those that the kind takes.
    """
    match dict(spec):
        case {"kind": "glide", "seconds": float(s), "low_hz": float(low), "high_hz": float(high), **rest} if not rest:
            return glide(s, low, high, parameters.sample_rate)
        case {"kind": "ripples", "vectors": int(n), **rest} if not rest:
            return _ripples(n, parameters)
        case {"kind": "sentence", "text": str(text), **rest} if not rest:
            return text
        case {"kind": "rest", "seconds": float(s), "hop_s": float(hop), "heart_rate": float(rate), **rest} if not rest:
            return _rest(s, hop, rate, parameters)
    raise GoldenMismatch(f"golden.input is {dict(spec)!r:.100}, which this version of maeum does not know")


def glide(seconds: float, low_hz: float, high_hz: float, rate: int) -> NDArray[np.float32]:
    """A tone with two overtones that rises exponentially and swells four times a second."""
    t = np.arange(round(seconds * rate)) / rate
    growth = np.log(high_hz / low_hz) / seconds
    phase = 2 * np.pi * low_hz * np.expm1(growth * t) / growth
    tones = np.sin(phase) + np.sin(2 * phase) / 2 + np.sin(3 * phase) / 4
    return np.asarray(0.2 * tones * (1 - 0.8 * np.cos(8 * np.pi * t)), np.float32)


def _ripples(vectors: int, parameters: WhisperParameters) -> NDArray[np.float32]:
    """Make vectors as an encoder might give them: each dimension swings around its own level at its own pace."""
    time, dimension = np.arange(vectors)[:, None], np.arange(parameters.dimensions)
    return np.asarray(np.sin(dimension) + np.cos(0.02 * (1 + dimension % 7) * time + dimension), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Consecutive samples, as `models.windows` takes them."""

    stream: str
    time: float
    rate: float
    values: NDArray[np.float32]
    flags: int = 0


def _rest(seconds: float, hop_s: float, heart_rate: float, parameters: WindowParameters) -> BioWindow:
    """Measure the last window of a calm person: a pulse that goes with the breath, a skin response every 9 s."""
    from models.windows import BioWindows  # imports SciPy's filters

    windows = BioWindows(replace(parameters, hop_s=hop_s), ("ecg", "eda", "temp"))
    made = []
    for second in np.arange(seconds):
        ecg, slow = second + np.arange(250) / 250, second + np.arange(4) / 4
        beats = heart_rate / 60 * (ecg + 0.002 * ecg**2 + 0.2 * np.sin(1.4 * ecg))
        signals = (
            ("ecg", 250.0, np.exp(-(((beats % 1 - 0.5) / 0.015) ** 2))),
            ("eda", 4.0, 2 + 0.01 * slow + 0.3 * (slow % 9) * np.exp(-(slow % 9))),
            ("temp", 4.0, 33 + 0.01 * slow),
        )
        for stream, rate, values in signals:
            made += windows.push(_Piece(stream, float(second), rate, np.asarray(values, np.float32)))
    return (made + windows.flush())[-1]
