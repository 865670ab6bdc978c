"""The bundle that ships with the code: complete, small, honest about itself, and able to score."""

import numpy as np
import pytest

from models.bundle import DEFAULT, Bundle, load_bundle
from models.description import describe
from models.scores import MODALITIES


@pytest.fixture(scope="module")
def default() -> Bundle:
    return load_bundle()


def test_all_modalities_reproduce(default: Bundle) -> None:
    """Hashes and golden vectors hold on this machine, for voice, text and bio."""
    assert set(default.models) == set(MODALITIES)


def test_files_are_small(default: Bundle) -> None:
    """Each TFLite file stays under 3 MB, and nothing else lies in the folder."""
    files = {file.name: file.stat().st_size for file in DEFAULT.iterdir()}
    manifest = default.manifest
    graphs = {entry.file for entry in (*manifest.models.values(), *manifest.segment_models.values())}
    assert set(files) == graphs | {"manifest.json", "card.md"}
    assert all(files[graph] < 3_000_000 for graph in graphs)


def test_provenance_is_complete(default: Bundle) -> None:
    """Each model names its corpora with a licence each, how it was scored, and its score."""
    for description in describe(default.manifest):
        assert description.corpora
        assert description.licences
        assert description.protocol
        assert "uar" in description.metrics
    assert default.card.read_text(encoding="utf-8").startswith("# ")


def test_words_tell_happy_from_angry(default: Bundle) -> None:
    """The text model knows plain sentences."""
    text = default.models["text"]

    def probability(sentence: str, label: str) -> float:
        p = text.predict(text.features(sentence))
        return float(p[default.labels.index(label)])

    glad, cross = "정말 기쁘고 행복해요 너무 좋아요", "진짜 짜증나고 화가 나서 미치겠어"
    assert probability(glad, "happy") > probability(cross, "happy")
    assert probability(cross, "angry") > probability(glad, "angry")


def test_silence_is_scored_without_nan(default: Bundle) -> None:
    """Zeros, as silent audio gives them, are a valid input of the voice model."""
    voice = default.models["voice"]
    p = voice.predict(voice.features(np.zeros(16_000, np.float32)))
    assert np.isfinite(p).all()
    assert p.sum() == pytest.approx(1)
