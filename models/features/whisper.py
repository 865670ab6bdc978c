"""A voice as Whisper's encoder hears it: mean and standard deviation of its output over a segment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features.parameters import InvalidParameters, Parameters

Floats = NDArray[np.float32]

REFERENCE_VALUES = 64
"""Of the reference sound's statistics, kept in the parameters"""


@dataclass(frozen=True)
class WhisperParameters(Parameters):
    """Which encoder, and how to tell that it is the same one."""

    size: str = "base"
    """Of the Whisper model, as `--whisper` takes it"""
    dimensions: int = 512
    """Of the encoder's output"""
    margin_s: float = 8.0
    """Seconds of nothing that are encoded after the audio"""
    reference: tuple[float, ...] = (0.0,) * REFERENCE_VALUES
    """Statistics of a reference sound by the training's encoder, at evenly spaced places; `models.whisper_encoder`"""

    def __post_init__(self) -> None:
        if self.dimensions < 1 or self.margin_s < 0 or len(self.reference) != REFERENCE_VALUES:
            found = f"dimensions {self.dimensions}, margin_s {self.margin_s}, {len(self.reference)} values of reference"
            raise InvalidParameters(f"{found}, expected 1 or more, 0 or more, {REFERENCE_VALUES}")


def whisper_statistics(vectors: Floats, parameters: WhisperParameters) -> Floats:
    """Mean, then standard deviation, over time.

    Parameters
    ----------
    vectors
        float32 [n, dimensions], n >= 1: the encoder's output for the audio of one segment, without the margin.
    parameters
        Of the encoder.

    Returns
    -------
    float32 [2 * dimensions]

    Raises
    ------
    ValueError
        When the vectors are none, or of another length.
    """
    if vectors.ndim != 2 or not len(vectors) or vectors.shape[1] != parameters.dimensions:
        raise ValueError(f"whisper: vectors are {list(vectors.shape)}, expected [1 or more, {parameters.dimensions}]")
    exact = vectors.astype(np.float64)
    statistics: Floats = np.concatenate([exact.mean(axis=0), exact.std(axis=0)]).astype(np.float32)
    return statistics
