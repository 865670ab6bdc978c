"""Learning curves of networks that are trained batch by batch, and the files that keep them beside the graphs."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

POINTS = 20
"""Of a curve, at most"""
SUFFIX = ".history.json"


class Curve:
    """Losses along a run of `steps` batches, averaged over equal parts of it.

    Parameters
    ----------
    validate
        Gives the loss on validation rows; None where there are none.
    """

    def __init__(self, steps: int, validate: Callable[[], float] | None = None) -> None:
        self._ends = {int(end) for end in np.linspace(0, steps, min(POINTS, steps) + 1)[1:]}
        self._validate = validate
        self._step = 0
        self.loss: list[float] = []
        self.val_loss: list[float] = []

    def step(self, network: Any, loss: float) -> None:  # noqa: ANN401 - Keras has no annotations
        """Take what `train_on_batch` returned: Keras's mean since its metrics were last reset."""
        self._step += 1
        if self._step in self._ends:
            self.loss.append(round(float(loss), 5))
            if self._validate:
                self.val_loss.append(round(self._validate(), 5))
            network.reset_metrics()

    def to_json(self) -> dict[str, list[float]]:
        """By Keras's names."""
        return {"loss": self.loss, "val_loss": self.val_loss}


def mean_curve(curves: Sequence[Curve]) -> dict[str, list[float]]:
    """Mean of the curves of networks that vote together, by Keras's names."""
    names = ("loss", "val_loss")
    return {name: np.mean([getattr(curve, name) for curve in curves], axis=0).round(5).tolist() for name in names}


def write_curve(path: Path, curve: Mapping[str, Sequence[float]]) -> None:
    """Write a model's curve beside its graph's `path`."""
    path.with_suffix(SUFFIX).write_text(json.dumps(curve) + "\n", encoding="utf-8")


def read_curves(out: Path, model: str) -> list[dict[str, Any]]:
    """Curves that were written of a model, the one that ships as fold 0, each with its fold's name."""
    files = {"0": (out / model).with_suffix(SUFFIX)}
    files |= {path.name.removesuffix(SUFFIX): path for path in sorted((out / f"{model}-folds").glob(f"*{SUFFIX}"))}
    there = {fold: path for fold, path in files.items() if path.is_file()}
    return [{"fold": fold, **json.loads(path.read_text(encoding="utf-8"))} for fold, path in there.items()]


def cross_entropy(targets: NDArray[np.float32], probabilities: NDArray[np.floating[Any]]) -> float:
    """Mean over examples, natural logarithm."""
    return float(-(targets * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1).mean())
