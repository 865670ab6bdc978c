"""What is fitted knows the training rows alone: values planted in test rows leave no trace. No TensorFlow here."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from models.features.bio import FEATURES
from models.scores import LABELS
from tests.training.test_crossval_folds import utterances
from training.crossval.balancing import balanced
from training.crossval.bodies import MEANS, Bodies
from training.crossval.fitting import notebook_inputs, regression_losses, softmax_regression
from training.crossval.folds import by_session
from training.crossval.inputs import usual_spreads
from training.crossval.store import NOTEBOOK, Piece, Store, write_piece, write_store
from training.crossval.utterances import Utterances
from training.crossval.work import usable
from training.recipes import BioRecipe, load_recipe, load_run_recipe

ROWS = utterances(5)
FOLD = by_session(ROWS)[0][2]
RECIPE = BioRecipe(("heart_rate", "eda_tonic"), clip=4.0, ridge=1.0, balancing="weights")


def stored(folder: Path, planted: bool, rows: Utterances = ROWS) -> Store:
    """A store of invented features; `planted` puts absurd ones into test and validation rows."""
    n, random = len(rows), np.random.default_rng(7)
    bodies = Bodies(
        *(random.standard_normal((n, len(FEATURES))) for _ in range(4)),
        known=np.ones(n, bool),
        means=random.standard_normal((n, 2, len(MEANS))),
    )
    texts = [f"{('오늘', '어제', '내일', '지금')[row % 4]} 날씨 정말 좋다" for row in range(n)]
    frames = [[np.full((1 + row % 3, 100), row, np.float16)] * (NOTEBOOK + 1) for row in range(n)]
    if planted:
        for row in np.concatenate([FOLD.test, FOLD.validation]):
            for each in fields(Bodies):
                getattr(bodies, each.name)[row] = 1e6
            texts[row] = "두루미"
    write_piece(folder / "piece", Piece(frames, [*texts], [*texts], bodies, []))
    write_store(folder / "store", {}, rows, [folder / "piece"])
    return Store(folder / "store")


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Store, Store]:
    """Without and with what is planted."""
    for name in ("plain", "planted"):
        (tmp_path / name).mkdir()
    return stored(tmp_path / "plain", False), stored(tmp_path / "planted", True)


def test_spreads_and_ranges_come_from_training_rows(stores: tuple[Store, Store]) -> None:
    """The same with and without planted values; not the same if the fold were not kept."""
    plain, planted = (usual_spreads(store, FOLD.train, RECIPE.features) for store in stores)
    assert plain == planted
    assert usual_spreads(stores[1], np.arange(len(ROWS)), RECIPE.features) != plain
    plain_means, planted_means = (notebook_inputs("bio", store, FOLD.train).parameters for store in stores)
    assert plain_means == planted_means
    assert notebook_inputs("bio", stores[1], np.arange(len(ROWS))).parameters != plain_means


def test_vocabularies_come_from_training_rows(stores: tuple[Store, Store]) -> None:
    """A word of the test part alone has no id."""
    for rows, known in ((FOLD.train, False), (np.arange(len(ROWS)), True)):
        parameters = notebook_inputs("text", stores[1], rows).parameters
        assert parameters.quoted
        assert ("'두루미'" in parameters.ids) == known


def test_rows_that_are_tied_or_missing_train_nothing(stores: tuple[Store, Store]) -> None:
    """A tie is left out unless the policy has a target for it; a row without a body is left out of bio alone."""
    store = stores[0]
    store.bodies.known[FOLD.train[0]] = False
    label = ROWS.label.copy()
    label[FOLD.train[1]] = -1
    store.__dict__["utterances"] = replace(ROWS, label=label)
    assert len(usable(store, "bio", RECIPE, "drop", FOLD.train)) == len(FOLD.train) - 2
    assert len(usable(store, "bio", RECIPE, "first", FOLD.train)) == len(FOLD.train) - 1
    assert len(usable(store, "text", load_run_recipe("default").text, "votes", FOLD.train)) == len(FOLD.train)


def test_windows_come_back_as_they_were_stored(stores: tuple[Store, Store]) -> None:
    """Row and window find their frames in the flat file."""
    store = stores[0]
    for row in (0, 7, len(ROWS) - 1):
        window = store.voice.window(row, 2)
        assert (window[:, : 1 + row % 3] == row).all()
        assert not window[:, 1 + row % 3 :].any()


@pytest.mark.parametrize("how", ["none", "weights", "oversample", "smote"])
def test_balancing_sees_its_own_rows_and_evens_classes(how: str) -> None:
    """Whatever is added lies between rows of its class; weights make every class weigh the same."""
    random = np.random.default_rng(3)
    classes = np.array([0] * 30 + [4] * 12 + [6] * 6)
    x = (classes[:, None] * 10 + random.random((len(classes), 3))).astype(np.float32)
    grown, targets, weights = balanced(x, np.eye(7, dtype=np.float32)[classes], how, seed=1)
    of = targets.argmax(axis=1)
    assert np.array_equal(grown[: len(x)], x)
    assert np.array_equal(np.floor(grown[:, 0] / 10).astype(int), of)
    total = np.array([weights[of == label].sum() for label in (0, 4, 6)])
    expected = {"none": [30, 12, 6], "weights": [16, 16, 16], "oversample": [30, 30, 30], "smote": [30, 12, 30]}
    assert np.allclose(total, expected[how])


def test_smote_repeats_what_has_no_neighbours() -> None:
    """One or two rows of a class have nothing between them."""
    x = np.arange(12, dtype=np.float32)[:, None]
    targets = np.eye(7, dtype=np.float32)[[0] * 10 + [2] * 2]
    grown, of, _ = balanced(x, targets, "smote", seed=1)
    assert set(grown[of[:, 2] == 1, 0].tolist()) == {10.0, 11.0}
    assert of.sum(axis=0)[2] == 10


def test_the_regression_is_scikit_learns() -> None:
    """Probabilities agree with its multinomial model at the same ridge."""
    random = np.random.default_rng(5)
    x = random.standard_normal((200, 4)).astype(np.float32)
    classes = (x @ random.standard_normal((4, 7))).argmax(axis=1)
    y = np.eye(7, dtype=np.float32)[classes]
    steps = softmax_regression(x, y, np.ones(200, np.float32), ridge=2.0)
    logits = x @ steps[-1][:-1] + steps[-1][-1]
    found = np.exp(logits - logits.max(axis=1, keepdims=True))
    reference = LogisticRegression(C=0.5, max_iter=2000, tol=1e-8).fit(x, classes)
    expected = np.zeros((200, 7))
    expected[:, reference.classes_] = reference.predict_proba(x)
    there = np.isin(np.arange(7), reference.classes_)
    assert np.allclose((found / found.sum(axis=1, keepdims=True))[:, there], expected[:, there], atol=0.02)
    losses = regression_losses(steps, x, y)
    assert losses[-1] < losses[0] == pytest.approx(np.log(7), abs=1e-4)


def test_recipes_of_a_run_name_every_parameter(tmp_path: Path) -> None:
    """The notebooks' settings are theirs; absent sections are the default ones; unknown keys are refused."""
    notebook, default = load_run_recipe("notebook"), load_run_recipe("default")
    assert (notebook.voice.epochs, notebook.voice.batch, notebook.voice.rate) == (50, 512, 0.01)
    assert (notebook.text.epochs, notebook.text.batch, notebook.text.rate) == (6, 512, 0.001)
    assert (notebook.bio.epochs, notebook.bio.batch, notebook.bio.decay) == (500, 256, 1e-7)
    assert default.voice == load_recipe("voice")
    assert set(default.bio.features) <= set(FEATURES)
    path = tmp_path / "own.toml"
    path.write_text('[bio]\nfeatures = ["rmssd"]\nclip = 4.0\nridge = 1.0\nbalancing = "smote"\n')
    assert load_run_recipe(str(path)).voice == default.voice
    for text, words in (("[face]\n", "unknown section 'face'"), ("[bio]\ncolour = 1\n", "unknown key 'colour'")):
        path.write_text(text)
        with pytest.raises(ValueError, match=words):
            load_run_recipe(str(path))
    assert len(LABELS) == 7
