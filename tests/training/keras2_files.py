"""The original notebooks' networks with invented weights, in files as Keras 2.6 saved them, written without Keras.

Also the notebooks' two tables, with invented words and values of session 99.
"""

import csv
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from models.scores import LABELS

WORDS = 3571
Layer = tuple[str, dict[str, Any], dict[str, tuple[int, ...]]]
"""Class, settings, shapes of the weights by name"""


def _initial(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config}


COMMON = {"trainable": True, "dtype": "float32"}
KERNEL = {
    "use_bias": True,
    "kernel_initializer": _initial("GlorotUniform", seed=None),
    "bias_initializer": _initial("Zeros"),
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}


def dense(inputs: int, units: int, activation: str = "relu") -> Layer:
    settings = {**COMMON, "units": units, "activation": activation, **KERNEL}
    return "Dense", settings, {"kernel": (inputs, units), "bias": (units,)}


def convolution(inputs: int, filters: int, stride: int) -> Layer:
    shape = {"filters": filters, "kernel_size": [2, 2], "strides": [stride, stride], "padding": "same"}
    rest = {"data_format": "channels_last", "dilation_rate": [1, 1], "groups": 1, "activation": "relu"}
    return "Conv2D", {**COMMON, **shape, **rest, **KERNEL}, {"kernel": (2, 2, inputs, filters), "bias": (filters,)}


def pooling() -> Layer:
    settings = {"pool_size": [2, 2], "padding": "valid", "strides": [2, 2], "data_format": "channels_last"}
    return "MaxPooling2D", {**COMMON, **settings}, {}


def normalised(units: int, axis: int = 1) -> Layer:
    settings = {**COMMON, "axis": [axis], "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True}
    return "BatchNormalization", settings, dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), (units,))


def dropout() -> Layer:
    return "Dropout", {**COMMON, "rate": 0.3, "noise_shape": None, "seed": None}, {}


def flatten() -> Layer:
    return "Flatten", {**COMMON, "data_format": "channels_last"}, {}


def embedding() -> Layer:
    settings = {**COMMON, "batch_input_shape": [None, None], "input_dim": WORDS, "output_dim": 100}
    rest = {"embeddings_initializer": _initial("RandomUniform", minval=-0.05, maxval=0.05, seed=None)}
    return "Embedding", {**settings, **rest, "mask_zero": False, "input_length": None}, {"embeddings": (WORDS, 100)}


def gru() -> Layer:
    form = dict.fromkeys(
        ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major"), False
    )
    gates = {"units": 200, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}
    rest = {"dropout": 0.0, "recurrent_dropout": 0.0, "implementation": 2, "reset_after": True}
    weights = {"kernel": (100, 600), "recurrent_kernel": (200, 600), "bias": (2, 600)}
    return "GRU", {**COMMON, **form, **gates, **rest}, weights


def text_layers() -> list[Layer]:
    return [embedding(), gru(), dense(200, 7, "softmax")]


def bio_layers() -> list[Layer]:
    first = [dense(3, 256), normalised(256), dropout(), dense(256, 128), normalised(128)]
    return [*first, dense(128, 64), normalised(64), dense(64, 32), normalised(32), dropout(), dense(32, 7, "softmax")]


def voice_layers() -> list[Layer]:
    layers: list[Layer] = []
    for inputs, filters, stride in ((1, 32, 2), (32, 64, 1), (64, 128, 1)):
        layers += [convolution(inputs, filters, stride), pooling(), normalised(filters, 3), dropout()]
    layers += [flatten(), dense(22_272, 64), normalised(64), dropout(), dense(64, 32), dropout(), normalised(32)]
    return [*layers, dense(32, 7, "softmax")]


NETWORKS = {
    "voice": (voice_layers, [None, 100, 465, 1]),
    "text": (text_layers, [None, None]),
    "bio": (bio_layers, [None, 3]),
}


def write_model(path: Path, layers: list[Layer], shape: list[int | None]) -> Path:
    """Write a Sequential model: configuration, weights, and an optimizer with settings that Keras has since dropped."""
    random = np.random.default_rng(99)
    named = [(f"{kind.lower()}_{i}", kind, settings, weights) for i, (kind, settings, weights) in enumerate(layers, 7)]
    given = {"batch_input_shape": shape, "dtype": "float32", "sparse": False, "ragged": False, "name": "layer_input"}
    configured = [{"class_name": kind, "config": {"name": name, **settings}} for name, kind, settings, _ in named]
    model = {"name": "sequential_3", "layers": [{"class_name": "InputLayer", "config": given}, *configured]}
    optimizer = {"class_name": "Adam", "config": {"name": "Adam", "lr": 0.001, "decay": 1e-7, "beta_1": 0.9}}
    with h5py.File(path, "w") as file:
        file.attrs["backend"], file.attrs["keras_version"] = "tensorflow", "2.6.0"
        training = {"optimizer_config": optimizer, "loss": "categorical_crossentropy"}
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": model}).encode()
        file.attrs["training_config"] = json.dumps(training).encode()
        groups = file.create_group("model_weights")
        groups.attrs["layer_names"] = np.array([name.encode() for name, *_ in named])
        groups.attrs["backend"], groups.attrs["keras_version"] = "tensorflow", "2.6.0"
        for name, kind, _, weights in named:
            below = f"{name}/gru_cell_2" if kind == "GRU" else name
            group = groups.create_group(name)
            group.attrs["weight_names"] = np.array([f"{below}/{weight}:0".encode() for weight in weights])
            for weight, weight_shape in weights.items():
                group[f"{below}/{weight}:0"] = _values(weight, weight_shape, random)
        file.create_group("optimizer_weights").attrs["weight_names"] = np.array([b"training/Adam/iter:0"])
    return path


def write_models(folder: Path) -> dict[str, Path]:
    return {name: write_model(folder / f"{name}.h5", make(), shape) for name, (make, shape) in NETWORKS.items()}


def _values(name: str, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Weights of which every one matters and that keep activations near 1."""
    if name in ("gamma", "moving_variance"):
        return random.uniform(0.5, 1.5, shape).astype(np.float32)
    spread = 1.0 / np.sqrt(np.prod(shape[:-1])) if "kernel" in name else 0.3
    return random.normal(0, 1.5 * spread if shape[-1] == 7 else spread, shape).astype(np.float32)


def invented_words(count: int) -> list[str]:
    """So many different words of Hangul."""
    syllables = [chr(0xAC00 + i) for i in range(0, 11_172, 93)]
    return [a + b for a in syllables for b in syllables][:count]


def write_tables(folder: Path, token_rows: list[list[str] | None]) -> tuple[Path, Path]:
    """Write merged_bio_text.csv and df_all_bio.csv with a segment for each list of morphemes; None: without text."""
    random = np.random.default_rng(99)
    segments = [f"Sess99_script01_F{i:04d}" for i in range(len(token_rows))]
    twice = sorted(segments * 2)
    means = random.uniform((0.2, 690.0, 27.0), (11.0, 3000.0, 35.0), (len(twice), 3))
    scaled = (means - means.min(axis=0)) / (means.max(axis=0) - means.min(axis=0))
    labels = [LABELS[i % len(LABELS)] for i in range(len(segments))]
    names = ["mean_EDA", "mean_ECG", "mean_Temp"]
    merged = [["Seg", *names, "tokenized", *(f"Label_{label}" for label in LABELS)]]
    for segment, pair, words, label in zip(segments, scaled.reshape(-1, 2, 3), token_rows, labels, strict=True):
        printed = "" if words is None else str(words)
        merged.append([segment, *pair.min(axis=0).tolist(), printed, *(int(label == one) for one in LABELS)])
    raw = [["Seg", names[0], "Label", *names[1:]]]
    raw += [
        [one, row[0], labels[i // 2], *row[1:]] for i, (one, row) in enumerate(zip(twice, means.tolist(), strict=True))
    ]
    return write_csv(folder / "merged_bio_text.csv", merged), write_csv(folder / "df_all_bio.csv", raw)


def write_csv(path: Path, rows: list[list[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(rows)
    return path
