"""Against classes of very different sizes: weights, repetition, or SMOTE. All see training rows alone."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS

Balancing = Literal["none", "weights", "oversample", "smote"]
NEIGHBOURS = 5
"""Of SMOTE, where the smallest class has that many"""

Floats = NDArray[np.float32]


def balanced(
    inputs: NDArray[Any], targets: Floats, how: Balancing, seed: int | None
) -> tuple[NDArray[Any], Floats, Floats]:
    """Inputs, targets and weights of the examples after balancing.

    Parameters
    ----------
    inputs
        [n, ...] of training rows.
    targets
        [n, labels]; an example counts towards its largest.
    how
        `weights`: every class weighs the same in all. `oversample`: rows of smaller classes are repeated at random up
        to the size of the largest. `smote`: the smallest class is raised to that size with rows in between its own
        (Chawla et al. 2002; imbalanced-learn's strategy `minority`, the original notebooks' choice).
    seed
        None for another outcome every time, as the notebooks had it.
    """
    classes = targets.argmax(axis=1)
    ones = np.ones(len(targets), np.float32)
    if how == "weights":
        counts = np.bincount(classes, minlength=len(LABELS))
        weights = len(classes) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        return inputs, targets, weights[classes].astype(np.float32)
    if how == "oversample":
        rows = oversampled(classes, np.random.default_rng(seed))
        return inputs[rows], targets[rows], ones[:1].repeat(len(rows))
    if how == "smote":
        return _smote(inputs, targets, classes, seed)
    return inputs, targets, ones


def oversampled(classes: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Row numbers, all of them and repetitions of those of smaller classes."""
    counts = np.bincount(classes, minlength=len(LABELS))
    more = [
        random.choice(np.flatnonzero(classes == label), counts.max() - count)
        for label, count in enumerate(counts.tolist())
        if 0 < count < counts.max()
    ]
    return np.asarray(np.concatenate([np.arange(len(classes)), *more]), np.int64)


def _smote(
    inputs: NDArray[Any], targets: Floats, classes: NDArray[np.int64], seed: int | None
) -> tuple[NDArray[Any], Floats, Floats]:
    """A class of one or two rows, between which nothing lies, is repeated instead."""
    from imblearn.over_sampling import SMOTE

    counts = np.bincount(classes, minlength=len(LABELS))
    smallest = int(counts[counts > 0].min())
    if np.count_nonzero(counts) < 2 or smallest == counts.max():
        return inputs, targets, np.ones(len(targets), np.float32)
    if smallest < 3:
        return balanced(inputs, targets, "oversample", seed)
    smote = SMOTE(sampling_strategy="minority", k_neighbors=min(NEIGHBOURS, smallest - 1), random_state=seed)
    flat, of = smote.fit_resample(inputs.reshape(len(inputs), -1), classes)
    made = np.eye(len(LABELS), dtype=np.float32)[of[len(inputs) :]]
    grown = flat.reshape(-1, *inputs.shape[1:]).astype(inputs.dtype)
    return grown, np.concatenate([targets, made]), np.ones(len(grown), np.float32)
