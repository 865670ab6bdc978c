"""From arousal to evidence over the seven labels, as the last layer of a graph.

A body tells how aroused a person is, hardly which emotion it is. A label's evidence is how well the measured arousal a
fits the label's mean arousal mu on KEMDy19's scale from 1 to 5:

    a = LOW + (HIGH - LOW) P(aroused)          p(label) ~ exp(-(a - mu)^2 / (2 SPREAD^2))

a^2 is common to all labels, so this is one dense layer with a softmax: logit = a mu / SPREAD^2 - mu^2 / (2 SPREAD^2).

Rest and stress stand for one standard deviation below and above KEMDy19's mean arousal of 3.34, so that an undecided
model (P = 0.5) says the mean. SPREAD is the standard deviation over all of KEMDy19: the spread within a label is
smaller, and the rest allows for what a wrist says wrongly. The evidence stays mild on purpose: from 0.02 to 0.27.
"""

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS

MEAN_AROUSAL = {
    "angry": 3.79,
    "disgust": 3.12,
    "fear": 3.64,
    "happy": 3.86,
    "neutral": 2.98,
    "sad": 2.62,
    "surprise": 3.64,
}
"""Of KEMDy19's labels, 1..5"""
OVERALL, SPREAD = 3.34, 0.65
"""Mean and standard deviation of arousal over KEMDy19"""
LOW, HIGH = OVERALL - SPREAD, OVERALL + SPREAD
"""Arousal at rest and under stress"""

Floats = NDArray[np.float64]


def evidence_weights() -> tuple[Floats, Floats]:
    """Kernel [1, labels] and bias [labels] of a dense softmax layer that turns P(aroused) into evidence."""
    mu = np.array([MEAN_AROUSAL[label] for label in LABELS])
    kernel = (HIGH - LOW) * mu / SPREAD**2
    bias = (LOW * mu - mu**2 / 2) / SPREAD**2
    return kernel[None, :], bias


def aroused(evidence: NDArray[np.float32]) -> Floats:
    """P(aroused) [...] back from evidence [..., labels], by the labels that are furthest apart: happy and sad."""
    kernel, bias = evidence_weights()
    high, low = LABELS.index("happy"), LABELS.index("sad")
    logit = np.log(evidence[..., high].astype(np.float64)) - np.log(evidence[..., low].astype(np.float64))
    return np.asarray((logit - (bias[high] - bias[low])) / (kernel[0, high] - kernel[0, low]))
