"""How well predictions agree with labels, in NumPy: accuracy, UAR, F1, confusion, calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
BINS = 10


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

    @property
    def recall(self) -> tuple[float | None, ...]:
        """Of each class; None where the set does not have it."""
        rows = enumerate(self.confusion)
        return tuple(row[label] / sum(row) if any(row) else None for label, row in rows)


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions that were about equally sure of themselves."""

    n: int
    confidence: float
    """Mean of the largest probability"""
    accuracy: float
    """Share that was right"""


def report(truth: Ints, probabilities: Floats) -> Report:
    """Score probabilities [n, classes] against class indices [n]."""
    matrix = confusion(truth, probabilities.argmax(axis=1), probabilities.shape[1])
    return Report(
        n=len(truth),
        **{name: float(value) for name, value in averages(matrix).items()},
        ece=calibration_error(truth, probabilities),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
    )


def confusion(truth: Ints, predicted: Ints, classes: int) -> NDArray[np.int64]:
    """Counts, int64 [truth, prediction]."""
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def averages(matrices: Ints) -> dict[str, NDArray[np.float64]]:
    """Accuracy, UAR, macro-F1 and weighted F1 of confusion matrices [..., truth, prediction], each [...]."""
    support, predicted = matrices.sum(axis=-1), matrices.sum(axis=-2)
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    there, all_rows = support > 0, np.maximum(support.sum(axis=-1), 1)
    classes = np.maximum(there.sum(axis=-1), 1)
    f1 = 2 * hits / np.maximum(support + predicted, 1)
    return {
        "accuracy": np.asarray(hits.sum(axis=-1) / all_rows),
        "uar": np.asarray((hits / np.maximum(support, 1)).sum(axis=-1) / classes),
        "macro_f1": np.asarray((f1 * there).sum(axis=-1) / classes),
        "weighted_f1": np.asarray((f1 * support).sum(axis=-1) / all_rows),
    }


def reliability(truth: Ints, probabilities: Floats, bins: int = BINS) -> list[Bin]:
    """How often predictions are right, by how sure they are; bins without any are left out."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    of = np.minimum((confidence * bins).astype(int), bins - 1)
    there = [of == b for b in np.unique(of)]
    return [Bin(int(rows.sum()), float(confidence[rows].mean()), float(right[rows].mean())) for rows in there]


def calibration_error(truth: Ints, probabilities: Floats, bins: int = BINS) -> float:
    """Mean gap between the largest probability and how often it is right (Guo et al. 2017)."""
    binned = reliability(truth, probabilities, bins)
    return float(sum(abs(b.confidence - b.accuracy) * b.n for b in binned) / max(len(truth), 1))


def concordance(said: Floats, rated: Floats) -> float:
    """Concordance correlation coefficient of two [n] (Lin 1989): 1 when they are equal, 0 when one says nothing.

    Raters who never differ have asked for nothing, so that agreement with them is 0 too.
    """
    covariance = float(np.mean((said - said.mean()) * (rated - rated.mean())))
    apart = float(said.var() + rated.var() + (said.mean() - rated.mean()) ** 2)
    return 2 * covariance / apart if np.ptp(rated) > 0 else 0.0


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
