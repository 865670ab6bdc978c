"""The notebooks' protocol does what theirs did, leak for leak. No TensorFlow here."""

from pathlib import Path

import numpy as np
import pytest

from models.scores import LABELS
from tests.kemdy19_fixture import Plan, make_corpus
from tests.training.corpus import tone
from tests.training.test_crossval_fitted import ROWS, stored
from training.crossval.leaky import leaky_examples, leaky_inputs, pooled, pooled_labels
from training.crossval.prepare import all_windows
from training.crossval.store import NOTEBOOK
from training.errors import InvalidCorpus
from training.recipes import load_run_recipe

RECIPE = load_run_recipe("notebook").bio
LABELLED = {name: [3, 4] if i % 3 else [6, 0] for i, name in enumerate(ROWS.id.tolist())}


def test_both_files_label_every_segment(tmp_path: Path) -> None:
    """Speaker's and listener's labels are pooled, the woman's file first, of a tie the first part."""
    tie = "Sess01_script01_F001"
    root = make_corpus(tmp_path, Plan(session=1, utterances=4, streams=(), votes={tie: ["sad", "angry"] * 5}))
    labels = pooled_labels(root)
    assert [LABELS[label] for label in labels[tie]] == ["sad", "fear"]
    assert [LABELS[label] for label in labels["Sess01_script01_M001"]] == ["fear", "happy"]


def test_voice_has_labels_of_its_own_and_the_rest_the_smallest(tmp_path: Path) -> None:
    """In order of IDs; the last fifth tests the vote."""
    of = pooled(stored(tmp_path, planted=False), LABELLED)
    assert ROWS.id[of.rows].tolist() == sorted(ROWS.id.tolist())
    assert set(of.labels("voice").tolist()) == {3, 6}
    assert set(of.labels("text").tolist()) == set(of.labels("bio").tolist()) == {0, 3}
    assert of.last_fifth.tolist() == list(range(32, 40))


def test_copies_are_made_before_the_split(tmp_path: Path) -> None:
    """After SMOTE both classes are equal over both sides together: some made rows are in the held part."""
    store = stored(tmp_path, planted=False)
    x, y, held_x, held_y, _ = leaky_examples(store, pooled(store, LABELLED), "bio", RECIPE, seed=1)
    assert len(x) + len(held_x) > len(ROWS)
    assert (y.sum(axis=0) + held_y.sum(axis=0))[[0, 3]].tolist() == [26.0, 26.0]
    own = {row.tobytes() for row in leaky_examples(store, pooled(store, LABELLED), "bio", RECIPE, seed=2)[0]}
    again = leaky_examples(store, pooled(store, LABELLED), "bio", RECIPE, seed=1)
    assert np.array_equal(again[0], x)
    assert {row.tobytes() for row in x} != own


def test_too_few_complete_segments_are_named(tmp_path: Path) -> None:
    store = stored(tmp_path, planted=False)
    store.bodies.means[5:] = np.nan
    with pytest.raises(InvalidCorpus, match="5 segments have sound, label and all of EDA, ECG and TEMP"):
        pooled(store, LABELLED)


def test_a_missing_text_is_a_word_and_stop_words_alone_are_none(tmp_path: Path) -> None:
    """What pandas made of an empty cell got an id of its own; the printed form of an empty list has no word."""
    store = stored(tmp_path, planted=False)
    texts = [*store.raw_texts]
    texts[:20] = [None, "b/", "네", "nan 오늘", *[None] * 16]
    store.__dict__["raw_texts"] = texts
    of = pooled(store, LABELLED)
    inputs = leaky_examples(store, of, "text", RECIPE, seed=1)[4]
    ids = leaky_inputs(store, of, "text", inputs)
    missing, marked, stopped, latin = (ids[int(np.flatnonzero(of.rows == row)[0])] for row in range(4))
    known = inputs.parameters.ids
    assert missing[-2:].tolist() == marked[-2:].tolist() == [0, known["nan"]]
    assert not stopped.any()
    assert latin[-2:].tolist() == [0, known["'오늘'"]]


def test_a_long_recording_is_scaled_before_it_is_cut() -> None:
    """The notebooks' window is librosa's MFCC, scaled over all of the recording, then its first 465 frames."""
    import librosa
    from sklearn.preprocessing import scale

    audio = np.concatenate([tone(140, 3, 5.0), 0.05 * tone(300, 1, 3.0)])
    frames = all_windows(audio, np.random.default_rng(1))
    mfcc = librosa.feature.mfcc(y=audio, sr=16_000, n_mfcc=100, n_fft=400, hop_length=160)
    expected = scale(mfcc, axis=1)[:, :465].T
    assert np.allclose(frames[NOTEBOOK], expected, atol=0.02)
    assert not np.allclose(frames[1], expected, atol=0.02)
