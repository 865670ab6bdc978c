"""The original notebooks' bio input: scaled means, with the session time where they took it for an ECG."""

import numpy as np
import pytest

from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioWindow
from models.features.notebook_means import MissingMeasure, NotebookMeansParameters, notebook_means
from models.features.parameters import InvalidParameters
from models.windows import BioWindows
from tests.models.test_windows import Piece

P = NotebookMeansParameters(minimum=(0.5, 700.0, 26.0), maximum=(10.5, 3100.0, 36.0))


def window(start: float, measures: dict[str, float]) -> BioWindow:
    return BioWindow(start, start + 10, measures, Baseline.empty(len(FEATURES)), 1.0, None)


def test_each_mean_is_scaled_to_its_range() -> None:
    """The range of the training rows becomes 0 to 1; EDA and temperature may leave it, as in the notebooks."""
    row = notebook_means(window(1895.0, {"mean_EDA": 3.0, "mean_ECG": 0.01, "mean_TEMP": 37.0}), P)
    assert row.dtype == np.float32
    np.testing.assert_allclose(row, [0.25, 0.5, 1.1], atol=1e-6)


def test_time_stays_within_its_range() -> None:
    """A session may be longer than any of the corpus; the model gets no time that it never saw."""
    measures = {"mean_EDA": 3.0, "mean_TEMP": 30.0}
    assert [notebook_means(window(start, measures), P)[1] for start in (-5.0, 9000.0)] == [0.0, 1.0]


@pytest.mark.parametrize(("measures", "name"), [({"mean_EDA": 1.0}, "TEMP"), ({"mean_TEMP": 30.0}, "EDA")])
def test_what_is_missing_is_named(measures: dict[str, float], name: str) -> None:
    """The model has no mask, so nothing is made up for it."""
    with pytest.raises(MissingMeasure, match=f"no {name} in the window"):
        notebook_means(window(0.0, measures), P)


def test_windows_of_its_length_are_trusted_at_once() -> None:
    """Ten seconds of skin and temperature give a full window, and nobody needs to be known first."""
    windows = BioWindows(P, ("eda", "temp"))
    made = [
        one
        for stream, level in (("eda", 2.0), ("temp", 33.0))
        for one in windows.push(Piece(stream, 0.0, 4.0, np.full(80, level, np.float32)))
    ]
    assert made[0].reason == "warming up"
    assert (made[9].start, made[9].end, made[9].reason, made[9].quality) == (0.0, 10.0, None, 1.0)
    np.testing.assert_allclose(notebook_means(made[9], P), [0.15, 0.0, 0.7], atol=1e-6)


def test_parameters_survive_json() -> None:
    """The ranges travel in the manifest."""
    assert NotebookMeansParameters.from_json(P.to_json()) == P


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minimum": [0.0]}, "minimum must hold one number for each"),
        ({"maximum": [10.5, 700.0, 36.0]}, "elapsed ranges from 700 to 700"),
        ({"window_s": 0}, "window_s is 0"),
    ],
)
def test_bad_parameters_are_named(change: dict[str, object], message: str) -> None:
    """Bad values name their key and what is expected."""
    with pytest.raises(InvalidParameters, match=message):
        NotebookMeansParameters.from_json(P.to_json() | change)
