"""How far one gets without any features: the largest class, and the label of the utterance nearest in time.

On KEMDy19 the second one reaches 0.686 on a random split, because a person's neighbouring utterances share a mood and
lie on both sides of it. Where it is far above the largest class, a split leaks.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS
from training.metrics import Report, report
from training.predictions import Predictions

Ints = NDArray[np.int64]
Predictor = Callable[[Predictions, NDArray[np.bool_]], Ints]
LARGEST, NEAREST, RANDOM = "largest class", "nearest in time", "nearest in time, random split"
RANDOM_FOLDS = 5
"""A random split of 80 and 20 %, turned round until each utterance was tested once"""
NO_SCENES = "the corpus has no scenes: nothing is nearest in time"
NO_TRAINING = "the table holds no utterance outside the test part"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A predictor without features, or why it could not be tried."""

    name: str
    scores: Report | None
    reason: str | None = None


def gauges(table: Predictions, seed: int) -> tuple[Gauge, ...]:
    """Largest class, nearest in time, and nearest in time under a random split, of a table's labelled utterances."""
    utterances, run = _utterances(table)
    largest = Gauge(LARGEST, _scores(utterances, run, _largest_labels))
    if not np.any(utterances.scene != ""):
        return largest, Gauge(NEAREST, None, NO_SCENES), Gauge(RANDOM, None, NO_SCENES)
    shuffled = np.random.default_rng(seed).permutation(len(utterances)) % RANDOM_FOLDS
    split = np.eye(RANDOM_FOLDS, dtype=bool)[shuffled].T
    return largest, *(
        Gauge(name, _scores(utterances, tests, nearest_labels)) if len(tests) else Gauge(name, None, NO_TRAINING)
        for name, tests in ((NEAREST, _with_training(run)), (RANDOM, _with_training(split)))
    )


def nearest_labels(utterances: Predictions, test: NDArray[np.bool_]) -> Ints:
    """Label of the other rows' utterance nearest in time to each `test` row, in the same scene and by the same speaker.

    Time is that of an utterance's middle; of two equally near ones the earlier counts. Where the scene has no other
    row of the speaker, the largest class of the other rows.
    """
    middle = (utterances.start + utterances.end) / 2
    labels = np.full(len(utterances), _largest(utterances.truth[~test]), np.int64)
    columns = np.stack([utterances.session, utterances.scene, utterances.speaker])
    group = np.unique(columns, axis=1, return_inverse=True)[1].ravel()
    for one in np.unique(group[test]):
        known, asked = np.flatnonzero((group == one) & ~test), np.flatnonzero((group == one) & test)
        known = known[np.argsort(middle[known], kind="stable")]
        if len(known):
            distance = np.abs(middle[asked, None] - middle[None, known])
            labels[asked] = utterances.truth[known[distance.argmin(axis=1)]]
    return labels[test]


def _scores(utterances: Predictions, tests: NDArray[np.bool_], predict: Predictor) -> Report:
    """Score one predictor over test masks [splits, n]."""
    truth = np.concatenate([utterances.truth[test] for test in tests])
    predicted = np.concatenate([predict(utterances, test) for test in tests])
    return report(truth, np.eye(len(LABELS))[predicted])


def _with_training(tests: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those splits that leave something to learn from."""
    return np.asarray(tests[tests.any(axis=1) & ~tests.all(axis=1)])


def _largest_labels(utterances: Predictions, test: NDArray[np.bool_]) -> Ints:
    """Of the other rows; of all where there are no others."""
    known = utterances.truth[~test] if not test.all() else utterances.truth
    return np.full(int(test.sum()), _largest(known), np.int64)


def _largest(truth: Ints) -> int:
    return int(np.bincount(truth, minlength=len(LABELS)).argmax())


def _utterances(table: Predictions) -> tuple[Predictions, NDArray[np.bool_]]:
    """Each labelled utterance once, and by fold which of them were tested, bool [folds, utterances]."""
    labelled = table[table.truth >= 0]
    ids, first = np.unique(labelled.id, return_index=True)
    tested = labelled.part == "test"
    folds = [np.isin(ids, labelled.id[tested & (labelled.fold == fold)]) for fold in np.unique(labelled.fold)]
    return labelled[first], np.array(folds).reshape(len(folds), len(ids))
