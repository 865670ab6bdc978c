"""The voice model: fitted on all speakers, and once for each fold without the speakers that are tested in it.

    fit       voice.npz, voice-frames.f16 -> voice.tflite, voice.json, voice-folds/     imports TensorFlow
    evaluate  the same -> metrics, from the folds' graphs                               must not

A fold's graph has seen nothing of its test speakers: the scaling of the statistics, too, comes from the others.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.mfcc import MfccParameters
from models.scores import LABELS
from models.tflite import Network
from training.curves import Curve, cross_entropy, mean_curve, write_curve
from training.export import REPRESENTATIVE, keep, place, quiet_keras
from training.metrics import fit_temperature, mean_and_spread, report, tempered
from training.recipes import VoiceRecipe
from training.trajectories import statistics, statistics_model
from training.voice_data import VIEWS, VoiceData
from training.whole import whole

Floats = NDArray[np.float32]
Validation = tuple[NDArray[np.float16], Floats]
"""Statistics [clips, n] and targets [clips, labels] of clips that watch the training and decide nothing"""
Progress = Callable[[int, int], object]
KOREAN = "emotiontts_ko"
PADDINGS, TOGETHER = 4, 16
"""Lengths to which windows are padded for their statistics, and clips in a batch"""
SUMMED = 256
"""Clips in memory at a time while their spread is measured"""
CALIBRATED_ON = ("speech", "start")
"""Views of held-out clips that the temperature is fitted on: runtime windows are of both kinds"""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Training clips as the head takes them."""

    table: NDArray[np.float16]
    """[clips, windows, statistics] mapped into memory; of other clips too, at which nothing here looks"""
    rows: NDArray[np.int64]
    """[n] the training clips"""
    targets: Floats
    """[n, labels]"""
    chances: NDArray[np.float64]
    """[n] to be drawn"""
    mean: Floats
    """[statistics]"""
    spread: Floats
    """[statistics] standard deviation"""

    def scaled(self, rows: NDArray[np.float16], clip: float) -> Floats:
        """Statistics with mean 0 and standard deviation 1 over the training clips."""
        return np.clip((rows.astype(np.float32) - self.mean) / self.spread, -clip, clip)

    def batch(self, recipe: VoiceRecipe, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw clips, one window of each, and mix them in pairs."""
        drawn = random.choice(len(self.rows), recipe.batch, p=self.chances)
        windows = random.integers(self.table.shape[1], size=recipe.batch)
        x = self.scaled(self.table[self.rows[drawn], windows], recipe.clip)
        y, other = self.targets[drawn], random.permutation(recipe.batch)
        share = random.beta(recipe.mixup, recipe.mixup, (recipe.batch, 1)).astype(np.float32)
        return share * x + (1 - share) * x[other], share * y + (1 - share) * y[other]


def fit(data: VoiceData, out: Path, recipe: VoiceRecipe, seed: int, progress: Progress) -> None:
    """Train, export and write into `out` whatever is not there; `progress` is told models trained and in all.

    The clips of a fold watch its training and decide nothing.
    """
    keras = quiet_keras(seed)
    (out / "voice-folds").mkdir(parents=True, exist_ok=True)
    paths = {fold: place(out, "voice", str(fold or "")) for fold in [0, *(int(fold) for fold in np.unique(data.fold))]}
    todo = {fold: path for fold, path in paths.items() if not path.with_suffix(".tflite").is_file()}
    with all_statistics(data, recipe, out) if todo else nullcontext() as table:
        for done, (fold, path) in enumerate(todo.items(), len(paths) - len(todo)):
            progress(done, len(paths))
            keras.backend.clear_session()  # so that layers have the same names whatever was trained before
            _fit_fold(data, table, fold, path, recipe, seed)
    progress(len(paths), len(paths))
    (out / "voice.json").write_text(json.dumps(data.mfcc.to_json(), indent=1) + "\n")


def _fit_fold(data: VoiceData, table: Any, fold: int, path: Path, recipe: VoiceRecipe, seed: int) -> None:  # noqa: ANN401 - an array
    examples, tested = examples_of(data, table, data.fold != fold, recipe), data.fold == fold
    watched = (table[tested, 0], np.eye(len(LABELS), dtype=np.float32)[data.label[tested]]) if tested.any() else None
    model, curves = trained(examples, data.mfcc, recipe, seed, watched)
    write_curve(path, mean_curve(curves))
    graph = keep(path, _some_windows(data, np.flatnonzero(~tested), seed), model)
    with whole(path.with_suffix(".tflite")) as partial:
        partial.write_bytes(graph)


def trained(
    examples: Examples,
    parameters: MfccParameters,
    recipe: VoiceRecipe,
    seed: int,
    validation: Validation | None = None,
) -> tuple[Any, list[Curve]]:
    """Train the heads; return the Keras model of the mean of their probabilities, and each head's learning curve."""
    pairs = [_trained_head(examples, recipe, seed + member, validation) for member in range(recipe.members)]
    heads, curves = [head for head, _ in pairs], [curve for _, curve in pairs]
    return _whole(parameters, recipe, heads, examples), curves


def _some_windows(data: VoiceData, clips: NDArray[np.int64], seed: int) -> NDArray[np.float16]:
    """Windows of any kind of some of the clips, to calibrate integer graphs with, [n, n_mfcc, frames]."""
    random = np.random.default_rng(seed)
    drawn = random.choice(clips, REPRESENTATIVE), random.integers(data.ends.shape[1], size=REPRESENTATIVE)
    return np.stack([data.window(clip, window) for clip, window in zip(*drawn, strict=True)]).astype(np.float16)


@contextmanager
def all_statistics(data: VoiceData, recipe: VoiceRecipe, folder: Path) -> Iterator[NDArray[np.float16]]:
    """Statistics of every window, [clips, windows, n], in a nameless file below `folder` that is mapped into memory."""
    with TemporaryFile(dir=folder) as file:
        for rows in clip_statistics(data, recipe):
            file.write(rows.data)
        file.flush()
        yield np.memmap(file, np.float16, "r").reshape(*data.ends.shape, -1)


def clip_statistics(data: VoiceData, recipe: VoiceRecipe) -> Iterator[NDArray[np.float16]]:
    """Statistics of some clips after others, [clips, windows, n].

    Padding changes none of them, so short windows are computed with little of it.
    """
    lengths = np.diff(data.ends.ravel(), prepend=0).reshape(data.ends.shape)
    paddings = [-(-data.mfcc.frames * part // PADDINGS) for part in range(1, PADDINGS + 1)]
    models = [statistics_model(recipe, replace(data.mfcc, frames=frames)) for frames in paddings]
    for first in range(0, len(lengths), TOGETHER):
        kinds = np.searchsorted(paddings, lengths[first : first + TOGETHER])
        found = np.empty((*kinds.shape, models[0].output_shape[1]), np.float16)
        for kind in np.unique(kinds):
            chosen = np.nonzero(kinds == kind)
            windows = [data.window(first + clip, window) for clip, window in zip(*chosen, strict=True)]
            given = np.stack([window[:, : paddings[kind]] for window in windows])
            found[chosen] = models[kind].predict_on_batch(given).clip(-1e4, 1e4)
        yield found


def examples_of(
    data: VoiceData, table: NDArray[np.float16], training: NDArray[np.bool_], recipe: VoiceRecipe
) -> Examples:
    """Examples of the chosen clips [clips]; corpora and labels are drawn by the square root of their share."""
    corpus, label = data.corpus[training], data.label[training]
    _, of, counts = np.unique(np.char.add(corpus, label.astype(str)), return_inverse=True, return_counts=True)
    chances = np.where(corpus == KOREAN, recipe.korean, 1.0) / np.sqrt(counts[of])
    return scaled_examples(table, np.flatnonzero(training), np.eye(len(LABELS), dtype=np.float32)[label], chances)


def scaled_examples(
    table: NDArray[np.float16], rows: NDArray[np.int64], targets: Floats, chances: NDArray[np.float64]
) -> Examples:
    """Examples whose scaling comes from themselves: `rows` of the table [clips, windows, n] must be training clips."""
    total, squares, count = np.zeros(table.shape[2]), np.zeros(table.shape[2]), len(rows) * len(VIEWS)
    for part in np.array_split(rows, len(rows) // SUMMED + 1):
        plain = table[part, : len(VIEWS)].reshape(-1, table.shape[2]).astype(np.float64)
        total += plain.sum(axis=0)
        squares += (plain**2).sum(axis=0)
    mean = total / count
    spread = np.sqrt(np.maximum(squares / count - mean**2, 0))
    scaled = np.where(spread < 1e-6, 1, spread).astype(np.float32)
    return Examples(table, rows, targets, chances / chances.sum(), mean.astype(np.float32), scaled)


def evaluate(data: VoiceData, fitted: Path, progress: Progress) -> tuple[dict[str, Any], Floats]:
    """Score every clip with the graph that was trained without its speaker, and fit the temperature on that.

    Returns
    -------
    Ready for JSON: for RAVDESS, or the first corpus there is, `report`'s numbers at the top; under `corpora` those of
    each corpus, and under `views` the UAR of the clips as recorded and of their first 1.5 s. And the calibrated
    probabilities [clips, labels] of each clip's speech.
    """
    probabilities = _heldout(data, fitted, progress)
    views = [VIEWS.index(view) for view in CALIBRATED_ON]
    truths = np.tile(data.label, len(views))
    temperature = fit_temperature(truths, np.concatenate([probabilities[view] for view in views]))
    probabilities = tempered(probabilities, temperature)
    corpora = {str(corpus): _corpus_scores(data, probabilities, data.corpus == corpus) for corpus in _corpora(data)}
    main = next(iter(corpora.values()))
    protocol = f"{len(np.unique(data.fold))} folds, each tested on speakers that it was not trained on"
    metrics = {"protocol": protocol, "temperature": temperature, **main, "corpora": corpora}
    return metrics, probabilities[VIEWS.index("speech")].astype(np.float32)


def _corpora(data: VoiceData) -> list[str]:
    """Corpora in the order in which they were read."""
    return list(dict.fromkeys(data.corpus.tolist()))


def _corpus_scores(data: VoiceData, probabilities: NDArray[Any], rows: NDArray[np.bool_]) -> dict[str, Any]:
    truth, speech = data.label[rows], probabilities[0, rows]
    folds = [rows & (data.fold == fold) for fold in np.unique(data.fold[rows])]
    by_fold = [report(data.label[fold], probabilities[0, fold]).uar for fold in folds]
    views = {view: report(truth, probabilities[i, rows]).uar for i, view in enumerate(VIEWS)}
    people = len(np.unique(data.speaker[rows]))
    return {**asdict(report(truth, speech)), "speakers": people, "uar_folds": mean_and_spread(by_fold), "views": views}


def _heldout(data: VoiceData, fitted: Path, progress: Progress) -> Floats:
    """Probabilities [views, clips, labels]."""
    probabilities = np.empty((len(VIEWS), len(data.label), len(LABELS)), np.float32)
    done = 0
    for fold in np.unique(data.fold):
        network = Network(place(fitted, "voice", str(fold)).with_suffix(".tflite").read_bytes())
        for clip in np.flatnonzero(data.fold == fold):
            for view in range(len(VIEWS)):
                probabilities[view, clip] = network(data.window(clip, view))[0]
            done += 1
            progress(done, len(data.label))
    return probabilities


def _trained_head(
    examples: Examples, recipe: VoiceRecipe, seed: int, validation: Validation | None
) -> tuple[Any, Curve]:
    import keras

    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    head = _head(examples.table.shape[2], recipe)
    steps = max(recipe.draws * len(examples.rows) // recipe.batch, 1)
    rate = keras.optimizers.schedules.CosineDecay(recipe.rate, steps)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    head.compile(keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay), loss)
    validate = None if validation is None else lambda: _loss(head, examples, recipe, validation)
    curve = Curve(steps, validate)
    for _ in range(steps):
        curve.step(head, head.train_on_batch(*examples.batch(recipe, random)))
    return head, curve


def _loss(head: Any, examples: Examples, recipe: VoiceRecipe, validation: Validation) -> float:  # noqa: ANN401
    rows, targets = validation
    return cross_entropy(targets, np.asarray(head(examples.scaled(rows, recipe.clip), training=False)))


def _head(inputs: int, recipe: VoiceRecipe) -> Any:  # noqa: ANN401 - Keras has no annotations
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input((inputs,)),
            layers.Dropout(recipe.input_dropout),
            layers.Dense(recipe.hidden, use_bias=False),
            layers.BatchNormalization(momentum=0.95),
            layers.ReLU(),
            layers.Dropout(recipe.dropout),
            layers.Dense(len(LABELS), activation="softmax"),
        ]
    )


def _whole(parameters: MfccParameters, recipe: VoiceRecipe, heads: list[Any], examples: Examples) -> Any:  # noqa: ANN401
    """Features to statistics to the mean of the heads' probabilities, for a batch of 1."""
    import keras
    from keras import ops

    given = keras.Input(batch_shape=(1, parameters.n_mfcc, parameters.frames), name="mfcc")
    rows = (statistics(given, recipe, parameters) - examples.mean) * (1 / examples.spread)
    rows = ops.clip(rows, -recipe.clip, recipe.clip)
    outputs = [head(rows) for head in heads]
    return keras.Model(given, outputs[0] if len(outputs) == 1 else keras.layers.Average()(outputs))
