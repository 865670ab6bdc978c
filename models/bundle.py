"""Bundles: a folder with a manifest, one TFLite graph for each modality, and a card.

A bundle is used only when every file is the one that the manifest names, and every feature and graph gives here what it
gave where the bundle was made. Errors, each also the matching builtin::

    BundleError
    +-- BundleNotFound (FileNotFoundError)   no such folder, or a file of it is missing
    +-- InvalidBundle (ValueError)           it is there and must not be used
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.features.baseline import Baseline
from models.features.parameters import InvalidParameters
from models.features.registry import REGISTRY, SEGMENT_REGISTRY
from models.golden import GoldenMismatch
from models.manifest import FILE, FORMAT, Manifest, ModelEntry, read_manifest
from models.model import Model, ModelMismatch, entry_of, model_of, sha256
from models.profile import Profile
from models.scores import LABELS, MODALITIES, Modality
from models.strict_json import InvalidJson
from models.tflite import InvalidGraph

__all__ = [
    "BUNDLES",
    "Bundle",
    "BundleError",
    "BundleNotFound",
    "InvalidBundle",
    "Model",
    "list_bundles",
    "load_bundle",
    "open_manifest",
    "write_bundle",
]

BUNDLES = Path(__file__).parent / "bundles"
"""Those that ship with the code"""
DEFAULT = BUNDLES / "default"
CARD = "card.md"
REMEDY = "restore the bundle, choose another with --bundle, or make it anew with maeum-train"


class BundleError(Exception):
    """A bundle cannot be used; the message is one line: where, what was found, what was expected, what to do."""


class BundleNotFound(BundleError, FileNotFoundError):
    """No such folder, or a file of it is missing."""


class InvalidBundle(BundleError, ValueError):
    """It is there and must not be used."""


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """Models that speak of the same labels and vote together."""

    path: Path
    manifest: Manifest
    identity: str
    """Short hash of the manifest, and so of everything that decides about a label"""
    models: Mapping[Modality, Model]
    """May lack a modality"""
    segment_models: Mapping[Modality, Model] = field(default_factory=dict)
    """Those that score whole segments from what Whisper has computed for the words; mostly none"""
    person: Profile | None = None
    """Who corrects the models (`models.personal`); None for nobody"""
    known: Baseline | None = None
    """Of that person's body before a session; None for nothing"""

    @property
    def name(self) -> str:
        """As in the manifest."""
        return self.manifest.name

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of all probabilities."""
        return self.manifest.labels

    @property
    def card(self) -> Path:
        """What the models were trained on, under which licences, and how good they are, for people to read."""
        return self.path / CARD


def load_bundle(path: Path | None = None, modalities: Collection[Modality] = MODALITIES) -> Bundle:
    """Read a bundle and check it: manifest, hashes, graphs, golden vectors.

    Parameters
    ----------
    path
        Its folder; None for the one that ships with the code.
    modalities
        Those that will be used. The others are neither loaded nor checked: checking bio imports SciPy's filters.

    Raises
    ------
    BundleNotFound
        When the folder or one of its files is missing.
    InvalidBundle
        For everything else that keeps it from being used.
    TfliteUnavailable
        When no TFLite interpreter can run in this process.
    """
    path = DEFAULT if path is None else path
    manifest, identity = open_manifest(path)
    models, segment_models = (
        {one: _load(path, f"{key}.{one}", one, entries[one]) for one in entries if one in modalities}
        for key, entries in (("models", manifest.models), ("segment_models", manifest.segment_models))
    )
    return Bundle(path, manifest, identity, models, segment_models)


def open_manifest(path: Path) -> tuple[Manifest, str]:
    """Read a bundle's manifest alone, without its models, and its identity.

    Raises
    ------
    BundleNotFound, InvalidBundle
        As `load_bundle`.
    """
    if not path.is_dir():
        raise BundleNotFound(f"bundle {path}: no such folder; maeum models lists those there are")
    content = _read(path / FILE)
    try:
        manifest = read_manifest(content.decode())
    except (InvalidJson, UnicodeDecodeError) as error:
        raise InvalidBundle(f"{path / FILE}: {error}; {REMEDY}") from None
    return manifest, sha256(content)[:12]


def list_bundles(folders: Iterable[Path] = (BUNDLES,)) -> list[Path]:
    """Folders with a manifest directly below any of `folders`, in order; a folder that is not there holds none."""
    return [file.parent for folder in folders for file in sorted(folder.glob(f"*/{FILE}"))]


def write_bundle(
    path: Path,
    name: str,
    models: Iterable[Model],
    training: Mapping[str, Any],
    card: str,
    segment_models: Iterable[Model] = (),
) -> Bundle:
    """Write a bundle, hashes and golden vectors included, and load it again.

    The graphs are run here, so TensorFlow must not be loaded in this process. Files of the same names are replaced; the
    manifest comes last, so that a bundle half written is not taken for one.

    Parameters
    ----------
    path
        Its folder, made when it is not there.
    models
        At most one of each modality.
    training
        Provenance, ready for JSON, as `models.manifest.Manifest.training` describes it.
    card
        Markdown.
    segment_models
        At most one of each modality, of features in `SEGMENT_REGISTRY`.

    Raises
    ------
    ModelMismatch, InvalidGraph
        When a graph does not take its features or does not speak of the labels.
    TfliteUnavailable
        When no TFLite interpreter can run in this process.
    """
    graphs: dict[str, bytes] = {}
    entries = _entries(models, "", graphs)
    manifest = Manifest(FORMAT, name, LABELS, entries, dict(training), _entries(segment_models, "-segment", graphs))
    path.mkdir(parents=True, exist_ok=True)
    (path / FILE).unlink(missing_ok=True)
    for file, graph in graphs.items():
        (path / file).write_bytes(graph)
    (path / CARD).write_text(card, encoding="utf-8")
    (path / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return load_bundle(path)


def _entries(models: Iterable[Model], suffix: str, graphs: dict[str, bytes]) -> dict[Modality, ModelEntry]:
    """Describe models by modality, and add their graphs by file name."""
    by_modality = {model.modality: model for model in models}
    entries = {one: entry_of(model, f"{one}{suffix}.tflite") for one, model in sorted(by_modality.items())}
    graphs.update({entries[one].file: model.graph for one, model in by_modality.items()})
    return entries


def _load(path: Path, key: str, modality: Modality, entry: ModelEntry) -> Model:
    graph = _read(path / entry.file)
    registry = SEGMENT_REGISTRY if key.startswith("segment") else REGISTRY
    try:
        return model_of(entry, modality, graph, registry)
    except (ModelMismatch, InvalidParameters, InvalidGraph, GoldenMismatch) as error:
        raise InvalidBundle(f"{path / FILE}: {key}: {error}; {REMEDY}") from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise BundleNotFound(f"bundle {file.parent}: {file.name} is missing; {REMEDY}") from None
    except OSError as error:
        raise InvalidBundle(f"{file}: cannot be read ({error.strerror}); {REMEDY}") from None
