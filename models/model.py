"""One modality's model: its features and its graph, as training hands them over or as a manifest describes them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.registry import REGISTRY, Feature, feature_of
from models.golden import DEFAULT_INPUTS, check_golden, record_golden
from models.manifest import FeatureEntry, ModelEntry
from models.scores import LABELS, Modality
from models.tflite import Network

_SMALLEST = 1e-12
"""Probability below which outputs are not told apart"""


class ModelMismatch(ValueError):
    """Graph, features and manifest do not belong together; the message names the key, found and expected."""


@dataclass(frozen=True, eq=False)
class Model:
    """Windows of one modality in, probabilities out."""

    graph: bytes
    """A `.tflite` file that takes the features and ends in a softmax over the labels"""
    feature_parameters: Any
    """MfccParameters, TextParameters, BioParameters, ...: they name the feature, and so the modality"""
    window_s: float | None = None
    """Longest window, in seconds; None where the model takes whole segments"""
    hop_s: float | None = None
    """Seconds from window to window; None where the model takes whole segments"""
    temperature: float = 1.0
    """Fitted on held-out people; above 1 softens probabilities that are too sure"""
    weight: float = 1.0
    """In the vote, as `models.manifest.ModelEntry` says"""
    neutral: tuple[float, ...] | None = None
    """[labels] mean logarithm of the probabilities that it gives strangers' neutral speech; None where a person's own
    would correct nothing"""
    correction: tuple[float, ...] | None = None
    """[labels] what is added to the logarithm of its probabilities for one person; None for everybody"""

    @cached_property
    def feature(self) -> Feature:
        """What turns windows into the graph's input."""
        return feature_of(self.feature_parameters)

    @property
    def modality(self) -> Modality:
        """What the windows are made of."""
        return self.feature.modality

    @cached_property
    def network(self) -> Network:
        """The graph, loaded at first use. Not for several threads at once."""
        return Network(self.graph)

    def features(self, window: Any) -> NDArray[Any]:  # noqa: ANN401 - audio, text or BioWindow
        """Turn a window into what `predict` takes."""
        return self.feature.compute(window, self.feature_parameters)

    def predict(self, *inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Calibrated probabilities, float32 [labels], of one window's features.

        The graph gives p; what comes out is p^(1 / temperature), scaled to sum to 1, and with a `correction`
        p exp(correction) of that, scaled again.

        Raises
        ------
        InvalidGraph
            When the inputs' number, shapes or dtypes are not those of the graph.
        """
        p = np.maximum(self.network(*inputs)[0].astype(np.float64), _SMALLEST) ** (1 / self.temperature)
        p /= p.sum()
        if self.correction is not None:
            p *= np.exp(self.correction)
            p /= p.sum()
        return np.asarray(p, np.float32)


def entry_of(model: Model, file: str) -> ModelEntry:
    """Describe a model for a manifest, golden vectors included.

    Raises
    ------
    ModelMismatch, InvalidGraph
        When its graph does not take its features or does not speak of the labels.
    """
    _check_shapes(model)
    feature = model.feature
    return ModelEntry(
        file=file,
        sha256=sha256(model.graph),
        inputs=model.network.inputs,
        feature=FeatureEntry(feature.name, feature.version, model.feature_parameters.to_json()),
        window_s=model.window_s,
        hop_s=model.hop_s,
        temperature=model.temperature,
        weight=model.weight,
        golden=record_golden(model, DEFAULT_INPUTS[feature.name]),
        neutral=model.neutral,
    )


def model_of(entry: ModelEntry, modality: Modality, graph: bytes, registry: Mapping[str, Feature] = REGISTRY) -> Model:
    """Put together and check the model that a manifest describes; `registry` holds the features it may name.

    Raises
    ------
    ModelMismatch, InvalidParameters, InvalidGraph, GoldenMismatch
        Each a ValueError, whose message names the key, what was found and what was expected.
    """
    if (found := sha256(graph)) != entry.sha256:
        raise ModelMismatch(f"sha256 of {entry.file} is {found:.12}..., expected {entry.sha256:.12}...")
    feature = registry.get(entry.feature.name)
    if feature is None or feature.modality != modality:
        known = " or ".join(name for name, one in registry.items() if one.modality == modality)
        raise ModelMismatch(f"feature.name is {entry.feature.name!r:.40}, expected {known}")
    if entry.feature.version != feature.version:
        found_version = f"feature.version of {feature.name} is {entry.feature.version}"
        raise ModelMismatch(f"{found_version}, this version of maeum computes version {feature.version}")
    parameters = feature.parameters.from_json(entry.feature.parameters)
    model = Model(graph, parameters, entry.window_s, entry.hop_s, entry.temperature, entry.weight, entry.neutral)
    if model.network.inputs != entry.inputs:
        raise ModelMismatch(f"inputs are {_words(entry.inputs)}, but {entry.file} has {_words(model.network.inputs)}")
    _check_shapes(model)
    check_golden(model, entry.golden)
    return model


def sha256(content: bytes) -> str:
    """Hash as in a manifest."""
    return hashlib.sha256(content).hexdigest()


def _check_shapes(model: Model) -> None:
    output = model.network.outputs[0]
    if output.shape != (1, len(LABELS)) or output.dtype != "float32":
        raise ModelMismatch(f"the graph's output is {_words((output,))}, expected float32 [1, {len(LABELS)}]")
    for name in ("window_s", "hop_s"):
        here, there = getattr(model, name), getattr(model.feature_parameters, name, None)
        if there is not None and here != there:
            raise ModelMismatch(f"{name} is {here}, but feature.parameters.{name} is {there}")


def _words(tensors: tuple[Any, ...]) -> str:
    return ", ".join(f"{tensor.name} {tensor.dtype} {list(tensor.shape)}" for tensor in tensors)
