"""What is fitted on validation rows alone: a temperature for each modality, weights for the vote."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from training.evaluation.aligned import answered, both_voices, voted
from training.metrics import fit_temperature, tempered
from training.predictions import Predictions
from training.recipes import SEGMENT

Floats = NDArray[np.float64]
SHARPNESS = np.geomspace(0.25, 1.5, 10, dtype=np.float32)
"""Temperatures at which a vote is judged"""
CANDIDATES = np.geomspace(0.2, 5.0, 129)
"""Temperatures of the voice model of whole segments"""
STEPS = 20
"""Weights are tried in steps of 1/20 of their sum; each modality keeps one, so that it can speak when it is alone"""


def temperature(table: Predictions) -> float:
    """Temperature under which the validation rows are most likely; 1 when there is none."""
    rows = answered(table, "validation")
    return fit_temperature(table.truth[rows], table.probabilities[rows]) if rows.any() else 1.0


def by_fold(table: Predictions) -> dict[int, Predictions]:
    """The rows of each fold."""
    return {int(fold): table[table.fold == fold] for fold in np.unique(table.fold)}


def temperatures(table: Predictions) -> dict[int, float]:
    """Temperature of each fold's model."""
    return {fold: temperature(rows) for fold, rows in by_fold(table).items()}


def calibrated(table: Predictions, of_fold: Mapping[int, float]) -> Predictions:
    """Apply each fold's temperature to all its rows."""
    probabilities = table.probabilities.copy()
    for fold, value in of_fold.items():
        rows = table.fold == fold
        probabilities[rows] = tempered(probabilities[rows], value)
    return replace(table, probabilities=probabilities)


def segment_temperature(windows: Predictions, whole: Predictions) -> float:
    """Temperature of the voice model of whole segments under which its mean with the windows is most likely.

    The validation rows decide. `windows` are calibrated already, since they speak alone while a segment lasts; the
    other model never does, so that its temperature is free to make up for a mean that is less sure than its parts.
    """
    rows = answered(windows, "validation") & answered(whole, "validation")
    if not rows.any():
        return 1.0
    truth, known, said = windows.truth[rows], windows.probabilities[rows], whole.probabilities[rows]
    means = [(known + tempered(said, t)) / 2 for t in CANDIDATES]
    losses = [-np.mean(np.log(np.maximum(mean[np.arange(len(truth)), truth], 1e-12))) for mean in means]
    return round(float(CANDIDATES[int(np.argmin(losses))]), 3)


def segment_temperatures(windows: Predictions, whole: Predictions) -> dict[int, float]:
    """`segment_temperature` of each fold."""
    parts = by_fold(whole)
    return {fold: segment_temperature(rows, parts[fold]) for fold, rows in by_fold(windows).items()}


def ready(tables: Sequence[Predictions]) -> list[Predictions]:
    """Aligned tables at their folds' temperatures, both voices as one."""
    found = {table.modality: calibrated(table, temperatures(table)) for table in tables if table.modality != SEGMENT}
    whole = next((table for table in tables if table.modality == SEGMENT), None)
    if whole is not None and "voice" in found:
        windows = found["voice"]
        found["voice"] = both_voices(windows, calibrated(whole, segment_temperatures(windows, whole)))
    return list(found.values())


def voices(tables: Sequence[Predictions]) -> list[Predictions]:
    """Both voices of aligned tables, each for itself and at its folds' temperatures; none where there is only one."""
    names = {"voice": "voice, windows alone", SEGMENT: "voice, whole segments alone"}
    found = [table for table in tables if table.modality in names]
    alone = [replace(calibrated(table, temperatures(table)), modality=names[table.modality]) for table in found]
    return alone if len(alone) > 1 else []


def weights(tables: Sequence[Predictions]) -> Floats:
    """Weights [modalities] with mean 1 whose vote makes the validation rows of aligned tables most likely.

    A search over the simplex; equal weights where there are no validation rows. Each vote is judged at its own best
    sharpness: an average is less sure than its parts are, and without this the surest modality alone would win.
    """
    candidates, truth = _simplex(len(tables)), tables[0].truth
    rows = np.flatnonzero(np.any([answered(table, "validation") for table in tables], axis=0) & (truth >= 0))
    if not len(rows):
        return np.asarray(candidates[0])
    some = [table[rows] for table in tables]
    losses = [_loss(truth[rows], voted(some, weights).probabilities) for weights in candidates]
    return np.asarray(candidates[int(np.argmin(losses))])


def weights_by_fold(tables: Sequence[Predictions]) -> dict[int, Floats]:
    """Weights of each fold, from that fold's validation rows."""
    folds = [by_fold(table) for table in tables]
    return {fold: weights([rows[fold] for rows in folds]) for fold in folds[0]}


def weights_of_rows(table: Predictions, of_fold: Mapping[int, Floats]) -> Floats:
    """Each row's weights, [n, modalities]."""
    return np.stack([of_fold[int(fold)] for fold in table.fold])


def _loss(truth: NDArray[np.int64], votes: NDArray[np.float32]) -> float:
    """Cross-entropy at the best of a few temperatures."""
    logits, rows = np.log(np.maximum(votes, 1e-9)), np.arange(len(truth))
    powered = (logits / temperature for temperature in SHARPNESS)
    return min(float(np.mean(np.log(np.exp(p).sum(axis=1)) - p[rows, truth])) for p in powered)


def _simplex(modalities: int) -> Floats:
    """Weights to try, [candidates, modalities], mean 1; equal ones first, so that they win a draw."""
    cuts = combinations(range(1, STEPS), modalities - 1)
    shares = np.array([np.diff([0, *cut, STEPS]) for cut in cuts], np.float64)
    return np.concatenate([np.ones((1, modalities)), shares * modalities / STEPS])
