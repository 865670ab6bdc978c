"""A model's word is worth what it earned on people that it did not know."""

import pytest

from models.reliability import reliability


@pytest.mark.parametrize("classes", [2, 6, 7])
def test_guessing_is_worth_nothing(classes: int) -> None:
    """Also when it guesses worse than by chance."""
    assert reliability(1 / classes, classes) == pytest.approx(0.0)
    assert reliability(0.5 / classes, classes) == 0.0


def test_knowing_every_label_is_worth_everything() -> None:
    assert reliability(1.0) == pytest.approx(1.0)


def test_half_way_from_chance_to_certainty_is_worth_a_half() -> None:
    assert reliability(0.5 * (1 + 1 / 7)) == pytest.approx(0.5)


def test_who_tells_fewer_classes_apart_knows_less() -> None:
    """Two classes are one bit of the log2(7) that seven labels ask for."""
    assert reliability(1.0, 2) == pytest.approx(0.356, abs=1e-3)
    assert reliability(0.73, 2) < reliability(0.73, 7)
