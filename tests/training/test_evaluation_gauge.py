"""The predictors without features that every result stands beside."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.training.predicted import run_json, tables
from training.evaluation import evaluated
from training.evaluation.gauge import NO_SCENES, NO_TRAINING, gauges, nearest_labels
from training.predictions import Predictions


def table(rows: Sequence[tuple[str, str, str, float, int, int]]) -> Predictions:
    """Test rows of (session, scene, speaker, start, truth, fold), each a second long."""
    session, scene, speaker, start, truth, fold = (np.array(column) for column in zip(*rows, strict=True))
    n = len(rows)
    return Predictions(
        "voice",
        id=np.arange(n).astype(str),
        part=np.full(n, "test"),
        fold=fold,
        corpus=np.full(n, "KEMDy19"),
        session=session,
        scene=scene,
        kind=np.full(n, ""),
        speaker=speaker,
        start=start.astype(float),
        end=start + 1.0,
        truth=truth,
        votes=np.zeros((n, 7), np.float32),
        valence=np.full(n, 3, np.float32),
        arousal=np.full(n, 3, np.float32),
        probabilities=np.full((n, 7), 1 / 7, np.float32),
    )


ONE_SCENE = table(
    [
        ("1", "script01", "F", 0, 3, 1),
        ("1", "script01", "F", 10, 5, 2),
        ("1", "script01", "M", 11, 1, 1),
        ("1", "script01", "F", 14, 2, 2),
        ("1", "script01", "F", 30, 4, 2),
        ("1", "impro01", "F", 31, 6, 2),
        ("2", "script01", "F", 12, 6, 2),
        ("2", "script01", "F", 12.5, 6, 2),
    ]
)


def test_the_nearest_label_is_that_of_the_same_speaker_in_the_same_scene() -> None:
    """By hand: 10 is nearest to 14; nobody else of M and of impro01 is known, so the largest class 6 stands in."""
    asked = np.array([False, True, True, False, False, True, False, False])
    assert nearest_labels(ONE_SCENE, asked).tolist() == [2, 6, 6]


def test_of_two_equally_near_utterances_the_earlier_counts() -> None:
    """20 is as far from 10 as from 30."""
    rows = table([("", "s", "F", 10, 0, 1), ("", "s", "F", 20, 1, 1), ("", "s", "F", 30, 2, 1)])
    assert nearest_labels(rows, np.array([False, True, False])).tolist() == [0]


def test_under_the_runs_folds_the_gauge_is_what_was_worked_out_by_hand() -> None:
    """Fold 1 is told 5 and 6 for 3 and 1; fold 2 is told 3 three times and else the largest class, which is 1."""
    largest, nearest, _ = gauges(ONE_SCENE, 1)
    assert nearest.scores is not None
    predicted = np.argwhere(np.array(nearest.scores.confusion))
    assert {tuple(pair) for pair in predicted.tolist()} == {(3, 5), (1, 6), (5, 3), (2, 3), (4, 3), (6, 1)}
    assert largest.scores is not None
    assert largest.scores.accuracy == 0


def test_a_split_by_session_gives_position_nothing_and_a_random_one_does() -> None:
    """Moods last, so that neighbours on both sides of a random split give the answer away."""
    largest, nearest, random = evaluated(tables(("text",), turns=20), run_json()).gauges
    assert largest.scores is not None
    assert nearest.scores is not None
    assert random.scores is not None
    assert nearest.scores.accuracy == pytest.approx(largest.scores.accuracy)
    assert random.scores.accuracy > largest.scores.accuracy + 0.15


def test_a_corpus_without_scenes_has_no_gauge_in_time() -> None:
    """The reason stands in its place; the largest class can still be named."""
    rows = table([("", "", "01", 0, 3, 1), ("", "", "02", 0, 3, 2)])
    largest, nearest, random = gauges(rows, 1)
    assert largest.scores is not None
    assert largest.scores.accuracy == 1
    assert (nearest.reason, random.reason) == (NO_SCENES, NO_SCENES)


def test_one_fold_of_test_rows_leaves_nothing_to_learn_from() -> None:
    """As in the notebooks' protocol, whose table holds the last fifth alone."""
    assert gauges(table([("1", "s", "F", 0, 3, 1), ("1", "s", "F", 3, 3, 1)]), 1)[1].reason == NO_TRAINING
