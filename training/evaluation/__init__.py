"""Predictions of a run in, results out: each modality, every subset of them, their vote. Pure functions of tables."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from models.scores import LABELS
from training.evaluation import fitting
from training.evaluation.aligned import aligned, answered, both_voices, voted
from training.evaluation.bootstrap import clusters, intervals
from training.evaluation.dimensions import agreements
from training.evaluation.gauge import gauges
from training.evaluation.results import SCORES, Calibration, Outcome, Results
from training.metrics import Report, mean_and_spread, reliability, report
from training.predictions import InvalidPredictions, Predictions
from training.recipes import SEGMENT

Progress = Callable[[int, int], object]
LEAKS = {
    "notebook": "the notebooks' split: most test rows, or copies of them made by SMOTE, were trained on",
    "": "test rows are not independent of what the models were trained on",
}


def evaluated(tables: Sequence[Predictions], run: Mapping[str, Any], progress: Progress | None = None) -> Results:
    """Score the tables of a run's modalities; `run` is what `run.json` says.

    `progress` is told subsets of modalities done and in all.

    Temperatures and weights come from validation rows alone; a fold's test rows get its own.

    Raises
    ------
    InvalidPredictions
        When no modality has an answer for any labelled test row, or a table repeats an utterance.
    """
    seed = int(run.get("seed", 0))
    same = [table for table in aligned(tables) if answered(table, "test").any()]
    if not same:
        raise InvalidPredictions("predictions: no labelled test row has an answer; run maeum-train all anew")
    ready = fitting.ready(same)
    outcomes: list[Outcome] = []
    subsets = _subsets(ready)
    for done, subset in enumerate(subsets, 1):
        outcomes += _outcomes(subset, seed)
        if progress:
            progress(done, len(subsets))
    everything = voted(ready, np.ones(len(ready)))
    return Results(
        **{key: str(run.get(key) or "") for key in ("corpus", "protocol", "recipe", "ties")},
        seed=seed,
        leak=leak_of(run),
        utterances=len(np.unique(everything.id)),
        disagreeing=len(np.unique(everything.id[np.ptp([table.truth for table in same], axis=0) > 0])),
        clusters=clusters(everything)[0],
        outcomes=tuple(outcomes),
        calibration={table.modality: _calibration(table, same) for table in ready},
        gauges=gauges(everything, seed),
        corpora={name: gauges(rows, seed) for name, rows in _by_corpus(everything).items()},
        voices=tuple(outcome_of(table, "alone", {table.modality: 1.0}, seed) for table in fitting.voices(same)),
    )


def calibrated_vote(tables: Sequence[Predictions]) -> Predictions:
    """The vote of all modalities with equal weights, each at its folds' temperatures, as one table."""
    ready = fitting.ready(aligned(tables))
    return voted(ready, np.ones(len(ready)))


def leak_of(run: Mapping[str, Any]) -> str | None:
    """Why a run's numbers cannot be believed, in words; None when it is no leaky run."""
    if not run.get("leaky"):
        return None
    return str(run.get("leak") or LEAKS.get(str(run.get("protocol")), LEAKS[""]))


def _subsets(tables: Sequence[Predictions]) -> list[tuple[Predictions, ...]]:
    return [subset for size in range(1, len(tables) + 1) for subset in combinations(tables, size)]


def _outcomes(tables: Sequence[Predictions], seed: int) -> list[Outcome]:
    """One modality alone; several with equal weights and with fitted ones."""
    equal = dict.fromkeys((table.modality for table in tables), 1.0)
    if len(tables) == 1:
        return [outcome_of(tables[0], "alone", equal, seed)]
    of_fold = fitting.weights_by_fold(tables)
    fitted = dict(zip(equal, fitting.weights(tables).tolist(), strict=True))
    return [
        outcome_of(voted(tables, np.ones(len(tables))), "equal", equal, seed),
        outcome_of(voted(tables, fitting.weights_of_rows(tables[0], of_fold)), "fitted", fitted, seed),
    ]


def outcome_of(table: Predictions, weighting: str, weights: dict[str, float], seed: int) -> Outcome:
    """Score the test rows of one table, which may be a vote."""
    test, rows = table.part == "test", table[answered(table, "test")]
    scores, cluster = _score(rows), clusters(rows)[1]
    folds = {fold: _score(part) for fold, part in fitting.by_fold(rows).items()}
    kinds = {str(kind): _score(rows[rows.kind == kind]) for kind in np.unique(rows.kind[rows.kind != ""])}
    corpora = {name: _score(part) for name, part in _by_corpus(rows).items()}
    sessions = np.unique(rows.session[rows.session != ""])
    return Outcome(
        modalities=tuple(table.modality.split("+")),
        weighting=weighting,
        weights=weights,
        n=len(rows),
        ties=int(np.sum(test & (table.truth < 0))),
        missing=int(np.sum(test & (table.truth >= 0) & np.isnan(table.probabilities[:, 0]))),
        scores=scores,
        recall=dict(zip(LABELS, scores.recall, strict=True)),
        intervals=intervals(rows.truth, rows.probabilities.argmax(axis=1), cluster, len(LABELS), seed),
        folds=folds,
        spread={name: mean_and_spread([getattr(s, name) for s in folds.values()]) for name in (*SCORES, "ece")},
        kinds=kinds if len(kinds) > 1 else {},
        corpora=corpora,
        sessions={str(session): _score(rows[rows.session == session]) for session in sessions},
        dimensions=agreements(table),
        reliability=tuple(reliability(rows.truth, rows.probabilities)),
    )


def _by_corpus(table: Predictions) -> dict[str, Predictions]:
    """The rows of each corpus with a labelled test row, where there are several."""
    names = np.unique(table.corpus[(table.part == "test") & (table.truth >= 0)]).tolist()
    return {name: table[table.corpus == name] for name in names} if len(names) > 1 else {}


def _score(rows: Predictions) -> Report:
    return report(rows.truth, rows.probabilities)


def _calibration(ready: Predictions, tables: Sequence[Predictions]) -> Calibration:
    """Of one modality; of a voice with two models, what their mean is before any temperature."""
    table = next(table for table in tables if table.modality == ready.modality)
    whole = next((table for table in tables if table.modality == SEGMENT and ready.modality == "voice"), None)
    before = table if whole is None else both_voices(table, whole)
    rows = before[answered(before, "test")]
    temperature = fitting.temperature(table)
    windows = fitting.calibrated(table, dict.fromkeys(fitting.by_fold(table), temperature))
    return Calibration(
        temperature=temperature,
        segment=None if whole is None else fitting.segment_temperature(windows, whole),
        folds=fitting.temperatures(table),
        ece_before=_score(rows).ece,
        reliability_before=tuple(reliability(rows.truth, rows.probabilities)),
    )
