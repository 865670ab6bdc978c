"""Speaker rows of a corpus, where the others went, and what becomes of ties."""

from pathlib import Path

import numpy as np

from devices.kemdy19 import Kemdy19
from models.scores import LABELS
from tests.kemdy19_fixture import Plan, edit, line_of, make_corpus
from tests.training.small_corpus import RENAMED, ROWS, TIED, write_small_corpus
from training.crossval.utterances import read_kemdy19


def test_rows_are_the_speakers_own_in_order(tmp_path: Path) -> None:
    """One row for each utterance, never a listener's; the repaired one is back; scenes are in recorded order."""
    rows, account = read_kemdy19(Kemdy19(write_small_corpus(tmp_path)))
    assert len(rows) == account.used == account.rows == ROWS
    assert len(set(rows.id.tolist())) == ROWS
    assert (np.char.str_len(rows.speaker) == 3).all()
    assert set(rows.kind.tolist()) == {"script", "impro"}
    assert RENAMED in rows.id
    assert "fear" not in LABELS[rows.label[rows.id == RENAMED][0]]
    assert len(account.repaired) == 1


def test_ties_are_dropped_taken_first_or_trained_on_as_votes(tmp_path: Path) -> None:
    """Dropped: no target, no truth. First: what the file names first. Votes: half and half, and still no truth."""
    rows, _ = read_kemdy19(Kemdy19(write_small_corpus(tmp_path)))
    tie = int(np.flatnonzero(rows.id == TIED)[0])
    happy, sad = LABELS.index("happy"), LABELS.index("sad")
    assert rows.truth("drop")[tie] == rows.truth("votes")[tie] == -1
    assert rows.truth("first")[tie] == happy
    assert not rows.targets("drop")[tie].any()
    assert rows.targets("first")[tie, happy] == 1
    assert rows.targets("votes")[tie, [happy, sad]].tolist() == [0.5, 0.5]
    assert np.allclose(rows.targets("votes").sum(axis=1), 1)


def test_rows_in_are_rows_used_and_rows_left_out_by_reason(tmp_path: Path) -> None:
    """An unreadable row and a session without the man's file are counted and told with file and line."""
    root = make_corpus(tmp_path, Plan(session=1, utterances=6), Plan(session=2, utterances=6, persons=("F",)))
    path = root / "annotation/Session01_M_res.csv"
    line = line_of(path, "script01_M001")
    edit(path, lambda text: text.replace(",Sess01_script01_M001,happy,", ",Sess01_script01_X001,happy,"))
    rows, account = read_kemdy19(Kemdy19(root))
    assert account.rows == account.used + sum(account.skipped.values())
    assert account.skipped["the speaker's annotation file is missing"] == 6
    assert account.skipped["unreadable"] == 1
    assert any(f"Session01_M_res.csv:{line}:" in notice for notice in account.notices)
    assert len(rows) == account.used
