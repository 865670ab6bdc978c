"""The voice model of whole segments: logistic regression over statistics of what Whisper's encoder makes of a clip.

    prepare   clips -> voice-segment.npz                                               needs Whisper's weights
    fit       voice-segment.npz -> voice-segment.tflite, .json, voice-segment-folds/   imports TensorFlow
    evaluate  the same -> metrics, alone and averaged with the MFCC model              must not

Folds are as in `training.voice`. A network with a hidden layer, dropout and mixed examples did worse on speakers it had
not seen (UAR on RAVDESS 0.64 alone, 0.69 averaged with the MFCC model, instead of 0.71 and 0.73).
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from models import whisper_encoder
from models.features import whisper
from models.features.whisper import WhisperParameters, whisper_statistics
from models.scores import LABELS
from models.tflite import Network
from models.whisper_encoder import LONGEST_S, RATE, WhisperEncoder, load_model, parameters_of
from models.whisper_weights import weights_folder
from training import augment
from training.augment import speech_part
from training.cache import Origin
from training.curves import write_curve
from training.errors import NotPrepared
from training.export import REPRESENTATIVE, keep, place, quiet_keras
from training.metrics import fit_temperature, mean_and_spread, report, tempered
from training.pieces import Arrays, batched, computed
from training.recipes import SEGMENT, SegmentRecipe
from training.speech_corpora import Clip, files_of, folds_of, read_clips
from training.tasks import Workers
from training.voice_data import read_clip
from training.whole import whole

SIZE = "base"
PACKAGES = "numpy", "soundfile", "faster-whisper", "ctranslate2"
"""That statistics are computed with"""
CLIPS = 50
"""In one task"""

Floats = NDArray[np.float32]
Progress = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class SegmentData:
    """Statistics of all clips."""

    corpus: NDArray[np.str_]
    """[clips]"""
    speaker: NDArray[np.str_]
    """[clips]"""
    label: NDArray[np.int64]
    """[clips] index into LABELS"""
    fold: NDArray[np.int64]
    """[clips] in which the speaker is tested"""
    statistics: Floats
    """[clips, n]"""
    parameters: NDArray[np.str_]
    """Scalar: JSON of the WhisperParameters"""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `prepare` wrote."""
        path = folder / f"{SEGMENT}.npz"
        if not path.is_file():
            raise NotPrepared(f"{path} is missing; run maeum-train prepare where Whisper's weights are")
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """softmax(clipped((statistics - mean) * scale) @ weights + bias)."""

    mean: Floats
    """[n]"""
    scale: Floats
    """[n]"""
    clip: float
    weights: Floats
    """[n, labels]"""
    bias: Floats
    """[labels]"""


def origin(data: Path) -> Origin:
    """Tell what statistics of the clips below `data` would be made from."""
    modules = [whisper, whisper_encoder, augment, sys.modules[__name__]]
    return Origin.of(files_of(read_clips(data), data), SIZE, modules, PACKAGES, seed=0)


def prepare(data: Path, out: Path, workers: Workers, progress: Progress) -> None:
    """Encode every clip below `data` and write statistics into `out`.

    `progress` is told batches of clips done and in all.

    Raises
    ------
    CorpusNotFound, InvalidCorpus, WorkersLost, ClusterUnavailable, DiskFull
    WhisperError
        When Whisper's weights are missing or cannot be used; nothing is left in `out` then.
    """
    (out / f"{SEGMENT}.npz").unlink(missing_ok=True)
    weights_folder(SIZE)
    data = data.resolve()
    clips, parameters = read_clips(data), parameters_of(encoder(), SIZE)
    folds = folds_of(clips, data)
    pieces = computed(out, SEGMENT, origin(data), batched(clips, CLIPS), clip_statistics, workers, progress)
    with pieces as found, whole(out / f"{SEGMENT}.npz") as partial, partial.open("wb") as file:
        np.savez_compressed(
            file,
            corpus=np.array([clip.corpus for clip in clips]),
            speaker=np.array([clip.speaker for clip in clips]),
            label=np.array([LABELS.index(clip.label) for clip in clips]),
            fold=np.array([folds[clip.speaker] for clip in clips]),
            statistics=found["statistics"].astype(np.float32),  # as at run time: halves give other graphs
            parameters=np.array(json.dumps(parameters.to_json())),
        )


def clip_statistics(clips: Sequence[Clip]) -> Arrays:
    """`statistics` [clips, n] of each clip's speech."""
    return {"statistics": np.stack([speech_statistics(read_clip(clip, RATE)) for clip in clips])}


def speech_statistics(audio: Floats) -> Floats:
    """Statistics [n] of the speech in a recording at RATE."""
    vectors = encoder().encode(speech_part(audio, RATE)[: int(LONGEST_S * RATE)]).speech()
    return whisper_statistics(vectors, WhisperParameters(dimensions=vectors.shape[1]))


def fit(data: SegmentData, out: Path, recipe: SegmentRecipe, seed: int, progress: Progress) -> None:
    """Train, export and write into `out` whatever is not there; `progress` is told models trained and in all."""
    keras = quiet_keras(seed)
    (out / f"{SEGMENT}-folds").mkdir(parents=True, exist_ok=True)
    folds = [0, *(int(fold) for fold in np.unique(data.fold))]
    for done, fold in enumerate(folds):
        progress(done, len(folds))
        path = place(out, SEGMENT, str(fold or ""))
        if path.with_suffix(".tflite").is_file():
            continue
        keras.backend.clear_session()  # so that layers have the same names whatever was trained before
        rows, label = data.statistics[data.fold != fold], data.label[data.fold != fold]
        linear, losses = trained(rows, np.eye(len(LABELS), dtype=np.float32)[label], recipe)
        write_curve(path, {"loss": losses, "val_loss": []})
        some = np.random.default_rng(seed).choice(len(rows), REPRESENTATIVE)
        graph = keep(path, rows[some], network_of(linear))
        with whole(path.with_suffix(".tflite")) as partial:
            partial.write_bytes(graph)
    progress(len(folds), len(folds))
    (out / f"{SEGMENT}.json").write_text(str(data.parameters) + "\n", encoding="utf-8")


def trained(rows: Floats, targets: Floats, recipe: SegmentRecipe) -> tuple[Linear, list[float]]:
    """Fit a multinomial logistic regression, and list its losses; the scaling comes from these rows [clips, n]."""
    from scipy.optimize import minimize

    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = (1 / np.where(spread < 1e-6, 1, spread)).astype(np.float32)
    x = np.column_stack([np.clip((rows - mean) * scale, -recipe.clip, recipe.clip), np.ones(len(rows), np.float32)])
    y, penalised = targets, np.arange(x.shape[1])[:, None] < rows.shape[1]

    losses: list[float] = []

    def loss_and_slope(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(-1, len(LABELS)).astype(np.float32)
        logits = x @ weights
        log_p = logits - logsumexp(logits, axis=1, keepdims=True)
        shrunk = recipe.ridge * weights * penalised
        slope = x.T @ ((np.exp(log_p) - y) / len(x)) + shrunk
        losses.append(round(float(-(y * log_p).sum() / len(x)), 5))
        return float(-(y * log_p).sum() / len(x) + (weights * shrunk).sum() / 2), slope.ravel().astype(np.float64)

    start = np.zeros(x.shape[1] * len(LABELS))
    found = minimize(loss_and_slope, start, jac=True, method="L-BFGS-B", options={"maxiter": recipe.steps})
    weights = found.x.reshape(-1, len(LABELS)).astype(np.float32)
    return Linear(mean, scale, recipe.clip, weights[:-1], weights[-1]), losses


def evaluate(data: SegmentData, windows: NDArray[Any], fitted: Path, progress: Progress) -> dict[str, Any]:
    """Score every clip with the graph that was trained without its speaker, and fit the temperature on that.

    Parameters
    ----------
    windows
        Calibrated held-out probabilities [clips, labels] of the MFCC model for the same clips.

    Returns
    -------
    Ready for JSON: `temperature`, under `alone` and `both` the scores of each corpus without and with the MFCC model.
    """
    probabilities = heldout(data, fitted, progress)
    temperature = fit_temperature(data.label, probabilities)
    alone = tempered(probabilities, temperature)
    return {
        "temperature": temperature,
        "alone": _scores(data, alone),
        "both": _scores(data, (alone + windows) / 2),
    }


def _scores(data: SegmentData, probabilities: NDArray[Any]) -> dict[str, Any]:
    """Scores of each corpus, in the order in which they were read."""
    return {corpus: _of(data, probabilities, data.corpus == corpus) for corpus in dict.fromkeys(data.corpus.tolist())}


def _of(data: SegmentData, probabilities: NDArray[Any], rows: NDArray[np.bool_]) -> dict[str, Any]:
    folds = [rows & (data.fold == fold) for fold in np.unique(data.fold[rows])]
    by_fold = [report(data.label[fold], probabilities[fold]).uar for fold in folds]
    return {**asdict(report(data.label[rows], probabilities[rows])), "uar_folds": mean_and_spread(by_fold)}


def heldout(data: SegmentData, fitted: Path, progress: Progress) -> Floats:
    """Probabilities [clips, labels] of each clip's whole speech."""
    probabilities = np.empty((len(data.label), len(LABELS)), np.float32)
    folds = np.unique(data.fold)
    for done, fold in enumerate(folds):
        progress(done, len(folds))
        network = Network(place(fitted, SEGMENT, str(fold)).with_suffix(".tflite").read_bytes())
        for clip in np.flatnonzero(data.fold == fold):
            probabilities[clip] = network(data.statistics[clip])[0]
    return probabilities


@cache
def encoder() -> WhisperEncoder:
    """Load the encoder once in each process."""
    return WhisperEncoder(load_model(SIZE))


def network_of(linear: Linear) -> Any:  # noqa: ANN401 - Keras has no annotations
    """Statistics to probabilities, for a batch of 1."""
    import keras
    from keras import ops

    given = keras.Input(batch_shape=(1, len(linear.mean)), name="whisper")
    layer = keras.layers.Dense(len(LABELS), activation="softmax")
    output = layer(ops.clip((given - linear.mean) * linear.scale, -linear.clip, linear.clip))
    layer.set_weights([linear.weights, linear.bias])
    return keras.Model(given, output)
