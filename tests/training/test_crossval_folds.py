"""Folds: every row is tested once, nothing and nobody is on two sides, and a planted leak is caught."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.crossval.folds import FOLDS, Leak, by_session, by_speaker, checked, gaps
from training.crossval.utterances import Utterances
from training.errors import InvalidCorpus


def utterances(sessions: int, each: int = 8) -> Utterances:
    """So many sessions of a woman and a man who take turns."""
    n = sessions * each
    session = np.repeat([f"{number:02}" for number in range(1, sessions + 1)], each)
    person = np.tile(["F", "M"], n // 2)
    return Utterances(
        id=np.array([f"Sess{s}_script01_{p}{i:03}" for i, (s, p) in enumerate(zip(session, person, strict=True))]),
        corpus=np.full(n, "KEMDy19"),
        session=session,
        scene=np.full(n, "script01"),
        speaker=np.char.add(session, person),
        start=np.arange(n, dtype=float),
        end=np.arange(n) + 1.0,
        label=np.arange(n) % 7,
        first=np.arange(n) % 7,
        votes=np.eye(7, dtype=np.float32)[np.arange(n) % 7],
        valence=np.full(n, 3, np.float32),
        arousal=np.full(n, 3, np.float32),
    )


@given(st.integers(2, 23))
def test_every_row_is_tested_once_and_on_one_side(sessions: int) -> None:
    """For any number of sessions; with two, nobody is left to validate."""
    rows = utterances(sessions)
    folds, notes = by_session(rows)
    assert len(folds) == min(FOLDS, sessions)
    assert sorted(row for fold in folds for row in fold.test.tolist()) == list(range(len(rows)))
    for fold in folds:
        checked(fold, rows)
        assert len(fold.train) + len(fold.validation) + len(fold.test) == len(rows)
        assert len(fold.train)
        assert bool(len(fold.validation)) == (sessions > 2)
    assert bool(notes) == (sessions < FOLDS)


def test_twenty_sessions_make_five_folds_of_four() -> None:
    """As published results have them."""
    rows = utterances(20)
    folds, _ = by_session(rows)
    assert [sorted(set(rows.session[fold.test].tolist())) for fold in folds][1] == ["05", "06", "07", "08"]
    assert len(set(rows.session[folds[0].validation].tolist())) == 2


def test_one_session_leaves_nothing_to_test_on() -> None:
    with pytest.raises(InvalidCorpus, match="needs two or more"):
        by_session(utterances(1))


def test_a_planted_leak_is_caught() -> None:
    """A test row in the training part, and a person under another session's number."""
    rows = utterances(5)
    fold = by_session(rows)[0][0]
    with pytest.raises(Leak, match="id Sess01"):
        checked(replace(fold, train=np.append(fold.train, fold.test[0])), rows)
    speaker = rows.speaker.copy()
    speaker[fold.train[0]] = speaker[fold.test[0]]
    with pytest.raises(Leak, match="speaker 01F is on both sides, training and test"):
        checked(fold, replace(rows, speaker=speaker))


def test_speakers_are_tested_where_the_corpus_says() -> None:
    """Published folds are kept; the parts are disjoint."""
    rows = replace(utterances(6), session=np.full(48, ""))
    tested_in = {speaker: 1 + i % 3 for i, speaker in enumerate(sorted(set(rows.speaker.tolist())))}
    folds, _ = by_speaker(rows, tested_in)
    for fold in folds:
        assert {tested_in[who] for who in rows.speaker[checked(fold, rows).test].tolist()} == {fold.number}


def test_a_class_that_a_fold_lacks_is_named() -> None:
    """Fear in one session alone can be tested there and not learned elsewhere."""
    rows = utterances(5)
    label = np.where((rows.label == 2) & (rows.session != "01"), 4, rows.label)
    rows = replace(rows, label=label, first=label)
    fold = by_session(rows)[0][0]
    assert gaps(fold, rows, "drop") == ["fold 1: no utterance of fear in its training part"]
