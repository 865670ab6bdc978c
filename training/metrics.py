"""How well predictions agree with labels, in NumPy: accuracy, UAR, F1, confusion, calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Report:
    """Scores of one set of predictions. Averages over classes leave out classes that the set does not have."""

    n: int
    accuracy: float
    uar: float
    """Unweighted average recall"""
    macro_f1: float
    weighted_f1: float
    ece: float
    """Expected calibration error, ten bins of the largest probability"""
    confusion: tuple[tuple[int, ...], ...]
    """[truth][prediction]"""


def report(truth: Ints, probabilities: Floats) -> Report:
    """Score probabilities [n, classes] against class indices [n]."""
    matrix = confusion(truth, probabilities.argmax(axis=1), probabilities.shape[1])
    support, predicted, hits = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    there = support > 0
    f1 = 2 * hits / np.maximum(support + predicted, 1)
    return Report(
        n=len(truth),
        accuracy=float(hits.sum() / max(len(truth), 1)),
        uar=float(np.mean(hits[there] / support[there])),
        macro_f1=float(np.mean(f1[there])),
        weighted_f1=float(np.average(f1, weights=support)),
        ece=calibration_error(truth, probabilities),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
    )


def confusion(truth: Ints, predicted: Ints, classes: int) -> NDArray[np.int64]:
    """Counts, int64 [truth, prediction]."""
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def calibration_error(truth: Ints, probabilities: Floats, bins: int = 10) -> float:
    """Mean gap between the largest probability and how often it is right (Guo et al. 2017)."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[of == b].mean() - right[of == b].mean()) * np.mean(of == b) for b in np.unique(of)]
    return float(sum(gaps))


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """p^(1 / temperature), scaled to sum to 1, as the runtime applies it."""
    powered = np.maximum(probabilities.astype(np.float64), 1e-12) ** (1 / temperature)
    return np.asarray(powered / powered.sum(axis=-1, keepdims=True))


def fit_temperature(truth: Ints, probabilities: Floats) -> float:
    """Temperature in 0.2..5 under which held-out labels are most likely."""
    candidates = np.geomspace(0.2, 5.0, 129)
    rows = np.arange(len(truth))
    losses = [-np.mean(np.log(tempered(probabilities, t)[rows, truth])) for t in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 3)


def mean_and_spread(values: Sequence[float]) -> dict[str, float]:
    """Mean and sample standard deviation over folds."""
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "sd": sd}
