"""What `maeum-train all` says when a corpus, a fold or a setting is not as it should be."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.kemdy19_fixture import Plan as Session
from tests.kemdy19_fixture import bio_path, make_corpus
from tests.kemdy20_fixture import Plan20, make_corpus20
from tests.training.corpus import write_corpus
from tests.training.test_crossval_fitted import FOLD, ROWS, stored
from training.cli import main
from training.crossval.corpora import Corpus, open_corpus
from training.crossval.folds import by_session
from training.crossval.plan import Notices, Plan, Settings
from training.crossval.prepare import prepare
from training.crossval.utterances import KEMDY19, Account
from training.errors import InvalidCorpus
from training.recipes import load_run_recipe
from training.tasks import Workers


def settings(folder: Path, strict: bool = False) -> Settings:
    recipe = load_run_recipe("default")
    return Settings((folder / "corpus",), folder / "work", "sessions", recipe, "drop", 1, Workers(1), strict)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["{}/nowhere"], 3, "nowhere: no such folder"),
        (["{}/empty"], 3, "no KEMDy19 root"),
        (["{}/kemdy"], 1, "1 session: nothing is left to test on"),
        (["{}/kemdy", "--strict"], 1, "the utterances of M have no label"),
        (["{}/kemdy", "--protocol", "speakers"], 2, "people speak in pairs"),
        (["{}/kemdy", "--protocol", "notebook", "--recipe", "default"], 2, "choose --recipe notebook"),
        (["{}/speech"], 2, "has no sessions; choose speakers"),
        (["{}/kemdy", "{}/speech"], 2, "has no sessions; choose speakers"),
        (["{}/kemdy", "{}/kemdy"], 1, "KEMDy19 again"),
        (["{}/kemdy20", "--protocol", "notebook", "--recipe", "notebook"], 2, "is about KEMDy19 alone"),
        (["{}/kemdy20", "--protocol", "speakers"], 2, "in KEMDy20 people speak in pairs"),
        (["{}/kemdy", "--recipe", "{}/nowhere.toml"], 2, "No such file"),
    ],
)
def test_a_mistake_is_one_line_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, words: str
) -> None:
    """With the exit code of its kind, and nothing written."""
    (tmp_path / "empty").mkdir()
    make_corpus(tmp_path / "kemdy", Session(session=1, persons=("F",), utterances=4, streams=()))
    make_corpus20(tmp_path / "kemdy20", Plan20(utterances=2, scripts=("script01",)))
    write_corpus(tmp_path / "speech")
    given = [option.format(tmp_path) for option in options]
    assert main(["all", *given, "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]) == code
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "work").exists()


def test_features_of_another_state_of_the_corpus_are_made_anew(tmp_path: Path) -> None:
    """A changed file changes the store, and the reason is told; the same corpus finds its store again."""
    root = make_corpus(tmp_path, Session(session=1, scenes=("script01",), utterances=3, streams=("eda",)))
    text = root / "wav/Session01/Sess01_script01/Sess01_script01_F001.txt"

    def made() -> tuple[str | None, str | None, Path]:
        store, why = prepare(open_corpus(root), tmp_path / "work", 1, Workers(1), lambda _done, _total: None)
        return store.texts[0], why, store.folder

    words, why, folder = made()
    assert words
    assert why is None
    assert made() == (words, None, folder)
    text.write_text("무서워서 떨려\n", encoding="utf-8")
    changed, why, other = made()
    assert changed != words
    assert why == "features were prepared anew: the corpus has changed since those in the work folder were made"
    assert other != folder


def test_a_broken_sensor_file_is_named_and_drops_no_row(tmp_path: Path) -> None:
    """The rows stay; what could not be read is in the store's troubles."""
    root = make_corpus(tmp_path, Session(session=1, scenes=("script01",), utterances=4, streams=("eda", "temp")))
    path = bio_path(root, "eda", "F", 1)
    path.write_bytes(bio_path(root, "temp", "F", 1).read_bytes().replace(b",", b";"))
    store, _ = prepare(open_corpus(root), tmp_path / "work", 1, Workers(1), lambda _done, _total: None)
    assert len(store.utterances) == 4
    assert np.isnan(store.bodies.means[:, 0, 0]).all()
    assert np.isfinite(store.bodies.means[:, 0, 2]).all()


def test_a_fold_without_a_modality_is_tested_without(tmp_path: Path) -> None:
    """Its training part has no body: no task for it, one line about it; strict, it ends the run."""
    store = stored(tmp_path, planted=False)
    store.bodies.known[:] = False
    store.bodies.known[FOLD.test] = True
    corpus = Corpus(KEMDY19, tmp_path, ROWS, Account())
    folds, _ = by_session(ROWS)
    told: list[str] = []
    tasks = Plan(settings(tmp_path), corpus, store, folds).fits(Notices(told.append, strict=False))
    # The only session with a body validates in fold 2 and is tested in fold 3.
    assert told == [f"fold {number}: no bio in its training part; it is tested without" for number in (2, 3)]
    assert {number for modality, number in tasks if modality == "bio"} == {0, 1, 4, 5}
    assert {number for modality, number in tasks if modality == "voice"} == {0, 1, 2, 3, 4, 5}
    with pytest.raises(InvalidCorpus, match=r"fold 2: no bio .* without --strict the run goes on"):
        Plan(settings(tmp_path), corpus, store, folds).fits(Notices(told.append, strict=True))


def test_everything_that_decides_names_the_outputs(tmp_path: Path) -> None:
    """Another seed, tie policy or recipe finds none of the files of this one."""
    store, corpus = stored(tmp_path, planted=False), Corpus(KEMDY19, tmp_path, ROWS, Account())
    folds, _ = by_session(ROWS)
    base = settings(tmp_path)
    voice = replace(base.recipe.voice, hidden=9)
    others = [
        replace(base, seed=2),
        replace(base, ties="votes"),
        replace(base, recipe=replace(base.recipe, voice=voice)),
    ]
    notice = Notices(lambda _line: None, strict=False)
    names = [Plan(each, corpus, store, folds).fits(notice)["voice", 1].output for each in (base, *others)]
    assert len(set(names)) == len(names)
    assert Plan(base, corpus, store, folds).fits(notice)["voice", 1].output == names[0]
