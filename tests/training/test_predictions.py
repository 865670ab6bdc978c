"""Tables of predictions: kept as they were, and refused when they cannot be right."""

from pathlib import Path

import numpy as np
import pytest

from models.scores import LABELS
from training.predictions import COLUMNS, InvalidPredictions, Predictions, joined


def table(rows: int, part: str = "test") -> Predictions:
    """A table of invented rows; the last one lacks the modality."""
    text = np.array([f"Sess99_script01_F{row:03}" for row in range(rows)])
    probabilities = np.full((rows, len(LABELS)), 1 / len(LABELS), np.float32)
    probabilities[-1] = np.nan
    return Predictions(
        "voice",
        id=text,
        part=np.full(rows, part),
        fold=np.ones(rows, np.int64),
        corpus=np.full(rows, "KEMDy19"),
        session=np.full(rows, "99"),
        scene=np.full(rows, "Sess99_script01"),
        kind=np.full(rows, "script"),
        speaker=np.full(rows, "99F"),
        start=np.arange(rows) * 2.0,
        end=np.arange(rows) * 2.0 + 1.5,
        truth=np.arange(rows) % 8 - 1,
        votes=np.eye(len(LABELS), dtype=np.float32)[np.arange(rows) % 7],
        valence=np.full(rows, 3, np.float32),
        arousal=np.full(rows, 3, np.float32),
        probabilities=probabilities,
    )


def test_a_table_survives_its_file(tmp_path: Path) -> None:
    """Every column comes back from the file, missing rows as NaN."""
    saved = table(9)
    saved.save(tmp_path / "predictions" / "voice.npz")
    loaded = Predictions.load(tmp_path / "predictions" / "voice.npz")
    assert loaded.modality == "voice"
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(saved, name))


def test_tables_are_joined_and_cut() -> None:
    """Folds are put one after the other, and a mask takes rows of all columns alike."""
    both = joined([table(3, "validation"), table(4)])
    assert len(both) == 7
    assert both[both.part == "test"].start.tolist() == [0.0, 2.0, 4.0, 6.0]


def test_columns_of_different_lengths_are_refused() -> None:
    """A column that is too short is named."""
    columns = {name: getattr(table(3), name) for name in COLUMNS}
    with pytest.raises(InvalidPredictions, match="truth has the shape"):
        Predictions("voice", **{**columns, "truth": np.zeros(2, np.int64)})


def test_another_file_is_refused(tmp_path: Path) -> None:
    """A file with other arrays is no table of predictions, in one clear line."""
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    with pytest.raises(InvalidPredictions, match="no table of predictions"):
        Predictions.load(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(InvalidPredictions, match="no table of predictions"):
        Predictions.load(tmp_path / "y.npz")
