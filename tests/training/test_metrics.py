"""Scores against scikit-learn, and the temperature against a known one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score

from training.metrics import concordance, fit_temperature, report, tempered


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


def test_concordance_is_lins() -> None:
    """1 for equal numbers; less for the same with an offset; what raters say alike cannot be agreed with."""
    rated = np.array([1.0, 2, 3, 4, 5])
    assert concordance(rated, rated) == pytest.approx(1)
    assert concordance(rated + 1, rated) == pytest.approx(2 * 2 / (2 + 2 + 1))
    assert concordance(6 - rated, rated) == pytest.approx(-1)
    assert concordance(np.full(5, 3.0), rated) == 0
    assert concordance(rated, np.full(5, 3.0)) == 0
