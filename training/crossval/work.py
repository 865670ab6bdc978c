"""What worker processes do: a pure function of files each, whose output is one folder or file.

`fit_model` and `write_statistics` load TensorFlow, `judge`, `predict` and `predict_leaky` must not: they never share a
process.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.mfcc import MfccParameters
from models.model import Model
from models.scores import LABELS
from models.tflite import InvalidGraph, Network
from training.crossval.folds import Fold
from training.crossval.inputs import Inputs, own_means
from training.crossval.leaky import Pooled, leaky_examples, leaky_inputs
from training.crossval.store import Store
from training.crossval.utterances import Ties
from training.export import REPRESENTATIVE
from training.predictions import Predictions
from training.recipes import NotebookRecipe, VoiceRecipe
from training.stages import VOICE_HOP_S, VOICE_WINDOW_S, read_json
from training.variants import VARIANTS

Rows = NDArray[np.int64]
INPUTS, HISTORY, MISSING = "inputs.json", "history.json", "missing.json"
ANSWERS, SHUFFLED = "predictions.npz", "shuffled.json"
THREADS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What all work on one model has in common."""

    store: Path
    modality: str
    recipe: Any
    """Section of the run's recipe"""
    ties: Ties
    seed: int
    fold: Fold
    statistics: Path
    """Of the voice windows, where the recipe takes them"""
    encoded: tuple[Path, ...] = ()
    """Files of the store's encodings by Whisper"""
    pooled: Pooled | None = None
    """Of the leaky protocol, which has no honest fold"""


def there(store: Store, modality: str, recipe: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - any recipe
    """Which rows have what a recipe's model takes, [n]."""
    if modality == "bio" and isinstance(recipe, NotebookRecipe):
        return np.asarray(np.isfinite(own_means(store)).all(axis=1))
    if modality == "text" and isinstance(recipe, NotebookRecipe):
        return np.array([bool(each) for each in store.morphemes], bool)
    return store.there(modality)


def usable(store: Store, modality: str, recipe: Any, ties: Ties, rows: Rows) -> Rows:  # noqa: ANN401 - any recipe
    """Those of the rows that have the modality and something to train on."""
    labelled = store.utterances.targets(ties).sum(axis=1) > 0
    kept: Rows = rows[(there(store, modality, recipe) & labelled)[rows]]
    return kept


def write_statistics(path: Path, store: Path, recipe: VoiceRecipe, seed: int) -> None:
    """Write the statistics of all voice windows, for all folds."""
    from training.crossval import fitting
    from training.export import quiet_keras

    quiet_keras(seed, THREADS)
    fitting.write_statistics(path, Store(store), recipe)


def fit_model(path: Path, job: Job) -> None:
    """Train one model on one fold and write its graphs, inputs and learning curve.

    There is one graph for each number format, but for the leaky protocol, whose notebooks knew float32 alone.
    """
    from training.crossval import fitting
    from training.export import quiet_keras, tflite_graph
    from training.quantisation import graphs

    quiet_keras(job.seed, THREADS).backend.clear_session()
    store = Store(job.store, job.encoded)
    if job.pooled is None:
        targets = store.utterances.targets(job.ties)
        chosen = [usable(store, job.modality, job.recipe, job.ties, r) for r in (job.fold.train, job.fold.validation)]
        training, validation = (fitting.Part(rows, targets[rows]) for rows in chosen)
        made = fitting.fit(job.modality, store, job.recipe, training, validation, job.seed, job.statistics)
        found, missing = graphs(made.network, _shown(store, made, training.rows, job.seed))
    else:
        x, y, held_x, held_y, inputs = leaky_examples(store, job.pooled, job.modality, job.recipe, job.seed)
        layers, ones = fitting.architecture(job.modality, inputs), np.ones(len(x), np.float32)
        network, history = fitting.fit_notebook(layers, job.recipe, x, y, ones, (held_x, held_y))
        made = fitting.Fitted(network, inputs, history)
        found, missing = {VARIANTS[0]: tflite_graph(made.network)}, {}
    path.mkdir()
    for name, content in found.items():
        graph_of(path, name).write_bytes(content)
    made.inputs.save(path / INPUTS)
    _write_json(path / HISTORY, made.history)
    _write_json(path / MISSING, missing)


def _shown(store: Store, made: Any, rows: Rows, seed: int) -> NDArray[Any]:  # noqa: ANN401 - loads TensorFlow
    """Inputs of some training rows, as the network takes them, to calibrate integer graphs with."""
    some = np.random.default_rng(seed).permutation(rows)[:REPRESENTATIVE]
    shown: NDArray[Any] = made.inputs.of(store, some).reshape(-1, *made.network.input_shape[1:])
    return shown


def graph_of(model: Path, variant: str) -> Path:
    """Where `fit_model` writes a model's graph in one number format."""
    return model / f"{variant}.tflite"


def judge(path: Path, job: Job, model: Path) -> None:
    """Write into a folder what a model's graphs say about its fold's validation rows, and why some say nothing."""
    missing = read_json(model / MISSING)
    path.mkdir()
    for name in (each for each in VARIANTS if each not in missing):
        part = np.full(len(job.fold.validation), "validation")
        try:
            _answers(job, graph_of(model, name), job.fold.validation, part).save(path / f"{name}.npz")
        except (InvalidGraph, RuntimeError) as error:  # how the interpreter says that it lacks an operator
            missing[name] = str(error).splitlines()[0]
    _write_json(path / MISSING, missing)


def predict(path: Path, job: Job, graph: Path | None) -> None:
    """Write what a graph says about its fold's validation and test rows; NaN without one."""
    fold = job.fold
    part = np.repeat(["validation", "test"], [len(fold.validation), len(fold.test)])
    _answers(job, graph, np.concatenate([fold.validation, fold.test]), part).save(path)


def _answers(job: Job, graph: Path | None, rows: Rows, part: NDArray[np.str_]) -> Predictions:
    store = Store(job.store, job.encoded)
    probabilities = np.full((len(rows), len(LABELS)), np.nan, np.float32)
    if graph is not None:
        inputs, network = Inputs.load(graph.parent / INPUTS), Network(graph.read_bytes())
        has = there(store, job.modality, job.recipe)
        for i, row in enumerate(rows):
            if has[row]:
                probabilities[i] = network(inputs.of(store, np.array([row]))[0])[0]
    truth, votes = store.utterances.truth(job.ties)[rows], store.utterances.votes[rows]
    return _predictions(store, job, rows, part, truth, votes, probabilities)


def predict_leaky(path: Path, job: Job, graph: Path) -> None:
    """Write into a folder what the notebooks measured: accuracy on the shuffled fifth, answers for the last fifth."""
    if job.pooled is None:
        raise TypeError("the leaky protocol needs its pooled rows")
    store, pooled = Store(job.store, job.encoded), job.pooled
    network = Network(graph.read_bytes())
    _, _, held_x, held_y, inputs = leaky_examples(store, pooled, job.modality, job.recipe, job.seed)
    right = [network(x)[0].argmax() == y.argmax() for x, y in zip(held_x, held_y, strict=True)]
    last = pooled.last_fifth
    x = leaky_inputs(store, pooled, job.modality, inputs)[last]
    probabilities = np.stack([network(row)[0] for row in x])
    truth = pooled.labels(job.modality)[last]
    votes = np.eye(len(LABELS), dtype=np.float32)[truth]
    path.mkdir()
    table = _predictions(store, job, pooled.rows[last], np.full(len(last), "test"), truth, votes, probabilities)
    table.save(path / ANSWERS)
    result = {"n": len(right), "accuracy": float(np.mean(right)), "split": "shuffled fifth, copies by SMOTE included"}
    _write_json(path / SHUFFLED, result)


def _predictions(
    store: Store,
    job: Job,
    rows: Rows,
    part: NDArray[np.str_],
    truth: NDArray[np.int64],
    votes: NDArray[np.float32],
    probabilities: NDArray[np.float32],
) -> Predictions:
    of = store.utterances
    return Predictions(
        job.modality,
        id=of.id[rows],
        part=part,
        fold=np.full(len(rows), job.fold.number, np.int64),
        corpus=of.corpus[rows],
        session=of.session[rows],
        scene=of.scene[rows],
        kind=of.kind[rows],
        speaker=of.speaker[rows],
        start=of.start[rows],
        end=of.end[rows],
        truth=truth,
        votes=votes,
        valence=of.valence[rows],
        arousal=of.arousal[rows],
        probabilities=probabilities,
    )


def final_model(graph: Path, temperature: float, weight: float) -> Model:
    """The model of a bundle, from one of the graphs that `fit_model` wrote."""
    parameters: Any = Inputs.load(graph.parent / INPUTS).parameters
    voice = isinstance(parameters, MfccParameters)
    window_s = VOICE_WINDOW_S if voice else getattr(parameters, "window_s", None)
    hop_s = VOICE_HOP_S if voice else getattr(parameters, "hop_s", None)
    return Model(graph.read_bytes(), parameters, window_s, hop_s, temperature, weight)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")
