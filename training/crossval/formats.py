"""Which number format of a run's models ships: validation rows judge, and test rows are asked with that one alone."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tflite import InvalidGraph, Network
from training.crossval.work import MISSING, graph_of
from training.evaluation.aligned import answered
from training.metrics import report
from training.predictions import Predictions, joined
from training.stages import read_json
from training.variants import SCORES, VARIANTS, Comparison, Variant, compared, latency_ms
from training.whole import whole

ROWS = "the validation rows of all folds"
"""Which choose, and are reported: test rows are asked with what ships alone"""


def comparison(
    path: Path, model: str, final: Path, judged: Sequence[Path], rows: NDArray[Any], named: str | None
) -> Comparison:
    """Compare the formats of one model; what `path` already says of them is not measured again.

    Parameters
    ----------
    final
        What `fit_model` wrote about the model that ships: its graphs have the sizes and times that count.
    judged
        What `judge` wrote about those of the folds.
    rows
        Some of the model's inputs, [n, ...], to take the time with.
    named
        The format to ship, whatever it scores; None for the smallest that is good enough.

    Raises
    ------
    NoSuchFormat
        When the named one does not run.
    """
    if not path.is_file():
        variants = [_variant(name, model, final, judged, rows) for name in VARIANTS]
        with whole(path) as partial:
            partial.write_text(json.dumps([asdict(each) for each in variants]) + "\n", encoding="utf-8")
    known = [Variant(**each) for each in json.loads(path.read_text(encoding="utf-8"))]
    return compared(model, known, ROWS, ROWS, named)


def _variant(name: str, model: str, final: Path, judged: Sequence[Path], rows: NDArray[Any]) -> Variant:
    graph = graph_of(final, name)
    size = graph.stat().st_size if graph.is_file() else 0
    reasons = [read_json(folder / MISSING).get(name) for folder in (final, *judged)]
    if reason := next(filter(None, reasons), None):
        return Variant(name, size, reason=reason)
    try:
        latency = latency_ms(Network(graph.read_bytes()), rows)
    except (InvalidGraph, RuntimeError) as error:  # how the interpreter says that it lacks an operator
        return Variant(name, size, reason=str(error).splitlines()[0])
    tables = [Predictions.load(folder / f"{name}.npz") for folder in judged]
    known = [table[answered(table, "validation")] for table in tables]
    if not np.sum([len(table) for table in known]):
        return Variant(name, size, latency)
    pooled = joined(known)
    scores = report(pooled.truth, pooled.probabilities)
    score: float = getattr(scores, SCORES[model.partition("-")[0]])
    return Variant(name, size, latency, scores.accuracy, score, score)
