"""What a fold of the voice model may know, and how windows are cut for it."""

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features.mfcc import MfccParameters, mfcc_features
from tests.training.corpus import RATE, tone, write_corpus
from training.augment import SHORTEST_S, speech_part, varied
from training.recipes import load_recipe
from training.speech_corpora import folds_of, read_clips
from training.tasks import Workers
from training.voice import examples_of
from training.voice_data import VIEWS, VoiceData, prepare

RECIPE = load_recipe("voice")


def data_of(folds: np.ndarray) -> VoiceData:
    clips = len(folds)
    speakers = np.array([f"ravdess/{i}" for i in range(clips)])
    no_frames = np.zeros((0, 100), np.float16)
    nothing = np.zeros((clips, 2), np.int64)
    return VoiceData(np.array(["ravdess"] * clips), speakers, folds % 7, folds, nothing, np.array("{}"), no_frames)


def test_scaling_comes_from_training_speakers_alone() -> None:
    """A value planted in the clips of a fold leaves no trace in what its model is trained with."""
    data, random = data_of(np.array([1, 1, 2, 2, 3, 3])), np.random.default_rng(5)
    table = random.standard_normal((6, len(VIEWS) + 2, 4)).astype(np.float16)
    planted = table.copy()
    planted[data.fold == 2] = 1000
    training = data.fold != 2
    found, expected = (examples_of(data, each, training, RECIPE) for each in (planted, table))
    assert np.array_equal(found.mean, expected.mean)
    assert np.array_equal(found.spread, expected.spread)
    assert np.array_equal(found.table[found.rows], expected.table[expected.rows])


def test_folds_go_by_speaker_and_keep_published_ones(tmp_path: Path) -> None:
    """Clips without a label are left out; each speaker is tested in the fold that the corpus names."""
    data = write_corpus(tmp_path)
    clips = read_clips(data)
    assert "calm" not in " ".join(clip.path.name for clip in clips)
    folds = folds_of(clips, data)
    assert [folds[f"ravdess/{n:02d}"] for n in range(1, 7)] == [1, 2, 1, 2, 1, 2]


def test_stored_windows_are_the_runtimes_features(tmp_path: Path) -> None:
    """A prepared window is what mfcc_features gives, to half precision, zeros behind it."""
    data = write_corpus(tmp_path)
    prepare(data, tmp_path / "prepared", 1, Workers(1), progress=lambda _done, _total: None)
    stored = VoiceData.load(tmp_path / "prepared")
    import soundfile

    audio, _ = soundfile.read(read_clips(data)[3].path, dtype="float32")
    expected = mfcc_features(audio, MfccParameters())
    np.testing.assert_allclose(stored.window(3, VIEWS.index("whole")), expected, atol=5e-3)


def test_silence_around_speech_is_cut_off() -> None:
    """What is left is the sound and a tenth of a second on both sides."""
    sound = tone(150, 2, 1.0)
    audio = np.concatenate([np.zeros(RATE, np.float32), sound, np.zeros(RATE, np.float32)])
    assert 1.0 <= len(speech_part(audio, RATE)) / RATE <= 1.35


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(0.3, 6.0))
def test_variations_have_lengths_that_the_runtime_scores(seed: int, seconds: float) -> None:
    """Between a second (or all there is) and the longest window; the same seed gives the same window."""
    audio, longest = tone(140, 3, seconds), MfccParameters().longest
    first, again = (varied(audio, RATE, longest, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(first, again)
    assert min(SHORTEST_S, seconds * 0.8) * RATE - 2 <= len(first) <= longest
