"""The original notebooks' input of the bio model: three means, each scaled to the range of the training rows.

What the notebooks call the mean ECG is none: they read the wrong column of the ECG files, which holds the seconds
since the recording began. A model trained on it knows how far the session had gone, nothing about the heart. To be
scored as it was trained, it is given the session time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features.bio import BioWindow, WindowParameters
from models.features.parameters import InvalidParameters

INPUTS = ("mean_EDA", "elapsed", "mean_TEMP")
"""Microsiemens, seconds of session time, degrees Celsius; in the order of the model's input"""


class MissingMeasure(ValueError):
    """The model has no way to say that a measure is missing; the message names it."""


@dataclass(frozen=True)
class NotebookMeansParameters(WindowParameters):
    """Windows and the training rows' ranges.

    The notebooks' windows were utterances, half of them shorter than 4.1 s. These are as short as means over
    `physiology.LEAST_S` allow while some samples are lost.
    """

    window_s: float = 10.0
    warm_up_s: float = 5.0
    weight: float = 0.0
    minimum: tuple[float, ...] = (0.0, 0.0, 0.0)
    """[INPUTS] becomes 0"""
    maximum: tuple[float, ...] = (1.0, 1.0, 1.0)
    """[INPUTS] becomes 1"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("minimum", "maximum"):
            if len(getattr(self, name)) != len(INPUTS):
                raise InvalidParameters(f"parameters: {name} must hold one number for each of {', '.join(INPUTS)}")
        for name, low, high in zip(INPUTS, self.minimum, self.maximum, strict=True):
            if low >= high:
                raise InvalidParameters(f"parameters: {name} ranges from {low:g} to {high:g}, expected a rising range")


def notebook_means(window: BioWindow, parameters: NotebookMeansParameters) -> NDArray[np.float32]:
    """Scale the window's means of EDA, elapsed time and skin temperature.

    Returns
    -------
    float32 [3], 0..1 within the range of the training rows. The time, which grows without end, stays within 0..1.

    Raises
    ------
    MissingMeasure
        When EDA or temperature could not be measured.
    """
    elapsed = (max(window.start, 0.0) + window.end) / 2
    values = {**window.measures, "elapsed": elapsed}
    if missing := [name for name in INPUTS if name not in values]:
        raise MissingMeasure(f"no {missing[0].removeprefix('mean_')} in the window")
    low, high = np.array(parameters.minimum), np.array(parameters.maximum)
    scaled = (np.array([values[name] for name in INPUTS]) - low) / (high - low)
    scaled[1] = np.clip(scaled[1], 0.0, 1.0)
    return np.asarray(scaled, np.float32)
