"""What one model says about one window."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""Alphabetical, as the one-hot encoding of the original notebooks has them"""

Modality = Literal["voice", "text", "bio"]
MODALITIES: tuple[Modality, ...] = ("voice", "text", "bio")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Calibrated probabilities over the bundle's labels, or the reason why there are none."""

    modality: Modality
    start: float
    """Of the window, seconds of session time"""
    end: float
    """Of the window, seconds of session time"""
    probabilities: NDArray[np.float32] | None
    """[labels], sums to 1; None when `reason` says why"""
    quality: float = 1.0
    """0..1, how far the input can be trusted"""
    reason: str | None = None
    """Why there are no probabilities, in words for the screen"""
