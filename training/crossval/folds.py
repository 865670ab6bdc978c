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
    """Folds of neighbouring sessions, of each corpus the same share, and what is to be said about them.

    Raises
    ------
    InvalidCorpus
        When no corpus has two sessions.
    """
    corpora = {
        str(name): sorted(set(utterances.session[utterances.corpus == name].tolist()))
        for name in dict.fromkeys(utterances.corpus.tolist())
    }
    most = max(map(len, corpora.values()))
    if most < 2:
        raise InvalidCorpus(
            f"{most} session: nothing is left to test on; protocol sessions needs two or more, the whole corpus has "
            "20 (KEMDy19) or 40 (KEMDy20)"
        )
    count = min(FOLDS, most)
    notices = [_few(name if len(corpora) > 1 else "", len(s), count) for name, s in corpora.items() if len(s) < FOLDS]
    parts = [np.array_split(np.array(sessions), count) for sessions in corpora.values()]
    groups = [_mixed([part.tolist() for part in of_fold]) for of_fold in zip(*parts, strict=True)]
    return _folds(utterances.session, groups, notices)


def _few(corpus: str, sessions: int, count: int) -> str:
    folds = f"{count} folds, one session each" if sessions == count else f"some of the {count} have none"
    return f"{sessions} sessions{corpus and f' of {corpus}'} are fewer than {FOLDS} folds: {folds}"


def _mixed(parts: Sequence[list[str]]) -> list[str]:
    """All parts' members in one list, so that any stretch of it has about the same share of each part."""
    placed = [((place + 0.5) / len(part), member) for part in parts for place, member in enumerate(part)]
    return [member for _, member in sorted(placed)]


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
