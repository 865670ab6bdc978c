"""A run's numbers for people: `report.html`, PNGs, `results.json` and TensorBoard logs, all from one evaluation."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.scores import MODALITIES
from training.errors import NotPrepared
from training.evaluation import calibrated_vote, evaluated
from training.evaluation.aligned import answered
from training.evaluation.results import Outcome, Results
from training.predictions import InvalidPredictions, Predictions
from training.recipes import SEGMENT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from training.report.page import Drawing

Progress = Callable[[int, int], object]
History = Mapping[str, Sequence[Mapping[str, Any]]]
"""Learning curves of each fold, by model"""
DRAWINGS = 10
"""Of a run with three modalities"""
Plan = tuple[str, str, str, Callable[[], "Figure"]]
"""File name, title, what it shows, how to draw it"""


def read_run(folder: Path) -> tuple[dict[str, Any], list[Predictions]]:
    """What `run.json` says, and the table of each modality.

    Raises
    ------
    NotPrepared
        When there is no run in `folder`.
    InvalidPredictions
        When a file is not what it should be.
    """
    about = folder / "run.json"
    if not about.is_file():
        raise NotPrepared(f"{about} is missing; name the folder of a run of maeum-train all")
    try:
        run = json.loads(about.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidPredictions(f"{about}: no JSON ({error}); run maeum-train all anew") from None
    paths = [folder / "predictions" / f"{modality}.npz" for modality in (*MODALITIES, SEGMENT)]
    tables = [Predictions.load(path) for path in paths if path.is_file()]
    if not tables:
        raise NotPrepared(f"{folder / 'predictions'} holds no table of predictions; run maeum-train all to the end")
    return run, tables


def write_report(folder: Path, progress: Progress) -> Results:
    """Evaluate the run in `folder` and write `results.json`, `report.html`, `plots/` and `tensorboard/` into it.

    `progress` is told steps done and in all. Needs matplotlib.
    """
    from training.report.page import page
    from training.report.tensorboard import write_curves

    run, tables = read_run(folder)
    results = evaluated(tables, run, lambda done, total: progress(done, total + DRAWINGS))
    written = json.dumps(results.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    write_page(folder / "results.json", written + "\n")
    write_curves(folder / "tensorboard", run.get("history") or {})
    plans = list(plans_of(results, run.get("history") or {}, calibrated_vote(tables)))
    first = 2 ** len(results.calibration) - 1
    drawings = drawn(plans, folder / "plots", results.leak, lambda done, _: progress(first + done, first + len(plans)))
    write_page(folder / "report.html", page(results, run, drawings))
    return results


def drawn(plans: Sequence[Plan], plots: Path, leak: str | None, progress: Progress) -> "dict[str, Drawing]":
    """Draw everything, for a page and as PNGs; `progress` is told drawings done and in all."""
    from training.report.figures import laid_out, marked
    from training.report.page import Drawing
    from training.report.theme import inline_svg, style, write_png

    plots.mkdir(exist_ok=True)
    drawings = {}
    for done, (name, title, says, draw) in enumerate(plans, 1):
        with style():
            figure = laid_out(marked(draw(), leak))
            drawings[name] = Drawing(title, says, inline_svg(figure, escape(f"{title}: {says}")))
            write_png(figure, plots / f"{name}.png")
        progress(done, len(plans))
    return drawings


def typical_scene(vote: Predictions) -> Predictions | None:
    """Test rows of the scene whose share of right answers is nearest to that of all, among the longer scenes."""
    rows = vote[(vote.part == "test") & (vote.scene != "")]
    if not len(rows):
        return None
    right = answered(rows, "test") & (rows.probabilities.argmax(axis=1) == rows.truth)
    _, scene, counts = np.unique(np.stack([rows.session, rows.scene]), axis=1, return_inverse=True, return_counts=True)
    shares = np.bincount(scene.ravel(), right) / counts
    distance = np.where(counts >= np.median(counts), np.abs(shares - right.mean()), np.inf)
    return rows[scene.ravel() == int(distance.argmin())]


def plans_of(results: Results, history: History, vote: Predictions) -> Iterator[Plan]:
    """Every drawing that the run has data for."""
    from training.report import figures
    from training.report.timeline import timeline

    yield (
        "scores",
        "Scores and intervals",
        "95 % intervals as lines, folds as small dots. Dotted lines use no features.",
        lambda: figures.overview(results),
    )
    for outcome in [results.outcome(modality) for modality in results.calibration] + _several(results):
        name = figures.kind_of(outcome)
        yield f"confusion-{name}", outcome.name, "Share of each true label, and counts.", _confusion(results, name)
    says = "How often each label is true, and how often it is predicted."
    yield "classes", "Distribution of labels", says, lambda: figures.classes(vote)
    says = "A point on the diagonal means what it says. Dashed: before the temperature."
    yield "reliability", "Reliability", says, lambda: figures.reliability(results)
    if results.whole.sessions:
        yield "sessions", "Sessions", "Scores of each session.", lambda: figures.sessions(results)
    yield from learning(history)
    if (scene := typical_scene(vote)) is not None:
        says = f"Truth and prediction of the vote in session {scene.session[0]}, {scene.scene[0]}, a typical scene."
        yield "timeline", "One scene over time", says, lambda: timeline(scene)


def learning(history: History) -> Iterator[Plan]:
    """Learning curves, where there are any."""
    from training.report import figures

    if there := _curves(history):
        says = "Each fold thin, their mean thick."
        yield "learning", "Learning curves", says, lambda: figures.learning_curves(there)


def _confusion(results: Results, name: str) -> Callable[[], "Figure"]:
    from training.report import figures

    outcome = results.whole if name == "vote" else results.outcome(name)
    return lambda: figures.confusion(outcome.scores.confusion)


def _several(results: Results) -> list[Outcome]:
    return [results.whole] if len(results.calibration) > 1 else []


def _curves(history: History) -> dict[str, list[Mapping[str, Any]]]:
    """Modalities of which there is at least one curve of losses."""
    there = {modality: [fold for fold in folds if fold.get("loss")] for modality, folds in history.items()}
    return {modality: folds for modality, folds in there.items() if folds}


def write_page(path: Path, text: str) -> None:
    """Write a file, as a whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
