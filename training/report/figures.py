"""Drawings of results: pure functions to matplotlib figures, one for each question a reader has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from models.scores import LABELS
from training.evaluation.aligned import answered
from training.evaluation.gauge import LARGEST, RANDOM
from training.evaluation.results import Outcome, Results
from training.metrics import Bin
from training.predictions import Predictions
from training.report.theme import LIGHT

Counts = NDArray[np.int64]
MARKS = {"voice": "o", "text": "s", "bio": "^", "vote": "D"}
NAMES = {"accuracy": "accuracy", "uar": "UAR", "macro_f1": "macro-F1"}
WIDE = 8.6
"""Inches"""
MOST_SESSIONS = 40
"""Whose numbers fit side by side"""


def kind_of(outcome: Outcome) -> str:
    """Name of the colour and mark: the modality, or `vote`."""
    return outcome.modalities[0] if len(outcome.modalities) == 1 else "vote"


def overview(results: Results) -> Figure:
    """Every subset's scores with their intervals, a small dot for each fold, and what is reached without features."""
    outcomes = list(reversed(results.outcomes))
    figure = Figure((WIDE, 1.1 + 0.3 * len(outcomes)), layout="constrained")
    for axes, score in zip(figure.subplots(1, 3, sharey=True), NAMES, strict=True):
        for row, outcome in enumerate(outcomes):
            _interval(axes, row, outcome, score, LIGHT["leak" if results.leak else "ink"])
        _gauge_lines(axes, results, score)
        axes.set_title(NAMES[score])
        axes.set_xlim(0, 1)
        axes.grid(axis="x")
        axes.tick_params(length=0)
    figure.axes[0].set_yticks(range(len(outcomes)), [outcome.name for outcome in outcomes])
    legend_below(figure, figure.axes[0])
    return figure


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str] = LABELS) -> Figure:
    """Shares of each true label, with counts."""
    found = np.array(matrix)
    shares = found / np.maximum(found.sum(axis=1, keepdims=True), 1)
    edge = len(labels)
    figure = Figure((1.4 + 0.46 * edge, 1.1 + 0.46 * edge), layout="constrained")
    axes = figure.subplots()
    for (truth, predicted), share in np.ndenumerate(shares):
        _cell(axes, predicted, truth, float(share), int(found[truth, predicted]))
    axes.set(xlim=(0, edge), ylim=(edge, 0), aspect="equal", xlabel="predicted", ylabel="true")
    axes.set_xticks(np.arange(edge) + 0.5, labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(np.arange(edge) + 0.5, labels)
    axes.tick_params(length=0, pad=4)
    axes.spines[:].set_visible(False)
    return figure


def classes(table: Predictions) -> Figure:
    """How often each label is true, corpora or script and improvisation apart, and how often the vote says it."""
    rows = table[answered(table, "test")]
    corpora = np.unique(rows.corpus)
    of = rows.corpus if len(corpora) > 1 else rows.kind
    kinds = corpora.tolist() if len(corpora) > 1 else np.unique(of)[::-1].tolist()
    true = {f"true {kind}": np.bincount(rows.truth[of == kind], minlength=len(LABELS)) for kind in kinds}
    return counts(true, np.bincount(rows.probabilities.argmax(axis=1), minlength=len(LABELS)), LABELS)


def counts(true: Mapping[str, Counts], said: Counts, labels: Sequence[str]) -> Figure:
    """How often each label is true, by kind of rows, and how often it is said; [labels] each."""
    figure = Figure((WIDE, 0.9 + 0.3 * len(labels)), layout="constrained")
    axes = figure.subplots()
    places, left = np.arange(len(labels)), np.zeros(len(labels))
    for (kind, found), alpha in zip(true.items(), np.linspace(0.85, 0.25, len(true)), strict=True):
        axes.barh(places, found, left=left, height=0.62, color=LIGHT["voice"], alpha=alpha, label=kind)
        left += found
    axes.plot(
        said, places, linestyle="", marker="D", markersize=6, color=LIGHT["wrong"], label="predicted", clip_on=False
    )
    for place, (known, predicted) in enumerate(zip(left, said, strict=True)):
        for x, count, colour in ((1.06, known, "ink"), (1.18, predicted, "wrong")):
            where = axes.get_yaxis_transform()
            axes.text(x, place, f"{count:.0f}", transform=where, color=LIGHT[colour], ha="right", va="center")
    axes.set(yticks=places, yticklabels=labels, xlabel="utterances", ylim=(len(labels) - 0.5, -0.5))
    axes.set_xlim(0, max(left.max(), said.max()) * 1.02)
    axes.text(1.06, -0.8, "true", transform=axes.get_yaxis_transform(), color=LIGHT["muted"], ha="right")
    axes.text(1.18, -0.8, "predicted", transform=axes.get_yaxis_transform(), color=LIGHT["muted"], ha="right")
    axes.grid(axis="x")
    axes.tick_params(length=0)
    legend_below(figure, axes)
    return figure


def learning_curves(history: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Training and validation loss of every fold, thin, and their means over folds."""
    there = {modality: folds for modality, folds in history.items() if any(fold.get("loss") for fold in folds)}
    figure = Figure((min(WIDE, 4.3 * len(there)), 2.9), layout="constrained")
    for axes, (modality, folds) in zip(figure.subplots(1, len(there), squeeze=False)[0], there.items(), strict=True):
        for key, line, name in (("loss", "--", "training"), ("val_loss", "-", "validation")):
            _curves(axes, [fold[key] for fold in folds if fold.get(key)], modality, line, name)
        highest = max(value for line in axes.lines for value in np.asarray(line.get_ydata()).tolist())
        axes.set(title=modality, xlabel="part of the training", xlim=(0, 1), ylim=(0, 1.08 * highest))
        axes.grid(axis="y")
        axes.legend(loc="best")
    figure.axes[0].set_ylabel("loss")
    return figure


def reliability(results: Results) -> Figure:
    """How often predictions are right by how sure they are, before and after calibration."""
    columns = [results.outcome(modality) for modality in results.calibration]
    columns += [results.whole] if len(columns) > 1 else []
    return reliabilities([_panel(results, outcome) for outcome in columns])


@dataclass(frozen=True, slots=True)
class Panel:
    """One model's reliability."""

    name: str
    """A modality, or `vote`"""
    bins: Sequence[Bin]
    ece: float
    before: Sequence[Bin] = ()
    """Without calibration, where there was one"""


def _panel(results: Results, outcome: Outcome) -> Panel:
    name = kind_of(outcome)
    before = results.calibration[name].reliability_before if name in results.calibration else ()
    return Panel(name, outcome.reliability, outcome.scores.ece, before)


def reliabilities(panels: Sequence[Panel]) -> Figure:
    """Panels side by side."""
    side = min(WIDE / len(panels), 3.2)
    figure = Figure((side * len(panels), 0.5 + 0.9 * side), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False, sharey=True)[0], panels, strict=True):
        axes.plot([0, 1], [0, 1], color=LIGHT["muted"], linewidth=0.8, linestyle=":")
        colour = LIGHT[panel.name]
        if panel.before:
            _bins(axes, panel.before, "before", color=colour, alpha=0.45, linestyle="--", marker="")
        _bins(axes, panel.bins, f"ECE {panel.ece:.3f}", color=colour, marker=MARKS[panel.name])
        axes.set(title=panel.name, xlim=(0, 1), ylim=(0, 1), xlabel="largest probability", aspect="equal")
        axes.set_xticks([0, 0.5, 1])
        axes.legend(loc="upper left", fontsize=8, handlelength=1.6, borderaxespad=0.2)
    figure.axes[0].set_ylabel("share right")
    return figure


def sessions(results: Results) -> Figure:
    """Each session's UAR, by modality and of the vote."""
    shown = [results.outcome(modality) for modality in results.calibration]
    shown += [results.whole] if len(shown) > 1 else []
    names = sorted(set().union(*(outcome.sessions for outcome in shown)))
    figure = Figure((WIDE, 3.0), layout="constrained")
    axes = figure.subplots()
    for outcome in shown:
        there = [name for name in names if name in outcome.sessions]
        kind = kind_of(outcome)
        axes.plot(
            [names.index(name) for name in there],
            [outcome.sessions[name].uar for name in there],
            linestyle="-" if kind == "vote" else "",
            linewidth=0.8,
            markersize=5.5,
            clip_on=False,
            marker=MARKS[kind],
            color=LIGHT[kind],
            label=kind,
        )
    axes.axhline(1 / len(LABELS), color=LIGHT["muted"], linewidth=0.8, linestyle=":", label="chance")
    many = max(map(len, names)) > 2 or len(names) > MOST_SESSIONS
    axes.set(xlabel="session", ylabel="UAR", ylim=(0, 1), xlim=(-0.6, len(names) - 0.4))
    size = min(9.0, 380 / len(names)) if many else 9.0
    axes.set_xticks(range(len(names)), names, rotation=90 if many else 0, fontsize=size)
    axes.grid(axis="y")
    axes.tick_params(length=0)
    figure.legend(loc="outside upper left", ncols=5)
    return figure


def marked(figure: Figure, leak: str | None) -> Figure:
    """The same drawing, with a red line on top when its numbers cannot be believed."""
    if leak:
        text = fill(f"LEAKY: {leak}", int(13 * figure.get_figwidth()))
        figure.suptitle(text, color=LIGHT["leak"], fontsize=8, fontweight="bold", x=0.01, ha="left")
    return figure


def laid_out(figure: Figure) -> Figure:
    """The same drawing, with every place decided once for all the formats that it is written in."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def _interval(axes: Axes, row: int, outcome: Outcome, score: str, ink: str) -> None:
    """Folds as small dots, the interval as a line, the score as a mark with its number."""
    colour, interval = LIGHT[kind_of(outcome)], outcome.intervals[score]
    folds = [getattr(fold, score) for fold in outcome.folds.values()]
    axes.plot(folds, [row] * len(folds), linestyle="", marker=".", markersize=4, color=colour, alpha=0.4, clip_on=False)
    axes.plot([interval.low, interval.high], [row, row], color=colour, linewidth=1.8)
    value = getattr(outcome.scores, score)
    hollow = LIGHT["surface"] if outcome.weighting == "fitted" else colour
    axes.plot([value], [row], marker=MARKS[kind_of(outcome)], markersize=6, color=colour, mfc=hollow, clip_on=False)
    axes.text(1.03, row, f"{value:.3f}", transform=axes.get_yaxis_transform(), va="center", color=ink)


def _gauge_lines(axes: Axes, results: Results, score: str) -> None:
    for gauge in results.gauges:
        if gauge.scores and gauge.name in (LARGEST, RANDOM):
            colour = LIGHT["wrong" if gauge.name == RANDOM else "muted"]
            axes.axvline(getattr(gauge.scores, score), color=colour, linewidth=1.0, linestyle=":", label=gauge.name)


def _cell(axes: Axes, x: int, y: int, share: float, count: int) -> None:
    """A square as dark as its share, on whatever the page's background is."""
    axes.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, facecolor=LIGHT["voice"], alpha=max(share, 0.04), lw=0))
    if not count:
        return
    colour = LIGHT["surface" if share > 0.7 else "ink"]
    percent = f"{share:.0%}" if share >= 0.01 else "<1%"
    axes.text(x + 0.5, y + 0.4, percent, fontsize=8.5, color=colour, ha="center", va="center")
    axes.text(x + 0.5, y + 0.73, str(count), fontsize=6.5, color=colour, ha="center", va="center")


def _curves(axes: Axes, curves: Sequence[Sequence[float]], modality: str, line: str, name: str) -> None:
    """Each over 0..1 of its length."""
    if not curves:
        return
    colour, at = LIGHT.get(modality, LIGHT["vote"]), np.linspace(1 / min(map(len, curves)), 1, 60)
    along = [np.interp(at, (np.arange(len(curve)) + 1) / len(curve), curve) for curve in curves]
    for values in along:
        axes.plot(at, values, color=colour, linewidth=0.6, alpha=0.35, linestyle=line)
    axes.plot(at, np.mean(along, axis=0), color=colour, linewidth=1.8, linestyle=line, label=name)


def _bins(axes: Axes, bins: Sequence[Bin], label: str, **look: Any) -> None:  # noqa: ANN401 - matplotlib's own
    confidence, accuracy = [b.confidence for b in bins], [b.accuracy for b in bins]
    axes.plot(confidence, accuracy, linewidth=1.4, markersize=4.5, label=label, clip_on=False, **look)


def legend_below(figure: Figure, axes: Axes) -> None:
    """Put the legend of `axes` under the whole drawing."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower right", ncols=4)
