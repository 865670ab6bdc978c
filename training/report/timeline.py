"""A drawing of one scene over time: what was true, and what was predicted."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.scores import LABELS
from training.predictions import Predictions
from training.report.figures import WIDE, legend_below
from training.report.theme import LIGHT

KEYS = (
    ("muted", 0.3, "true"),
    ("right", 1.0, "predicted, right"),
    ("wrong", 1.0, "predicted, wrong"),
    ("muted", 1.0, "predicted, raters tied"),
)
"""Colour, opacity and meaning of a timeline's bars"""


def timeline(table: Predictions) -> Figure:
    """Truth and prediction over a scene, a panel for each speaker."""
    people = np.unique(table.speaker)
    figure = Figure((WIDE, 0.7 + 1.75 * len(people)), layout="constrained")
    for axes, person in zip(figure.subplots(len(people), 1, squeeze=False, sharex=True)[:, 0], people, strict=True):
        rows = table[table.speaker == person]
        for start, end, truth, p in zip(rows.start, rows.end, rows.truth, rows.probabilities, strict=True):
            _moment(axes, float(start), float(end), int(truth), p)
        axes.set(title=f"speaker {person}", ylim=(len(LABELS) - 0.5, -0.5), yticks=range(len(LABELS)))
        axes.set_yticklabels(LABELS)
        axes.set_xlim(0, float(table.end.max()))
        axes.grid(axis="y")
        axes.tick_params(length=0)
    figure.axes[-1].set_xlabel("seconds into the scene")
    for colour, alpha, name in KEYS:
        figure.axes[0].barh([0], [0], color=LIGHT[colour], alpha=alpha, label=name)
    legend_below(figure, figure.axes[0])
    return figure


def _moment(axes: Axes, start: float, end: float, truth: int, probabilities: NDArray[np.floating[Any]]) -> None:
    """One utterance: a pale band at its truth, a line at what was predicted."""
    if truth >= 0:
        axes.barh(truth, end - start, left=start, height=0.8, color=LIGHT["muted"], alpha=0.3)
    if not np.isnan(probabilities[0]):
        said = int(probabilities.argmax())
        colour = LIGHT["muted" if truth < 0 else "right" if said == truth else "wrong"]
        axes.barh(said, end - start, left=start, height=0.34, color=colour)
