"""What `maeum models` can say about a bundle."""

from dataclasses import replace
from typing import Any

import pytest

from models.description import describe
from models.manifest import FORMAT, FeatureEntry, Golden, Manifest, ModelEntry
from models.scores import LABELS

ENTRY = ModelEntry(
    "text.tflite", "0" * 64, (), FeatureEntry("morphemes", 1, {}), None, None, 1.0, 0.5, Golden({}, (), (), ())
)
KNOWN = {
    "date": "2026-01-01",
    "text": {
        "corpora": [{"name": "A", "licence": "MIT"}, {"name": "B", "licence": "MIT"}, {"name": "C"}],
        "protocol": "by author",
        "metrics": {"uar": 0.5, "n": 20, "confusion": [[1]], "note": "invented"},
    },
}


def manifest(training: dict[str, Any]) -> Manifest:
    return Manifest(FORMAT, "tiny", LABELS, {"text": ENTRY}, training)


def test_provenance_is_described() -> None:
    """Corpora, licences without repeats, protocol, and the metrics that are numbers."""
    (text,) = describe(manifest(KNOWN))
    assert (text.modality, text.feature, text.weight, text.protocol) == ("text", "morphemes 1", 0.5, "by author")
    assert (text.corpora, text.licences) == (("A", "B", "C"), ("MIT",))
    assert text.metrics == {"uar": 0.5, "n": 20.0}


@pytest.mark.parametrize("training", [{}, {"text": 3}, {"text": {"corpora": "A", "metrics": [1]}}])
def test_missing_provenance_is_no_error(training: dict[str, Any]) -> None:
    """A bundle from elsewhere may say less; it still works."""
    (text,) = describe(manifest(training))
    assert (text.corpora, text.licences, text.metrics) == ((), (), {})


def test_a_model_of_whole_segments_has_a_row_of_its_own() -> None:
    """Its scores are those that both models of the modality reach together."""
    metrics = {"uar": 0.5, "segments": {"both": {"A": {"uar": 0.7}}}}
    both = replace(
        manifest({"text": {"metrics": metrics}}), segment_models={"text": replace(ENTRY, file="whole.tflite")}
    )
    windows, whole = describe(both)
    assert (windows.file, windows.metrics) == ("text.tflite", {"uar": 0.5})
    assert (whole.file, whole.metrics) == ("whole.tflite", {"uar": 0.7})
