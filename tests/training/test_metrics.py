"""Scores against scikit-learn, and the temperature against a known one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score

from training.metrics import fit_temperature, report, tempered


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """Accuracy, UAR, F1 and confusion agree; macro averages run over the labels that are there."""
    truth, predicted = np.array(pairs).T
    found = report(truth, np.eye(4)[predicted])
    there = np.unique(truth)
    recalls = [np.mean(predicted[truth == label] == label) for label in there]
    assert found.uar == pytest.approx(np.mean(recalls))
    assert found.macro_f1 == pytest.approx(f1_score(truth, predicted, labels=there, average="macro", zero_division=0))
    assert found.weighted_f1 == pytest.approx(f1_score(truth, predicted, average="weighted", zero_division=0))
    assert np.array_equal(found.confusion, confusion_matrix(truth, predicted, labels=range(4)))
    if set(predicted) <= set(truth):
        assert found.uar == pytest.approx(balanced_accuracy_score(truth, predicted))


def test_the_fitted_temperature_undoes_overconfidence() -> None:
    """Probabilities sharpened by a factor are softened by it again."""
    random = np.random.default_rng(7)
    honest = random.dirichlet(np.ones(7), 4000)
    truth = np.array([random.choice(7, p=p) for p in honest])
    sharpened = tempered(honest, 1 / 2.5)
    assert fit_temperature(truth, sharpened) == pytest.approx(2.5, rel=0.1)
    assert report(truth, tempered(sharpened, 2.5)).ece < report(truth, sharpened).ece
