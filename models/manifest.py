"""What a bundle's `manifest.json` says, as dataclasses: the file's layout is the layout of these."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from models.scores import LABELS, Modality
from models.strict_json import InvalidJson, read_as
from models.tflite import Tensor

FORMAT = 1
FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Golden:
    """What came out, where the bundle was made, for an input that every machine can make."""

    input: dict[str, Any]
    """`kind`, a closed formula of `models.golden`, and its numbers"""
    shape: tuple[int, ...]
    """Of the features"""
    values: tuple[float, ...]
    """Of the features, at evenly spaced places of the flattened array"""
    probabilities: tuple[float, ...]
    """[labels] of the model, temperature included"""


@dataclass(frozen=True, slots=True)
class FeatureEntry:
    """How a model's input is made."""

    name: str
    """In `models.features.registry`"""
    version: int
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One modality's model."""

    file: str
    """Name of a `.tflite` file beside the manifest"""
    sha256: str
    inputs: tuple[Tensor, ...]
    feature: FeatureEntry
    window_s: float | None
    """Longest window, in seconds; null where a model takes whole segments"""
    hop_s: float | None
    """Seconds from window to window; null where a model takes whole segments"""
    temperature: float
    """Probabilities are sharpened or softened as p^(1 / temperature)"""
    weight: float
    """In the vote: reliability above chance on held-out people (`models.reliability`), or, where the same people gave
    all modalities, fitted on validation rows"""
    golden: Golden
    neutral: tuple[float, ...] | None = field(default=None, metadata={"optional": True})
    """[labels] as `models.model.Model.neutral`; the key may be left out"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of `manifest.json`."""

    format: int
    name: str
    labels: tuple[str, ...]
    models: dict[Modality, ModelEntry]
    training: dict[str, Any]
    """Provenance, for people: `date`, `seed`, `packages` (name to version), and by modality an object with `corpora`
    (each with `name`, `licence`), `protocol`, and `metrics` (`uar`, `macro_f1`, `accuracy`, `n`, `confusion`, ...)"""
    segment_models: dict[Modality, ModelEntry] = field(default_factory=dict, metadata={"optional": True})
    """Those that score whole segments from what Whisper has computed for the words; the key may be left out"""

    def to_json(self) -> str:
        """Text of the file, the same bytes for the same content."""
        content = asdict(self)
        for entry in (*content["models"].values(), *content["segment_models"].values()):
            if entry["neutral"] is None:
                del entry["neutral"]
        if not self.segment_models:
            del content["segment_models"]
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def read_manifest(text: str) -> Manifest:
    """Read the text of a manifest.

    Raises
    ------
    InvalidJson
        When it is no JSON, of another format, or when any key is unknown, missing, or not what it should be.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    if isinstance(data, Mapping) and data.get("format", FORMAT) != FORMAT:
        raise InvalidJson(f"format is {data['format']!r:.20}, this version of maeum reads format {FORMAT}")
    manifest = cast(Manifest, read_as(Manifest, data, "manifest"))
    if manifest.labels != LABELS:
        raise InvalidJson(f"labels are {' '.join(manifest.labels):.200}, expected {' '.join(LABELS)}")
    if not manifest.models:
        raise InvalidJson("models is empty, expected at least one of voice, text, bio")
    for modality, entry in manifest.models.items():
        _check(entry, f"models.{modality}")
    for modality, entry in manifest.segment_models.items():
        _check(entry, f"segment_models.{modality}")
    return manifest


def _check(entry: ModelEntry, key: str) -> None:
    if Path(entry.file).name != entry.file:
        raise InvalidJson(f"{key}.file is {entry.file!r:.60}, expected the name of a file beside the manifest")
    for name in ("window_s", "hop_s", "temperature"):
        value = getattr(entry, name)
        if value is not None and value <= 0:
            raise InvalidJson(f"{key}.{name} is {value}, expected a number above 0")
    if entry.weight < 0:
        raise InvalidJson(f"{key}.weight is {entry.weight}, expected 0 or more")
    if entry.neutral is not None and len(entry.neutral) != len(LABELS):
        raise InvalidJson(f"{key}.neutral has {len(entry.neutral)} numbers, expected {len(LABELS)}")
