"""Valence and arousal read off the labels' probabilities, and how well they agree with the raters'.

No graph has an output for them. What is measured is a linear head behind the graphs, least squares with a small ridge:

    valence = b + sum of w[label] p[label]

It is fitted on the validation rows of each fold, and asked about the fold's test rows. Ties are rated like all others,
so they count here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS
from training.metrics import concordance
from training.predictions import Predictions

DIMENSIONS = ("valence", "arousal")
RIDGE = 1.0
"""Against the sum of squared errors: as much as one row more says"""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one dimension."""

    n: int
    """Test rows that have an answer and were rated"""
    ccc: float
    """Lin's concordance correlation coefficient over all of them"""
    folds: dict[int, float]
    weights: dict[str, float]
    """By label, and `bias`: the head from the validation rows of all folds"""


def agreements(table: Predictions) -> dict[str, Agreement]:
    """Agreement by dimension; empty where nobody rated, or no rated row validates."""
    found = {dimension: _agreement(table, dimension) for dimension in DIMENSIONS}
    return {dimension: agreement for dimension, agreement in found.items() if agreement}


def _agreement(table: Predictions, dimension: str) -> Agreement | None:
    rated = getattr(table, dimension).astype(np.float64)
    known = np.isfinite(rated) & np.isfinite(table.probabilities[:, 0])
    validation, test = known & (table.part == "validation"), known & (table.part == "test")
    said, folds = np.full(len(table), np.nan), {}
    for fold in np.unique(table.fold[test]).tolist():
        learned, asked = validation & (table.fold == fold), test & (table.fold == fold)
        if learned.any():
            said[asked] = _answers(table, asked, _head(table, learned, rated))
            folds[fold] = concordance(said[asked], rated[asked])
    answered = np.isfinite(said)
    if not answered.any():
        return None
    head = dict(zip((*LABELS, "bias"), _head(table, validation, rated).round(4).tolist(), strict=True))
    return Agreement(int(answered.sum()), concordance(said[answered], rated[answered]), folds, head)


def _head(table: Predictions, rows: NDArray[np.bool_], rated: Floats) -> Floats:
    """Weights [labels], then the bias, which no ridge holds back."""
    x, y = table.probabilities[rows].astype(np.float64), rated[rows]
    centre = x.mean(axis=0)
    weights = np.linalg.solve(
        (x - centre).T @ (x - centre) + RIDGE * np.eye(x.shape[1]), (x - centre).T @ (y - y.mean())
    )
    return np.append(weights, y.mean() - centre @ weights)


def _answers(table: Predictions, rows: NDArray[np.bool_], head: Floats) -> Floats:
    return np.asarray(table.probabilities[rows].astype(np.float64) @ head[:-1] + head[-1])
