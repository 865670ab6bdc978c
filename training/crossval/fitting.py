"""From training rows to a network, for each modality and recipe. Imports TensorFlow when called.

Whatever is fitted (vocabulary, ranges, spreads, scaling, balancing, weights) sees the fold's training rows alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.bio import BioParameters
from models.features.mfcc import MfccParameters
from models.features.ngrams import NgramParameters
from models.features.text import TextParameters
from models.scores import LABELS
from training import ngrams, notebook, voice, voice_segments
from training.crossval.balancing import balanced
from training.crossval.inputs import Inputs, own_means, ranges, usual_spreads
from training.crossval.store import NOTEBOOK, Store
from training.curves import cross_entropy, mean_curve
from training.notebook_table import kept_words, ranked
from training.recipes import BioRecipe, NgramRecipe, NotebookRecipe, SegmentRecipe, VoiceRecipe
from training.voice_data import VIEWS

Rows = NDArray[np.int64]
Floats = NDArray[np.float32]
History = dict[str, list[float]]
Progress = Callable[[int, int], object]
TESTED = VIEWS.index("speech")
"""The window by which the default voice model is scored"""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows that have the modality and a label, and what they should give."""

    rows: Rows
    targets: Floats
    """[rows, labels]"""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model without its vote."""

    network: Any
    """Keras model whose batch is fixed to 1"""
    inputs: Inputs
    history: History


def fit(modality: str, store: Store, recipe: Any, training: Part, validation: Part, seed: int, table: Path) -> Fitted:  # noqa: ANN401 - any of the recipes
    """Train one network.

    Parameters
    ----------
    validation
        Watches, and decides nothing.
    table
        File of the voice statistics, which the default voice recipe needs.
    """
    if isinstance(recipe, VoiceRecipe):
        return _voice(store, recipe, training, validation, seed, table)
    if isinstance(recipe, NgramRecipe):
        return _text(store, recipe, training, validation, seed)
    if isinstance(recipe, BioRecipe):
        return _bio(store, recipe, training, validation, seed)
    if isinstance(recipe, SegmentRecipe):
        linear, losses = voice_segments.trained(store.encodings[training.rows], training.targets, recipe)
        return Fitted(voice_segments.network_of(linear), Inputs(store.encoder), {"loss": losses, "val_loss": []})
    inputs = notebook_inputs(modality, store, training.rows)
    examples = inputs.of(store, training.rows), training.targets
    watched = (inputs.of(store, validation.rows), validation.targets) if len(validation.rows) else None
    grown, targets, weights = balanced(*examples, recipe.balancing, seed)
    network, history = fit_notebook(architecture(modality, inputs), recipe, grown, targets, weights, watched)
    return Fitted(network, inputs, history)


def notebook_inputs(modality: str, store: Store, rows: Rows) -> Inputs:
    """The original notebooks' inputs, fitted on these rows."""
    if modality == "voice":
        return Inputs(MfccParameters(), NOTEBOOK)
    if modality == "bio":
        return Inputs(ranges(own_means(store)[rows]))
    return Inputs(notebook_words([store.morphemes[row] or [] for row in rows]))


def notebook_words(sentences: list[list[str]]) -> TextParameters:
    """The notebooks' vocabulary of these sentences; in the printed form of a list, whose words keep their quotes."""
    return TextParameters(vocabulary=kept_words(ranked(map(str, sentences))), quoted=True)


def architecture(modality: str, inputs: Inputs) -> notebook.Architecture:
    """The original network that takes these inputs."""
    if isinstance(inputs.parameters, TextParameters):
        return notebook.text(inputs.parameters.id_count)
    return notebook.voice() if modality == "voice" else notebook.bio()


def fit_notebook(
    network: notebook.Architecture,
    recipe: NotebookRecipe,
    inputs: NDArray[Any],
    targets: Floats,
    weights: Floats,
    watched: tuple[NDArray[Any], Floats] | None,
) -> tuple[Any, History]:
    """Train one of the original networks as the notebooks did: so many epochs, the last one's weights."""
    import keras

    model = network.network()
    rate = keras.optimizers.schedules.InverseTimeDecay(recipe.rate, 1, recipe.decay)
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", weighted_metrics=["accuracy"])
    options = {"epochs": recipe.epochs, "batch_size": recipe.batch, "validation_data": watched, "verbose": 0}
    curves = model.fit(_shaped(inputs, network), targets, sample_weight=weights, **options).history
    exported = network.network(batch=1)
    exported.set_weights(model.get_weights())
    return exported, {name: [round(float(v), 5) for v in values] for name, values in curves.items()}


def _shaped(inputs: NDArray[Any], network: notebook.Architecture) -> NDArray[Any]:
    return inputs.reshape(len(inputs), *network.shape)


def _voice(store: Store, recipe: VoiceRecipe, training: Part, validation: Part, seed: int, table: Path) -> Fitted:
    """Statistics of the windows come from `table`, labels are drawn by the square root of their share."""
    statistics = read_statistics(table, store)
    classes = training.targets.argmax(axis=1)
    chances = 1 / np.sqrt(np.bincount(classes, minlength=len(LABELS))[classes])
    examples = voice.scaled_examples(statistics[:, :NOTEBOOK], training.rows, training.targets, chances)
    watched = (statistics[validation.rows, TESTED], validation.targets) if len(validation.rows) else None
    network, curves = voice.trained(examples, store.voice.mfcc, recipe, seed, watched)
    return Fitted(network, Inputs(store.voice.mfcc, TESTED), mean_curve(curves))


def write_statistics(path: Path, store: Store, recipe: VoiceRecipe) -> None:
    """Write the statistics of all windows of all rows, float16 [rows, windows, n]."""
    with path.open("wb") as file:
        for rows in voice.clip_statistics(store.voice, recipe):
            file.write(rows.data)


def read_statistics(path: Path, store: Store) -> NDArray[np.float16]:
    """Map what `write_statistics` wrote."""
    flat = np.memmap(path, np.float16, "r")
    rows, windows = store.voice.ends.shape
    return flat.reshape(rows, windows, -1)


def _text(store: Store, recipe: NgramRecipe, training: Part, validation: Part, seed: int) -> Fitted:
    """Nothing is fitted before the network: n-grams get their ids by a hash."""
    inputs, known = Inputs(NgramParameters()), training.targets.sum(axis=0) + 1
    shares = recipe.prior * np.log(known / known.sum()).astype(np.float32)
    lessons = _lessons(store, inputs, training, shares)
    watched = _lessons(store, inputs, validation, shares) if len(validation.rows) else None
    networks, curves = ngrams.taught(lessons, NgramParameters(), recipe, seed, lambda _done, _total: None, watched)
    return Fitted(ngrams.exported(networks, NgramParameters()), inputs, mean_curve(curves))


def _lessons(store: Store, inputs: Inputs, part: Part, shares: Floats) -> ngrams.Lessons:
    """Sentences of a part, all drawn equally often; the raters' own words are the labels that any of them named."""
    n, named = len(part.rows), store.utterances.votes[part.rows] > 0
    return ngrams.Lessons(
        ids=inputs.of(store, part.rows),
        targets=part.targets,
        shares=np.tile(shares, (n, 1)),
        known=named.astype(np.float32),
        chances=np.full(n, 1 / n),
    )


def _bio(store: Store, recipe: BioRecipe, training: Part, validation: Part, seed: int) -> Fitted:
    usual = usual_spreads(store, training.rows, recipe.features)
    inputs = Inputs(BioParameters(features=recipe.features, usual=usual, clip=recipe.clip))
    x, y, weights = balanced(inputs.of(store, training.rows), training.targets, recipe.balancing, seed)
    steps = softmax_regression(x, y, weights, recipe.ridge)
    watched = (inputs.of(store, validation.rows), validation.targets) if len(validation.rows) else None
    curve = {"loss": regression_losses(steps, x, y), "val_loss": regression_losses(steps, *watched) if watched else []}
    return Fitted(_linear(steps[-1][:-1], steps[-1][-1]), inputs, curve)


def softmax_regression(x: Floats, y: Floats, weights: Floats, ridge: float) -> list[NDArray[np.float64]]:
    """Weights [inputs + 1, labels] after every step towards the most likely softmax model under a ridge; biases last.

    The problem is convex: the result does not depend on the start, which is zero.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    rows = _with_one(x)
    shape = rows.shape[1], y.shape[1]
    penalty = np.full((shape[0], 1), ridge)
    penalty[-1] = 0.0
    steps = [np.zeros(shape)]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        beta = flat.reshape(shape)
        logs = log_softmax(rows @ beta, axis=1)
        gradient = rows.T @ (weights[:, None] * (np.exp(logs) - y)) + penalty * beta
        fit = float(-(weights[:, None] * y * logs).sum())
        return fit + 0.5 * float((penalty * beta**2).sum()), gradient.ravel()

    def keep(xk: NDArray[np.float64]) -> None:
        steps.append(xk.reshape(shape).copy())

    minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", callback=keep)
    return steps


def regression_losses(steps: list[NDArray[np.float64]], x: Floats, y: Floats) -> list[float]:
    """Cross-entropy on rows that all weigh the same, after every step."""
    from scipy.special import softmax

    rows = _with_one(x)
    return [round(cross_entropy(y, softmax(rows @ beta, axis=1)), 5) for beta in steps]


def _with_one(x: Floats) -> NDArray[np.float64]:
    return np.column_stack([x, np.ones(len(x))]).astype(np.float64)


def _linear(kernel: NDArray[np.float64], bias: NDArray[np.float64]) -> Any:  # noqa: ANN401 - Keras has no annotations
    import keras

    given = keras.Input(batch_shape=(1, len(kernel)), name="bio")
    layer = keras.layers.Dense(len(bias), "softmax", name="labels")
    model = keras.Model(given, layer(given))
    layer.set_weights([kernel, bias])
    return model
