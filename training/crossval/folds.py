"""Which utterances train, validate and test: the split is part of every result.

A fold's test rows decide about nothing; its validation rows fit temperatures and vote weights. `checked` refuses a fold
that knows on one side what it is asked on another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS
from training.crossval.utterances import Ties, Utterances
from training.errors import InvalidCorpus, TrainingError
from training.predictions import TIED

Rows = NDArray[np.int64]
FOLDS = 5
"""Of the protocol `sessions`: KEMDy19's 20 sessions make five of four"""
VALIDATION_SHARE = 8
"""One in so many groups of the training part validates, and at least one"""
EVERYTHING = 0
"""Number of the fold that trains on all and tests nothing: the models that ship"""


class Leak(TrainingError, ValueError):
    """A fold would be tested on what it was trained on."""


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Row numbers of the table of utterances."""

    number: int
    train: Rows
    validation: Rows
    test: Rows


def by_session(utterances: Utterances) -> tuple[list[Fold], list[str]]:
    """Folds of neighbouring sessions, and what is to be said about them.

    Raises
    ------
    InvalidCorpus
        When there are fewer than two sessions.
    """
    sessions = sorted(set(utterances.session.tolist()))
    notices = []
    if len(sessions) < 2:
        raise InvalidCorpus(
            f"{len(sessions)} session: nothing is left to test on; protocol sessions needs two or more, the whole "
            "corpus has 20"
        )
    count = min(FOLDS, len(sessions))
    if count < FOLDS:
        notices.append(f"{len(sessions)} sessions are fewer than {FOLDS} folds: {count} folds, one session each")
    groups = [part.tolist() for part in np.array_split(np.array(sessions), count)]
    return _folds(utterances.session, groups, notices)


def by_speaker(utterances: Utterances, tested_in: dict[str, int]) -> tuple[list[Fold], list[str]]:
    """Folds of people; `tested_in` gives the fold, from 1, that tests each.

    Raises
    ------
    InvalidCorpus
        When there is only one.
    """
    numbers = sorted({tested_in[speaker] for speaker in utterances.speaker.tolist()})
    groups = [sorted(s for s in set(utterances.speaker.tolist()) if tested_in[s] == number) for number in numbers]
    if len(groups) < 2:
        raise InvalidCorpus("all speakers are in one fold: nothing is left to train on; two speakers or more are due")
    return _folds(utterances.speaker, groups, [])


def _folds(unit: NDArray[np.str_], groups: Sequence[list[str]], notices: list[str]) -> tuple[list[Fold], list[str]]:
    """One fold for each group of sessions or people; validation rotates, so that all of them validate in turn."""
    folds = []
    for number, tested in enumerate(groups, 1):
        rest = [each for group in [*groups[number:], *groups[: number - 1]] for each in group]
        held = rest[: max(len(rest) // VALIDATION_SHARE, 1)] if len(rest) > 1 else []
        if not held:
            notices.append(f"fold {number}: one group is left to train on, none to validate: temperature stays 1")
        trained = rest[len(held) :]
        parts = [np.flatnonzero(np.isin(unit, part)).astype(np.int64) for part in (trained, held, tested)]
        folds.append(Fold(number, *parts))
    return folds, notices


def everything(utterances: Utterances) -> Fold:
    """The fold of the models that ship."""
    nobody = np.zeros(0, np.int64)
    return Fold(EVERYTHING, np.arange(len(utterances)), nobody, nobody)


def checked(fold: Fold, utterances: Utterances) -> Fold:
    """Return a fold in which no utterance, session or person is on two sides.

    Raises
    ------
    Leak
        Otherwise; the message names who is.
    """
    sides = {"training": fold.train, "validation": fold.validation, "test": fold.test}
    for (one, rows), (other, others) in combinations(sides.items(), 2):
        for name in ("id", "session", "speaker"):
            column = getattr(utterances, name)
            if both := (set(column[rows].tolist()) & set(column[others].tolist())) - {""}:
                raise Leak(f"fold {fold.number}: {name} {min(both)} is on both sides, {one} and {other}")
    return fold


def gaps(fold: Fold, utterances: Utterances, ties: Ties) -> list[str]:
    """Say which classes a fold cannot learn or is not asked."""
    truth = utterances.truth(ties)
    found = []
    for name, rows in (("training", fold.train), ("test", fold.test)):
        there = set(truth[rows].tolist()) - {TIED}
        missing = [label for index, label in enumerate(LABELS) if index not in there]
        if missing and len(rows):
            found.append(f"fold {fold.number}: no utterance of {', '.join(missing)} in its {name} part")
    return found
