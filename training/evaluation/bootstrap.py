"""Intervals from resampled clusters: utterances of one session are alike, so whole sessions are drawn, not rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.metrics import averages, confusion
from training.predictions import Predictions

DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the middle 95 % of the resampled scores lie."""

    low: float
    high: float


def clusters(table: Predictions) -> tuple[str, NDArray[np.str_]]:
    """What is drawn as a whole, by name, and each row's: its session, else its speaker, else the row itself."""
    if np.any(table.session != ""):
        return "session", table.session
    return ("speaker", table.speaker) if np.any(table.speaker != "") else ("utterance", table.id)


def intervals(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], cluster: NDArray[np.str_], classes: int, seed: int
) -> dict[str, Interval]:
    """Percentile bootstrap of `averages` over clusters drawn with replacement (Efron and Tibshirani 1993).

    Parameters
    ----------
    truth, predicted, cluster
        Of every row, [n].
    """
    names = np.unique(cluster)
    parts = np.stack([confusion(truth[cluster == c], predicted[cluster == c], classes) for c in names])
    random = np.random.default_rng(seed)
    times = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS)
    drawn = averages(np.tensordot(times, parts, axes=1))
    edges = (0.5 - LEVEL / 2, 0.5 + LEVEL / 2)
    return {name: Interval(*map(float, np.quantile(values, edges))) for name, values in drawn.items()}
