"""Invented predictions over a KEMDy19-like layout: five folds of sessions, two speakers, script and improvisation."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS
from training.predictions import Predictions, joined

SHARE = np.array([0.19, 0.04, 0.04, 0.14, 0.41, 0.08, 0.10])
"""Of each label, roughly KEMDy19's"""
VALENCE = np.array([1.80, 2.20, 1.74, 4.32, 2.97, 1.89, 2.64])
AROUSAL = np.array([3.79, 3.12, 3.64, 3.86, 2.98, 2.62, 3.64])
"""Of each label, KEMDy19's means"""
SKILL = {"voice": 1.0, "text": 2.0, "bio": 0.3}
FOLDS = 5


def run_json(**changes: Any) -> dict[str, Any]:
    """What a run says about itself, with learning curves."""
    epochs = np.arange(1, 13)
    curves = [
        {"fold": fold, "loss": (1.9 / epochs**0.4).tolist(), "val_loss": (1.9 / epochs**0.3 + 0.02 * fold).tolist()}
        for fold in range(1, FOLDS + 1)
    ]
    run = {"corpus": "KEMDy19", "protocol": "sessions", "recipe": "default", "ties": "drop", "seed": 327}
    return {**run, "leaky": False, "folds": [], "history": {"voice": curves, "text": curves}, **changes}


def tables(
    modalities: Sequence[str] = ("voice", "text", "bio"), sessions: int = 20, turns: int = 12, seed: int = 1
) -> list[Predictions]:
    """One table for each modality, over the same utterances, some of them without bio."""
    random = np.random.default_rng(seed)
    base = joined([_utterances(session, sessions, turns, random) for session in range(1, sessions + 1)])
    return [_predicted(base, modality, random) for modality in modalities]


def _utterances(session: int, sessions: int, turns: int, random: np.random.Generator) -> Predictions:
    """The rows of one session: tested in its own fold, validation rows of the fold before."""
    fold = (session - 1) * FOLDS // sessions + 1
    rows = [
        (f"S{session:02d}_{scene}_{person}{turn:03d}", scene, person, 6.0 * turn + 3.0 * (person == "M"))
        for scene in ("script01", "impro01")
        for turn in range(turns)
        for person in "FM"
    ]
    ids, scenes, people, starts = (np.array(column) for column in zip(*rows, strict=True))
    truth = _moods(len(rows), random)
    truth[random.random(len(rows)) < 0.06] = -1
    parts = [("test", fold), ("validation", (fold % FOLDS) + 1)]
    once = {
        "id": ids,
        "corpus": np.full(len(rows), "KEMDy19"),
        "session": np.full(len(rows), f"{session:02d}"),
        "scene": scenes,
        "kind": np.char.rstrip(scenes, "0123456789"),
        "speaker": np.char.add(f"S{session:02d}", people),
        "start": starts,
        "end": starts + 2.5,
        "truth": truth,
        "votes": np.eye(7, dtype=np.float32)[np.maximum(truth, 0)],
        "valence": _rated(VALENCE, truth, random),
        "arousal": _rated(AROUSAL, truth, random),
        "probabilities": np.full((len(rows), 7), np.nan, np.float32),
    }
    twice = [
        Predictions("none", part=np.full(len(rows), part), fold=np.full(len(rows), of), **once) for part, of in parts
    ]
    return joined(twice)


def _moods(n: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Labels that last for a few utterances, as moods do."""
    fresh = random.choice(len(LABELS), n, p=SHARE)
    kept = np.arange(n)
    for i in range(2, n):
        kept[i] = kept[i - 2] if random.random() < 0.6 else i
    return fresh[kept].astype(np.int64)


def _rated(means: NDArray[np.float64], truth: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.float32]:
    """Means of the labels, and what raters add to them."""
    return (means[truth] + 0.4 * random.normal(size=len(truth))).astype(np.float32)


def _predicted(base: Predictions, modality: str, random: np.random.Generator) -> Predictions:
    """Overconfident probabilities; the same ones for an utterance wherever it occurs."""
    ids, of = np.unique(base.id, return_inverse=True)
    truth = base.truth[np.unique(base.id, return_index=True)[1]]
    seen = random.normal(size=(len(ids), 7))
    seen[truth >= 0, truth[truth >= 0]] += SKILL[modality]
    # The posterior, squared: twice too sure.
    p = np.exp(2 * (SKILL[modality] * seen + np.log(SHARE)))
    p /= p.sum(axis=1, keepdims=True)
    if modality == "bio":
        p[random.random(len(ids)) < 0.1] = np.nan
    columns = {name: getattr(base, name) for name in base.__dataclass_fields__ if name not in ("modality",)}
    return Predictions(modality, **{**columns, "probabilities": p[of].astype(np.float32)})
