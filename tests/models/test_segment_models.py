"""Models of whole segments in a bundle: optional, checked like the others, and told apart from models of windows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.bundle import Bundle, InvalidBundle, load_bundle, write_bundle
from models.features.parameters import InvalidParameters
from models.features.whisper import WhisperParameters, whisper_statistics
from models.model import Model

FOUR = WhisperParameters(dimensions=4)


@pytest.fixture
def whole(models: dict[str, Model], graphs: Path, tmp_path: Path) -> Bundle:
    """A bundle with a voice model of windows and one of whole segments."""
    segment = Model((graphs / "segment.tflite").read_bytes(), FOUR, temperature=1.3)
    return write_bundle(tmp_path / "whole", "whole", [models["voice"]], {}, "# Whole\n", [segment])


def edited(bundle: Bundle, change: Callable[[dict[str, Any]], object]) -> Path:
    file = bundle.path / "manifest.json"
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    return bundle.path


def test_both_models_of_a_voice_come_back(whole: Bundle) -> None:
    """Windows and whole segments have a model each, in a file each."""
    again = load_bundle(whole.path)
    segment = again.segment_models["voice"]
    assert segment.feature_parameters == FOUR
    assert segment.temperature == 1.3
    vectors = np.random.default_rng(1).standard_normal((60, 4)).astype(np.float32)
    assert segment.predict(segment.features(vectors)).sum() == pytest.approx(1)
    assert (whole.path / "voice-segment.tflite").is_file()
    assert again.models["voice"].feature.name == "mfcc"


def test_a_bundle_without_them_is_as_it_was(bundle: Bundle) -> None:
    """The manifest does not mention them, and bundles made before they existed load."""
    assert "segment_models" not in (bundle.path / "manifest.json").read_text()
    assert not load_bundle(bundle.path).segment_models


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda m: m["segment_models"]["voice"]["feature"].update(name="mfcc"),
            "segment_models.*expected whisper",
        ),
        (lambda m: m["models"].update(m["segment_models"]), "models.voice.*expected mfcc"),
        (lambda m: m["segment_models"]["voice"].update(temperature=0), "segment_models.voice.temperature"),
        (
            lambda m: m["segment_models"]["voice"]["feature"]["parameters"].update(reference=[1.0]),
            "1 values of",
        ),
        (lambda m: m["segment_models"]["voice"]["golden"]["values"].__setitem__(0, 9.0), "golden.values"),
        (lambda m: m["segment_models"].update(face=1), "segment_models"),
    ],
)
def test_one_that_is_wrong_is_refused_by_its_key(whole: Bundle, change: Callable[..., object], words: str) -> None:
    """The message names the key, as for models of windows."""
    with pytest.raises(InvalidBundle, match=words):
        load_bundle(edited(whole, change))


def test_statistics_are_mean_and_deviation_of_each_dimension() -> None:
    """The mean of every dimension, then the standard deviation of every dimension."""
    vectors = np.array([[1, 2, 3, 4], [3, 2, 5, 8]], np.float32)
    assert whisper_statistics(vectors, FOUR).tolist() == [2, 2, 4, 6, 1, 0, 1, 2]


@pytest.mark.parametrize("shape", [(0, 4), (5, 3), (4,)])
def test_vectors_of_another_encoder_are_refused(shape: tuple[int, ...]) -> None:
    """No vectors, or vectors of another length, are an error."""
    with pytest.raises(ValueError, match="expected"):
        whisper_statistics(np.zeros(shape, np.float32), FOUR)


def test_parameters_that_make_no_sense_are_refused() -> None:
    """So much of the reference as was stored must be there."""
    with pytest.raises(InvalidParameters, match="64"):
        WhisperParameters(reference=(0.0,))
