"""maeum-train all on KEMDy20, alone and together with KEMDy19."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from devices.kemdy20 import Kemdy20
from models.bundle import load_bundle
from models.features.bio import FEATURES
from models.scores import LABELS
from tests.kemdy19_fixture import Plan, edit, make_corpus
from tests.kemdy20_fixture import Plan20, bio_path20, make_corpus20
from training.crossval.bodies import script_bodies
from training.crossval.corpora import Corpus, fingerprint, open_corpora, open_corpus, sounds
from training.crossval.folds import by_session, checked
from training.crossval.prepare import prepare
from training.crossval.store import Store
from training.crossval.utterances import KEMDY20, read_kemdy20
from training.errors import InvalidCorpus
from training.predictions import Predictions
from training.tasks import Workers

ROOT = Path(__file__).parents[2]
TIED = "Sess01_script01_User001F_001"
SILENT = "Sess01_script01_User002M_001"
QUICK = "".join(
    f'[{modality}]\narchitecture = "notebook"\nrate = 0.001\ndecay = 1e-7\nepochs = 1\nbatch = 32\nbalancing = "none"\n'
    for modality in ("voice", "text")
)


def write_kemdy20(folder: Path, sessions: int = 3, scripts: int = 2, utterances: int = 14) -> Path:
    """Users count through the sessions; those of session 2 are two men, and one of them has no beats in a script."""
    users = {n: (f"User{2 * n - 1:03}{'M' if n == 2 else 'F'}", f"User{2 * n:03}M") for n in range(1, sessions + 1)}
    names = tuple(f"script{number:02}" for number in range(1, scripts + 1))
    plans = [Plan20(session=n, users=pair, scripts=names, utterances=utterances) for n, pair in users.items()]
    plans[0].votes = {TIED: ["disgust"] * 5 + ["sad"] * 5}
    plans[0].silent = (SILENT,)
    for plan in plans[1:2]:
        plan.empty_ibi = (("script01", "User003M"),)
    return make_corpus20(folder, *plans)


def silent(done: int, total: int) -> None:
    """Take progress that nobody looks at."""
    assert done <= total


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_kemdy20(tmp_path_factory.mktemp("twenty"))


@pytest.fixture(scope="module")
def store(twenty: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return prepare(open_corpus(twenty), tmp_path_factory.mktemp("work"), 1, Workers(1), silent)[0]


def test_every_row_is_one_of_its_speakers(twenty: Path) -> None:
    """People are users, ties and ratings are the raters' own, and what the corpus has not is said as no fault."""
    rows, account = read_kemdy20(Kemdy20(twenty))
    assert len(rows) == account.used == account.rows == 3 * 2 * 14
    assert set(rows.speaker.tolist()) == {"User001F", "User002M", "User003M", "User004M", "User005F", "User006M"}
    assert set(rows.kind.tolist()) == {""}
    tie = int(np.flatnonzero(rows.id == TIED)[0])
    assert (rows.label[tie], LABELS[rows.first[tie]]) == (-1, "disgust")
    assert rows.valence[tie] == pytest.approx(2.1)
    assert rows.arousal[tie] == pytest.approx(4.0)
    assert not account.notices
    assert any("no ECG" in remark for remark in account.remarks)
    assert any("no improvisation" in remark for remark in account.remarks)


def test_an_unreadable_row_is_counted_and_named(tmp_path: Path) -> None:
    root = write_kemdy20(tmp_path, sessions=1, scripts=1, utterances=4)
    edit(root / "annotation/Sess01_eval.csv", lambda text: text.replace("_User002M_001,", "_User002X_001,", 1))
    rows, account = read_kemdy20(Kemdy20(root))
    assert (len(rows), account.rows, account.skipped) == (3, 4, {"unreadable": 1})
    assert "Sess01_eval.csv:4: row skipped" in account.notices[0]


def test_a_store_holds_each_speakers_own_voice_words_and_body(store: Store) -> None:
    """CP949 is read, a silent WAV leaves its voice out, the heart comes from beats; nothing is made up for an ECG."""
    rows = store.utterances
    assert set(store.texts) == {"똠방각하는 웃었다."}
    assert set(rows.id[~store.there("voice")].tolist()) == {SILENT}
    assert store.there("bio").mean() > 0.5
    heart, level = (store.bodies.values[:, FEATURES.index(name)] for name in ("heart_rate", "eda_tonic"))
    without = (rows.session == "02") & (rows.scene == "script01") & (rows.speaker == "User003M")
    assert np.isnan(heart[without]).all()
    assert np.isfinite(heart[store.bodies.known & ~without]).mean() > 0.9
    assert np.isfinite(level[store.bodies.known]).all()
    assert np.isnan(store.bodies.means).all()
    assert any("User003M: no ibi: Sess02_script01_User003M.csv is empty" in line for line in store.troubles)
    assert any(f"{SILENT}.wav: silent" in line for line in store.troubles)


def test_a_body_that_cannot_be_read_is_named_and_the_other_is_measured(tmp_path: Path) -> None:
    """Of two people in a script each has their own files."""
    root = write_kemdy20(tmp_path, sessions=1, scripts=1)
    for stream in ("eda", "temp"):
        bio_path20(root, stream, "script01", "User001F", 1).write_text("nothing like it\n")
    corpus = Kemdy20(root)
    bodies, troubles = script_bodies(corpus, 1, corpus.annotation(1).segments)
    known = {s.speaker for s, there in zip(corpus.annotation(1).segments, bodies.known, strict=True) if there}
    assert known == {"User002"}
    assert [line for line in troubles if "User001F" in line]


def test_a_changed_recording_changes_the_fingerprint(tmp_path: Path) -> None:
    """Beats are among the files that are read."""
    root = write_kemdy20(tmp_path, sessions=1, scripts=1, utterances=4)
    before = fingerprint(open_corpus(root))
    with bio_path20(root, "ibi", "script01", "User001F", 1).open("a") as file:
        file.write("\n")
    assert fingerprint(open_corpus(root)) != before


@pytest.fixture(scope="module")
def both(twenty: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    plans = [Plan(session=n, scenes=("script01", "impro01"), utterances=4, streams=()) for n in (1, 2, 3, 4)]
    nineteen = make_corpus(tmp_path_factory.mktemp("nineteen"), *plans)
    return open_corpora([nineteen, twenty])


def test_two_corpora_are_counted_and_named_as_one(both: Corpus) -> None:
    """Rows follow each other, sessions are told apart, and every row finds its recording."""
    rows = both.utterances
    assert both.kind == "KEMDy19 + KEMDy20"
    assert len(rows) == both.account.rows == both.account.used == sum(len(part.utterances) for part in both.each)
    assert len(set(rows.id.tolist())) == len(rows)
    assert {"KEMDy19 01", "KEMDy20 01"} <= set(rows.session.tolist())
    assert all(path.is_file() for part in both.each for path in sounds(part))
    assert any("no ECG" in remark for remark in both.account.remarks)


def test_each_fold_has_sessions_of_both_corpora(both: Corpus) -> None:
    """As far as they last; every row is tested once, and nobody stands on two sides."""
    rows = both.utterances
    folds, notices = by_session(rows)
    assert len(folds) == 4
    assert sorted(row for fold in folds for row in fold.test.tolist()) == list(range(len(rows)))
    for fold in folds:
        checked(fold, rows)
    tested = [set(rows.corpus[fold.test].tolist()) for fold in folds]
    assert tested == [{"KEMDy19", "KEMDy20"}] * 3 + [{"KEMDy19"}]
    assert "3 sessions of KEMDy20 are fewer than 5 folds: some of the 4 have none" in notices


def test_the_same_corpus_twice_is_refused(twenty: Path) -> None:
    with pytest.raises(InvalidCorpus, match="KEMDy20 again, which"):
        open_corpora([twenty, twenty.parent])


def test_both_corpora_give_one_bundle_and_scores_of_each(tmp_path: Path) -> None:
    """The command's own words: the corpora apart and together, ETRI's terms, what KEMDy20 has not."""
    twenty = write_kemdy20(tmp_path / "twenty", sessions=2, scripts=1)
    nineteen = make_corpus(
        tmp_path / "nineteen",
        *(Plan(session=n, scenes=("script01", "impro01"), utterances=14, streams=("eda", "temp")) for n in (1, 2)),
    )
    (tmp_path / "quick.toml").write_text(QUICK, encoding="utf-8")
    command = [sys.executable, "-m", "training.cli", "all", nineteen, twenty, "--recipe", tmp_path / "quick.toml"]
    folders = ["--out", tmp_path / "bundle", "--work", tmp_path / "work", "--jobs", "2"]
    done = subprocess.run([*command, *folders], capture_output=True, text=True, cwd=ROOT, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    assert "KEMDy20: it has no ECG" in done.stderr
    assert "84 rows: 84 used" in done.stdout
    for corpus in ("KEMDy19", "KEMDy20"):
        assert f"{corpus} alone" in done.stdout
    rows = Predictions.load(tmp_path / "work" / "predictions" / "bio.npz")
    test = rows[rows.part == "test"]
    assert {corpus: int(np.sum(test.corpus == corpus)) for corpus in ("KEMDy19", "KEMDy20")} == {
        "KEMDy19": 56,
        KEMDY20: 28,
    }
    bundle, card = load_bundle(tmp_path / "bundle"), (tmp_path / "bundle" / "card.md").read_text(encoding="utf-8")
    assert "bio" in bundle.models
    assert "## KEMDy20 alone" in card
    assert "KEMDy20: it has no ECG" in card
    assert "**KEMDy19, KEMDy20: ETRI terms" in card
    assert "| KEMDy20 | Korean | ETRI licence agreement | ETRI |" in card
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert set(manifest["training"]["text"]["metrics"]["corpora"]) == {"KEMDy19", "KEMDy20"}
