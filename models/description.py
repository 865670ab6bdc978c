"""What a bundle says about itself, for listings: each model's training data, licences and scores."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.manifest import Manifest, ModelEntry
from models.scores import Modality


@dataclass(frozen=True, slots=True)
class Description:
    """One model, as its manifest describes it; empty where the manifest says nothing."""

    modality: Modality
    feature: str
    """Name and version, `mfcc 1`"""
    file: str
    """Name of its graph's file"""
    weight: float
    corpora: tuple[str, ...]
    licences: tuple[str, ...]
    """Each named once"""
    protocol: str
    """How the people who were scored were kept apart from those trained on"""
    metrics: Mapping[str, float]
    """By name (`uar`, `accuracy`, `macro_f1`, ...), numbers only"""


def describe(manifest: Manifest) -> list[Description]:
    """Describe every model of a bundle, those of whole segments last, with their scores together with the others.

    Provenance is for people and decides about nothing, so what does not have the layout that `Manifest.training` gives
    is passed over.
    """
    whole = [_describe(manifest, *named, _of_both) for named in manifest.segment_models.items()]
    return [_describe(manifest, *named, _object) for named in manifest.models.items()] + whole


def _of_both(metrics: object) -> Mapping[str, Any]:
    """Scores of windows and whole segments together, on the corpus that was scored first."""
    both = _object(_object(_object(metrics).get("segments")).get("both"))
    return _object(next(iter(both.values()), None))


def _describe(
    manifest: Manifest, modality: Modality, entry: ModelEntry, scores: Callable[[object], Mapping[str, Any]]
) -> Description:
    provenance = _object(manifest.training.get(modality))
    listed = provenance.get("corpora")
    corpora = [_object(corpus) for corpus in listed] if isinstance(listed, list | tuple) else []
    return Description(
        modality,
        f"{entry.feature.name} {entry.feature.version}",
        entry.file,
        entry.weight,
        corpora=tuple(str(corpus.get("name", "unnamed")) for corpus in corpora),
        licences=tuple(dict.fromkeys(str(corpus["licence"]) for corpus in corpora if "licence" in corpus)),
        protocol=str(provenance.get("protocol", "")),
        metrics={name: float(x) for name, x in scores(provenance.get("metrics")).items() if type(x) in (int, float)},
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
