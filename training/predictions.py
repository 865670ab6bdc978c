"""What exported graphs said about utterances: the one thing that scores, reports and cards are made of.

A run keeps one file per modality, `predictions/voice.npz` and so on, with the rows of all folds.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS
from training.errors import TrainingError

TIED = -1
"""Truth of an utterance whose raters agreed on no single label"""
PARTS = ("validation", "test")


class InvalidPredictions(TrainingError, ValueError):
    """A file is no table of predictions, or its columns do not fit together."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What exported graphs said about utterances that they were not trained on, one row each.

    Rows of the part `validation` may have chosen when training stopped; those of `test` decided about nothing.

    Raises
    ------
    InvalidPredictions
        When the columns have different lengths, or a part is none of `PARTS`.
    """

    modality: str
    """`voice`, `text`, `bio`, or `voice-segment`, whose answers are one half of the voice's"""
    id: NDArray[np.str_]
    """Utterance, [n]: the join key between modalities"""
    part: NDArray[np.str_]
    """`validation` or `test`, [n]"""
    fold: NDArray[np.int64]
    """[n], counted from 1"""
    corpus: NDArray[np.str_]
    """By name, [n]"""
    session: NDArray[np.str_]
    """[n], unique over corpora; empty where the corpus has no sessions"""
    scene: NDArray[np.str_]
    """[n], empty where the corpus has no scenes"""
    kind: NDArray[np.str_]
    """`script`, `impro` or empty, [n]"""
    speaker: NDArray[np.str_]
    """[n]"""
    start: NDArray[np.float64]
    """Seconds within the scene, [n]"""
    end: NDArray[np.float64]
    """Seconds within the scene, [n]"""
    truth: NDArray[np.int64]
    """Index into LABELS, or TIED, [n]"""
    votes: NDArray[np.float32]
    """Raters' distribution over LABELS, [n, 7]; one-hot where there is only a label"""
    valence: NDArray[np.float32]
    """Mean of the raters, 1..5, [n]; NaN where nobody was asked"""
    arousal: NDArray[np.float32]
    """The same"""
    probabilities: NDArray[np.float32]
    """Over LABELS, [n, 7]; NaN in the rows of utterances that lack the modality"""

    def __post_init__(self) -> None:
        rows = len(self.id)
        for name in COLUMNS:
            expected = (rows, len(LABELS)) if name in ("votes", "probabilities") else (rows,)
            if (found := getattr(self, name).shape) != expected:
                raise InvalidPredictions(f"predictions: {name} has the shape {found}, {expected} expected")
        if strange := set(self.part.tolist()) - set(PARTS):
            raise InvalidPredictions(f"predictions: part {strange.pop()!r}; {' or '.join(PARTS)} expected")

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """These rows, by mask or by index."""
        return type(self)(self.modality, **{name: getattr(self, name)[rows] for name in COLUMNS})

    def save(self, path: Path) -> None:
        """Write `path` (.npz) as a whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".part")
        with unfinished.open("wb") as file:
            columns: dict[str, Any] = {name: getattr(self, name) for name in COLUMNS}
            np.savez_compressed(file, modality=np.array(self.modality), **columns)
        unfinished.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        OSError
            When the file cannot be read.
        InvalidPredictions
            When it is something else.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(str(arrays["modality"]), **{name: arrays[name] for name in COLUMNS})
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidPredictions(f"{path}: no table of predictions ({error}); run maeum-train all anew") from error


COLUMNS = tuple(field.name for field in fields(Predictions))[1:]


def joined(tables: Sequence[Predictions]) -> Predictions:
    """The rows of tables of one modality, one table after the other; there must be at least one."""
    columns = {name: np.concatenate([getattr(table, name) for table in tables]) for name in COLUMNS}
    return Predictions(tables[0].modality, **columns)
