"""What a profile of the body is worth: sessions of Stress-Predict that start with it, or with nothing.

Sessions begin five minutes into a recording, so that all are of the same windows, and their baseline begins anew after
a while, as if the person had come again. A profile of another day, or of electrodes put on anew, cannot be tested here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

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
from training.stages import read_json
from training.stress_predict import UNLABELLED, Windows

BEGIN_S = 300.0
"""Sessions begin here"""
SESSIONS_S = (math.inf, 600.0, 180.0)
PROFILES_S = (60.0, BEGIN_S)
"""Of a recording, whose windows make the profile"""


def measure(prepared: Path, fitted: Path) -> list[dict[str, Any]]:
    """UAR without and with a profile, for each length of session and of what made the profile.

    Every row has `session_s` (None for the whole rest), `known_s`, `frozen` (whether the profile stays as it is, and
    nothing is learned), `n` windows, `people`, `without`, `with`, and `gain` with its `mean` and `sd` over people.
    """
    windows = Windows.load(prepared / ARRAYS)
    values = np.array([compared(dict(zip(FEATURES, row, strict=True))) for row in windows.measures])
    people = [_Person.load(fitted, str(who), windows, values) for who in np.unique(windows.person)]
    whole = _scores(people, math.inf, 0.0)
    if not whole:
        return []  # every recording is shorter
    found = [
        {
            "session_s": None,
            "known_s": BEGIN_S,
            "frozen": True,
            **_row(whole, _scores(people, math.inf, BEGIN_S, frozen=True)),
        }
    ]
    for session_s in SESSIONS_S:
        without = _scores(people, session_s, 0.0)
        about = {"session_s": session_s if session_s < math.inf else None, "frozen": False}
        found += [{**about, "known_s": s, **_row(without, _scores(people, session_s, s))} for s in PROFILES_S]
    return found


Scored = dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
"""By person: stress, and its probability"""


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """Windows of one person, and the model that does not know them."""

    name: str
    end: NDArray[np.float32]
    stress: NDArray[np.int8]
    warm: NDArray[np.bool_]
    values: NDArray[np.float64]
    """[n, FEATURES] as they are compared"""
    parameters: BioParameters
    network: Network

    @classmethod
    def load(cls, fitted: Path, name: str, windows: Windows, values: NDArray[np.float64]) -> Self:
        rows, path = windows.person == name, fitted / FOLDS / name
        parameters = BioParameters.from_json(read_json(path.with_suffix(".json")))
        network = Network(path.with_suffix(".tflite").read_bytes())
        return cls(name, windows.end[rows], windows.stress[rows], windows.warm[rows], values[rows], parameters, network)

    def known(self, until_s: float) -> Baseline:
        """A profile of the first seconds, as a session starts with it."""
        baseline = Baseline.empty(len(FEATURES))
        for row in self.values[self.warm & (self.end <= until_s)]:
            baseline = baseline.including(row)
        return baseline_of(Body(measures_of(baseline), {}), self.parameters.weight)

    def baselines(self, session_s: float, known: Baseline, *, frozen: bool) -> Baseline:
        """What would be known at every window from the beginning of the sessions, stacked."""
        session, baseline, found = -1.0, known, []
        tested = self.end > BEGIN_S
        for end, warm, row in zip(self.end[tested], self.warm[tested], self.values[tested], strict=True):
            if (now := (end - BEGIN_S) // session_s) != session:
                session, baseline = now, known
            if warm and not frozen:
                baseline = baseline.including(row)
            found.append(baseline)
        return Baseline(*(np.stack([getattr(each, name) for each in found]) for name in ("count", "mean", "squares")))


def _scores(people: Sequence[_Person], session_s: float, known_s: float, *, frozen: bool = False) -> Scored:
    scored = {}
    for person in people:
        tested = person.end > BEGIN_S
        labelled = (person.warm & (person.stress != UNLABELLED))[tested]
        if labelled.any():
            baselines = person.baselines(session_s, person.known(known_s), frozen=frozen)
            rows = deviations(person.values[tested], baselines, person.parameters)[labelled]
            evidence = np.array([person.network(row)[0] for row in rows])
            scored[person.name] = person.stress[tested][labelled].astype(np.int64), aroused(evidence)
    return scored


def _row(without: Scored, scored: Scored) -> dict[str, Any]:
    people = [_uar(*scored[who]) - _uar(*without[who]) for who in scored]
    n = sum(len(stress) for stress, _ in scored.values())
    pooled = [_uar(*(np.concatenate(parts) for parts in zip(*of.values(), strict=True))) for of in (without, scored)]
    return {"n": n, "people": len(scored), "without": pooled[0], "with": pooled[1], "gain": mean_and_spread(people)}


def _uar(stress: NDArray[np.int64], p: NDArray[np.float64]) -> float:
    return report(stress, np.column_stack([1 - p, p])).uar
