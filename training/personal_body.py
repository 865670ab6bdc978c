"""What a profile of the body is worth: sessions of Stress-Predict that start with it, or with nothing.

Sessions begin five minutes into a recording, so that all are of the same windows, and their baseline begins anew after
a while, as if the person had come again. A profile of another day, or of electrodes put on anew, cannot be tested here.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioParameters, compared, deviations
from models.personal import baseline_of, measures_of
from models.profile import Body
from models.tflite import Network
from training.arousal import aroused
from training.bio import ARRAYS, FOLDS
from training.metrics import mean_and_spread, report
from training.stress_predict import UNLABELLED, Windows

BEGIN_S = 300.0
"""Sessions begin here"""
SESSIONS_S = (math.inf, 600.0, 180.0)
PROFILES_S = (0.0, 60.0, BEGIN_S)
"""Of a recording, whose windows make the profile; 0 for none"""


def measure(prepared: Path, fitted: Path) -> list[dict[str, Any]]:
    """UAR without and with a profile, for each length of session and of what made the profile.

    Every row has `session_s` (None for the whole rest), `known_s`, `n` windows, `people`, `without`, `with`, `frozen`
    (the profile alone, no further learning; only for whole sessions), and `gain` with its `mean` and `sd` over people.
    """
    windows = Windows.load(prepared / ARRAYS)
    found: list[dict[str, Any]] = []
    for session_s in SESSIONS_S:
        scores = {known_s: _scores(windows, fitted, session_s, known_s) for known_s in PROFILES_S}
        for known_s in PROFILES_S[1:]:
            row = _row(scores[0.0], scores[known_s])
            found.append({"session_s": session_s if session_s < math.inf else None, "known_s": known_s, **row})
    frozen = _scores(windows, fitted, math.inf, BEGIN_S, frozen=True)
    return [
        *found,
        {
            "session_s": None,
            "known_s": BEGIN_S,
            "frozen": True,
            **_row(_scores(windows, fitted, math.inf, 0.0), frozen),
        },
    ]


Scored = dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
"""By person: stress, and its probability"""


def _scores(windows: Windows, fitted: Path, session_s: float, known_s: float, *, frozen: bool = False) -> Scored:
    scored = {}
    for person in np.unique(windows.person):
        path = fitted / FOLDS / str(person)
        parameters = BioParameters.from_json(json.loads(path.with_suffix(".json").read_text()))
        network = Network(path.with_suffix(".tflite").read_bytes())
        rows = np.flatnonzero(windows.person == person)
        tested, inputs = [], []
        for row, values, baseline in _followed(windows, rows, parameters, session_s, known_s, frozen=frozen):
            if windows.end[row] > BEGIN_S and windows.warm[row] and windows.stress[row] != UNLABELLED:
                tested.append(int(windows.stress[row]))
                inputs.append(deviations(values, baseline, parameters))
        evidence = np.array([network(each)[0] for each in inputs])
        scored[str(person)] = np.array(tested), aroused(evidence)
    return scored


def _followed(
    windows: Windows,
    rows: NDArray[np.int64],
    parameters: BioParameters,
    session_s: float,
    known_s: float,
    *,
    frozen: bool,
) -> Iterator[tuple[int, NDArray[np.float64], Baseline]]:
    """Each window of a person with its compared values and the baseline that a session would have."""
    values = {row: compared(dict(zip(FEATURES, windows.measures[row], strict=True))) for row in rows}
    known = Baseline.empty(len(FEATURES))
    for row in rows:
        if windows.end[row] <= known_s and windows.warm[row]:
            known = known.including(values[row])
    known = baseline_of(Body(measures_of(known), {}), parameters.weight)
    session, baseline = -1.0, known
    for row in rows[windows.end[rows] > BEGIN_S]:
        if (now := (windows.end[row] - BEGIN_S) // session_s) != session:
            session, baseline = now, known
        if windows.warm[row] and not frozen:
            baseline = baseline.including(values[row])
        yield row, values[row], baseline


def _row(without: Scored, scored: Scored) -> dict[str, Any]:
    people = [_uar(*scored[who]) - _uar(*without[who]) for who in scored]
    n = sum(len(stress) for stress, _ in scored.values())
    pooled = [_uar(*(np.concatenate(parts) for parts in zip(*of.values(), strict=True))) for of in (without, scored)]
    return {"n": n, "people": len(scored), "without": pooled[0], "with": pooled[1], "gain": mean_and_spread(people)}


def _uar(stress: NDArray[np.int64], p: NDArray[np.float64]) -> float:
    return report(stress, np.column_stack([1 - p, p])).uar
