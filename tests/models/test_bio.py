"""The bio model's input: change against the person's own level, and what is missing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioParameters, BioWindow, bio_features, compared
from models.features.parameters import InvalidParameters


def window(measures: dict[str, float], history: list[dict[str, float]]) -> BioWindow:
    baseline = Baseline.empty(len(FEATURES))
    for each in [*history, measures]:
        baseline = baseline.including(compared(each))
    return BioWindow(0.0, 30.0, measures, baseline, 1.0, None)


@settings(deadline=None)
@given(values=arrays(np.float64, (12, 3), elements=st.floats(-1e3, 1e3) | st.just(np.nan)))
def test_baseline_is_mean_and_spread_of_what_was_there(values: np.ndarray) -> None:
    baseline = Baseline.empty(3)
    for row in values:
        baseline = baseline.including(row)
    for column in range(3):
        seen = values[np.isfinite(values[:, column]), column]
        assert baseline.count[column] == len(seen)
        if len(seen):
            assert baseline.mean[column] == pytest.approx(seen.mean(), abs=1e-6)
            assert baseline.squares[column] == pytest.approx(((seen - seen.mean()) ** 2).sum(), abs=1e-3)


def test_known_and_missing_measures() -> None:
    """Missing is 0 with mask 0; a value at the person's level is 0 with mask 1."""
    parameters = BioParameters(features=("heart_rate", "mean_EDA"), usual=(5.0, 0.3))
    row = bio_features(window({"heart_rate": 70.0}, [{"heart_rate": 70.0}] * 5), parameters)
    assert row.dtype == np.float32
    assert row.tolist() == [0.0, 0.0, 1.0, 0.0]


def test_change_is_measured_in_the_persons_own_spread() -> None:
    """The same 10 beats more mean more for a steady heart than for a lively one."""
    parameters = BioParameters(features=("heart_rate",), usual=(5.0,))
    steady = bio_features(window({"heart_rate": 80.0}, [{"heart_rate": 70.0}] * 200), parameters)
    lively = bio_features(window({"heart_rate": 80.0}, [{"heart_rate": 60.0}, {"heart_rate": 80.0}] * 100), parameters)
    assert steady[0] > 2 * lively[0] > 0


def test_sensor_gain_does_not_matter() -> None:
    """Conductance is compared by factors: ten times the level, the same input."""
    parameters = BioParameters(features=("mean_EDA",), usual=(0.3,))
    low = bio_features(window({"mean_EDA": 1.5}, [{"mean_EDA": 1.0}] * 50), parameters)
    high = bio_features(window({"mean_EDA": 15.0}, [{"mean_EDA": 10.0}] * 50), parameters)
    assert low[0] == pytest.approx(high[0], rel=0.02)


def test_outliers_are_clipped() -> None:
    parameters = BioParameters(features=("mean_TEMP",), usual=(0.1,), clip=3.0)
    assert bio_features(window({"mean_TEMP": 45.0}, [{"mean_TEMP": 30.0}] * 500), parameters)[0] == 3.0


def test_parameters_travel_as_json() -> None:
    parameters = BioParameters(features=("scr_rate", "heart_rate"), usual=(2.5, 6.0), weight=30.0)
    assert BioParameters.from_json(parameters.to_json()) == parameters


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ["pulse"], "usual": [1.0]}, "unknown feature 'pulse'"),
        ({"features": ["rmssd"], "usual": [1.0, 2.0]}, "one number above 0 for each"),
        ({"features": ["rmssd"], "usual": [0.0]}, "one number above 0 for each"),
        ({"hop_s": 0.0}, "hop_s is 0.0"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_bad_parameters_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        BioParameters.from_json({**BioParameters().to_json(), **change})
