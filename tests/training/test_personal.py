"""What a profile is worth, on invented people whose voices are mistaken each in a way of their own."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.scores import LABELS
from tests.training.test_bio import invented
from training.personal import KNOWN, NEUTRAL, Heldout, helps, usual, voice_gains
from training.personal_body import measure
from training.report.personal import personal_tables

ROOT = Path(__file__).parents[2]


def clips(people: int = 12, each: int = 6, mistaken: float = 1.0) -> Heldout:
    """Everybody says every label; a model prefers another label for each person, by so much."""
    random = np.random.default_rng(5)
    who = np.repeat(np.arange(people), each * len(LABELS))
    label = np.tile(np.repeat(np.arange(len(LABELS)), each), people)
    logits = random.normal(0, 1, (len(who), len(LABELS)))
    logits[np.arange(len(who)), label] += 2
    logits[np.arange(len(who)), who % len(LABELS)] += 4 * mistaken
    p = np.exp(logits)
    answers = {"windows": p / p.sum(axis=1, keepdims=True)}
    names = np.array([f"ravdess/{one}" for one in who])
    return Heldout(np.full(len(who), "ravdess"), names, label, who % 6 + 1, answers)


def test_a_profile_helps_whom_the_model_mistakes() -> None:
    gains = voice_gains(clips())
    assert [row["known"] for row in gains] == [k for k in KNOWN if k <= 6]
    assert all(row["with"] > row["without"] + 0.01 for row in gains)
    assert all(row["speakers"] == 12 for row in gains)
    assert [row["n"] for row in gains] == [12 * 42 - 12 * row["known"] for row in gains]
    assert helps(gains, "windows")


def test_a_profile_is_worth_nothing_where_nobody_is_mistaken() -> None:
    """What a few clips say by chance then does no great harm."""
    for row in voice_gains(clips(mistaken=0.0)):
        assert row["with"] == pytest.approx(row["without"], abs=0.02)


def test_strangers_are_other_people() -> None:
    """The reference of a tested fold knows nothing of its speakers."""
    everybody = clips()
    others = everybody.fold != 1
    without = usual(everybody, "windows", without=1)
    chosen = {name: getattr(everybody, name)[others] for name in ("corpus", "speaker", "label", "fold")}
    few = Heldout(**chosen, answers={"windows": everybody.answers["windows"][others]})
    assert without == usual(few, "windows")
    assert without != usual(everybody, "windows")


def test_who_has_too_few_neutral_clips_is_left_out() -> None:
    everybody = clips()
    without = (everybody.label == NEUTRAL) & (everybody.speaker == "ravdess/3")
    rows = voice_gains(replace(everybody, label=np.where(without, 0, everybody.label)))
    assert {row["speakers"] for row in rows} == {11}


def test_without_strangers_nothing_is_measured() -> None:
    everybody = clips()
    assert voice_gains(replace(everybody, fold=np.ones_like(everybody.fold))) == []


def test_two_models_are_measured_together() -> None:
    one = clips()
    both = replace(one, answers={**one.answers, "segments": one.answers["windows"]})
    of_two = [row for row in voice_gains(both) if row["known"] == 1]
    assert [row["model"] for row in of_two] == ["windows", "segments", "both"]
    assert len({round(row["with"], 6) for row in of_two}) == 1


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with invented windows of bodies, and the graphs that do not know them."""
    folder = tmp_path_factory.mktemp("fitted")
    invented(seconds=700).save(folder / "bio.npz")
    command = f"from pathlib import Path; from training.bio import fit; p = Path({str(folder)!r}); fit(p, p, seed=1)"
    quiet = os.environ | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=True, capture_output=True, timeout=600, env=quiet)
    return folder


def test_a_body_that_is_known_is_read_from_the_first_minute(fitted: Path) -> None:
    """Of sessions of three minutes those that begin with a profile are read better; all see the same windows."""
    rows = measure(fitted, fitted)
    short = [row for row in rows if row["session_s"] == 180.0]
    assert all(row["with"] > row["without"] for row in short)
    assert {row["n"] for row in rows} == {3 * 400}
    assert [row["frozen"] for row in rows].count(True) == 1


def test_the_tables_say_what_was_measured(fitted: Path) -> None:
    """A model that a profile does not help is named; what was not measured has no table."""
    gains = [row | {"with": row["without"] - 0.1} for row in voice_gains(clips())]
    found = {"voice": {"gains": gains, "neutral": {}}, "body": measure(fitted, fitted)}
    voice, body = personal_tables(json.loads(json.dumps(found)))
    assert "does not help MFCC and is not applied there" in " ".join(voice.note.split())
    assert len(body.rows) == 7
    assert personal_tables({}) == []
