"""Learning curves of networks that are trained batch by batch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

POINTS = 20
"""Of a curve, at most"""


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


def cross_entropy(targets: NDArray[np.float32], probabilities: NDArray[np.float32]) -> float:
    """Mean over examples, natural logarithm."""
    return float(-(targets * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1).mean())
