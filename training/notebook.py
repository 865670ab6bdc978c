"""The original notebooks' three networks, layer by layer, as data.

The data builds them in Keras and is what the notebooks' own files are compared with, setting by setting. Everything
that decides about an output is spelled out, so that no default of a Keras version does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.features.mfcc import MfccParameters
from models.features.text import TextParameters
from models.scores import LABELS

WORDS = 3571
"""Rows of the notebooks' embedding: padding, OOV and the words that their tokenizer kept"""
DROPOUT = 0.3

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Architecture:
    """A stack of layers."""

    shape: tuple[int, ...]
    """Of the input, without the batch"""
    dtype: str
    """Of the input"""
    layers: tuple[tuple[str, Settings], ...]
    """Class and settings of each, by Keras's names"""

    def network(self, batch: int | None = None) -> Any:  # noqa: ANN401 - Keras has no annotations
        """Build it in Keras, untrained; TFLite needs a fixed batch."""
        import keras

        given = keras.Input(self.shape, batch_size=batch, dtype=self.dtype)
        return keras.Sequential([given, *(getattr(keras.layers, kind)(**settings) for kind, settings in self.layers)])


def voice() -> Architecture:
    """Three convolutions over MFCC as an image: 1,470,375 parameters."""
    layers = []
    for filters, strides in ((32, 2), (64, 1), (128, 1)):
        layers += [_convolution(filters, strides), _pooling(), _normalised(), _dropout()]
    layers += [("Flatten", {"data_format": "channels_last"})]
    layers += [_dense(64), _normalised(), _dropout(), _dense(32), _dropout(), _normalised(), _labels()]
    mfcc = MfccParameters()
    return Architecture((mfcc.n_mfcc, mfcc.frames, 1), "float32", tuple(layers))


def text(words: int = WORDS) -> Architecture:
    """A GRU over embedded morphemes: 539,707 parameters with the notebooks' number of words."""
    embedding = ("Embedding", {"input_dim": words, "output_dim": 100, "mask_zero": False})
    return Architecture((TextParameters().length,), "int32", (embedding, _gru(200), _labels()))


def bio() -> Architecture:
    """Four dense layers over three means: 46,407 parameters."""
    layers = [_dense(256), _normalised(), _dropout(), _dense(128), _normalised(), _dense(64), _normalised()]
    layers += [_dense(32), _normalised(), _dropout(), _labels()]
    return Architecture((3,), "float32", tuple(layers))


def _convolution(filters: int, strides: int) -> tuple[str, Settings]:
    shape: Settings = {"filters": filters, "kernel_size": (2, 2), "strides": (strides, strides), "padding": "same"}
    return "Conv2D", {**shape, "activation": "relu", "use_bias": True, "data_format": "channels_last"}


def _pooling() -> tuple[str, Settings]:
    return "MaxPooling2D", {"pool_size": (2, 2), "strides": (2, 2), "padding": "valid", "data_format": "channels_last"}


def _gru(units: int) -> tuple[str, Settings]:
    gates: Settings = {"units": units, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}
    return "GRU", {**gates, "reset_after": True, "return_sequences": False, "go_backwards": False}


def _dense(units: int, activation: str = "relu") -> tuple[str, Settings]:
    return "Dense", {"units": units, "activation": activation, "use_bias": True}


def _labels() -> tuple[str, Settings]:
    return _dense(len(LABELS), "softmax")


def _normalised() -> tuple[str, Settings]:
    return "BatchNormalization", {"epsilon": 0.001, "center": True, "scale": True}


def _dropout() -> tuple[str, Settings]:
    return "Dropout", {"rate": DROPOUT}
