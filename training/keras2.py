"""Whole models as Keras 2 saved them: HDF5 with the configuration as JSON and one group of weights for each layer.

Layout, the same from TensorFlow 2.0 to 2.15::

    /  model_config    attribute, JSON: {"config": {"layers": [{"class_name": "GRU", "config": {"name": ...}}, ...]}}
    /model_weights/LAYER  weight_names    attribute: ["gru/gru_cell/kernel:0", ...], paths of datasets below the group

Only these are read. Optimizers, losses and metrics, whose names changed from version to version, are not, and neither
is any code run that a file might hold, which is why Keras itself does not load it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import CorpusNotFound, TrainingError
from training.notebook import Architecture

Weights = Mapping[str, NDArray[np.float32]]
"""Of one layer, by name: kernel, bias, ..."""
INPUT = "InputLayer"
HARMLESS = frozenset({"rate"})
"""Settings that matter in training alone"""


class InvalidH5(TrainingError, ValueError):
    """A file is no Keras model, or another one than expected; the message names the file and the layer."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredLayer:
    """One layer of a file."""

    kind: str
    """Class in Keras"""
    name: str
    settings: Mapping[str, Any]
    weights: Weights


@dataclass(frozen=True, slots=True, eq=False)
class StoredModel:
    """A file's layers in order, without the input layer."""

    path: Path
    shape: Sequence[int | None] | None
    """Of the input without the batch, None where an axis is free; None when the file does not say"""
    layers: tuple[StoredLayer, ...]

    def check(self, expected: Architecture) -> None:
        """Compare with an architecture; InvalidH5 names the first difference."""
        found = [layer.kind for layer in self.layers]
        kinds = [kind for kind, _ in expected.layers]
        if found != kinds:
            raise InvalidH5(f"{self.path}: {_first_difference(found, kinds)}; expected the layers {' '.join(kinds)}")
        if self.shape is not None and not _fits(self.shape, expected.shape):
            raise InvalidH5(f"{self.path}: the input is {list(self.shape)}, expected {list(expected.shape)}")
        for number, (layer, (_, settings)) in enumerate(zip(self.layers, expected.layers, strict=True), 1):
            for key in settings.keys() - HARMLESS:
                if key in layer.settings and _plain(layer.settings[key]) != _plain(settings[key]):
                    difference = f"{key} is {layer.settings[key]!r}, expected {settings[key]!r}"
                    raise InvalidH5(f"{self.path}: layer {number} ({layer.name}): {difference}")

    def put_into(self, network: Any) -> None:  # noqa: ANN401 - Keras has no annotations
        """Set the weights of a Keras network of the same architecture; InvalidH5 when a shape differs."""
        for number, (stored, layer) in enumerate(zip(self.layers, network.layers, strict=True), 1):
            wanted = {weight.name: tuple(weight.shape) for weight in layer.weights}
            found = {name: values.shape for name, values in stored.weights.items()}
            if found != wanted:
                difference = f"weights are {_shapes(found)}, expected {_shapes(wanted)}"
                raise InvalidH5(f"{self.path}: layer {number} ({stored.name}): {difference}")
            layer.set_weights([stored.weights[name] for name in wanted])


def read_model(path: Path) -> StoredModel:
    """Read a whole model.

    Raises
    ------
    CorpusNotFound
        When there is no such file.
    InvalidH5
        When it is no HDF5 file, or no whole model of Keras.
    """
    import h5py

    if not path.is_file():
        raise CorpusNotFound(f"{path}: no such file")
    if not h5py.is_hdf5(path):
        raise InvalidH5(f"{path}: no HDF5 file; expected a whole model as Keras 2 saved it, model.save('NAME.h5')")
    try:
        with h5py.File(path, "r") as file:
            config = json.loads(file.attrs["model_config"])["config"]
            return _model(path, config["layers"], file["model_weights"])
    except (KeyError, OSError, TypeError, ValueError) as error:
        what = str(error.args[0]) if error.args else type(error).__name__
        raise InvalidH5(
            f"{path}: no whole Keras model ({what:.120}); save it again with model.save('NAME.h5')"
        ) from None


def _model(path: Path, layers: Sequence[Mapping[str, Any]], groups: Any) -> StoredModel:  # noqa: ANN401 - h5py's
    shapes = [
        layer["config"][key]
        for layer in layers
        for key in ("batch_input_shape", "batch_shape")
        if key in layer["config"]
    ]
    stored = [
        StoredLayer(layer["class_name"], name, layer["config"], _weights(groups[name]))
        for layer in layers
        if (name := layer["config"]["name"]) in groups and layer["class_name"] != INPUT
    ]
    return StoredModel(path, shapes[0][1:] if shapes else None, tuple(stored))


def _weights(group: Any) -> Weights:  # noqa: ANN401 - h5py's
    """By the last part of their names, without `:0`; older files hold names as bytes."""
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs["weight_names"]]
    return {name.rpartition("/")[2].partition(":")[0]: np.asarray(group[name], np.float32) for name in names}


def _first_difference(found: Sequence[str], expected: Sequence[str]) -> str:
    for number, (one, other) in enumerate(zip(found, expected, strict=False), 1):
        if one != other:
            return f"layer {number} is {one}, expected {other}"
    return f"{len(found)} layers, expected {len(expected)}"


def _fits(shape: Sequence[int | None], expected: Sequence[int]) -> bool:
    return len(shape) == len(expected) and all(a in (None, b) for a, b in zip(shape, expected, strict=True))


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return tuple(value) if isinstance(value, list) else value


def _shapes(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return " ".join(f"{name}{list(shape)}" for name, shape in shapes.items()) or "none"
