"""The bio model: how aroused a body is against its own level, trained on Stress-Predict, one person left out at a time.

    prepare   recordings -> bio.npz     every window's measures and label
    fit       bio.npz -> bio.keras, bio.tflite, bio.json, and bio-folds/ with a graph for each left-out person
    evaluate  bio.npz, bio-folds/ -> metrics, bio-heldout.npz     from the exported graphs, without TensorFlow

The model is a logistic regression: networks with a hidden layer were no better on people they had not seen, and its
weights can be read. What it can tell depends on how long it has known the person, so it learns from whole recordings
and from the same recordings cut into sessions of ten minutes, and is tested on sessions of different lengths.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioParameters, compared, deviations
from models.scores import LABELS
from models.tflite import Network
from training.arousal import aroused, evidence_weights
from training.stress_predict import FOLDER, UNLABELLED, Windows, read_windows

SELECTED = (
    "heart_rate",
    "heart_rate_slope",
    "rmssd",
    "sdnn",
    "eda_tonic",
    "eda_phasic",
    "eda_slope",
    "scr_rate",
    "scr_amplitude",
    "mean_TEMP",
    "temp_slope",
)
"""Measures that a wristband gives: no mean of an ECG, and not both the mean and the tonic level of the skin"""
EVERY = 5
"""Windows from one training example to the next; windows a second apart share 29 of their 30 seconds"""
SESSIONS_S = (math.inf, 600.0)
"""Lengths of session that the model learns from: after each, the person is as if never seen"""
TESTED_S = (math.inf, 600.0, 180.0)
"""Lengths of session that it is tested on"""
RIDGE = 10.0
"""Penalty on squared weights, against the sum of the examples' losses"""
NEWTON_STEPS = 12
"""Enough to reach the rounding error of this convex problem from zero"""

Features = NDArray[np.float32]


def prepare(data: Path, out: Path, progress: Callable[[str], object]) -> None:
    """Measure Stress-Predict below `data` and write `bio.npz` into `out`.

    Raises
    ------
    SourceError
        When a recording cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    read_windows(data / FOLDER, BioParameters(), progress).save(out / "bio.npz")


def fit(prepared: Path, out: Path, seed: int) -> None:  # noqa: ARG001 - as every modality's; the solution here is unique
    """Train on everybody, and once more without each person; write models and parameters into `out`."""
    windows = Windows.load(prepared / "bio.npz")
    values = _compared(windows)
    sessions = [histories(windows, values, length) for length in SESSIONS_S]
    (out / "bio-folds").mkdir(parents=True, exist_ok=True)
    for person in [None, *np.unique(windows.person)]:
        training = windows.person != person
        parameters = fitted_parameters(values[training], windows.person[training])
        examples = np.flatnonzero(training & _labelled(windows))[::EVERY]
        rows = [deviations(values, baselines, parameters)[examples] for baselines in sessions]
        stress = np.tile(windows.stress[examples], len(rows))
        model = _network(*_logistic(np.concatenate(rows), stress))
        if person is None:
            model.save(out / "bio.keras")
        path = out / "bio" if person is None else out / "bio-folds" / str(person)
        path.with_suffix(".tflite").write_bytes(_exported(model))
        path.with_suffix(".json").write_text(json.dumps(parameters.to_json(), indent=1) + "\n")


def evaluate(prepared: Path, fitted: Path) -> dict[str, Any]:
    """Score every person's windows with the graph that was trained without that person.

    Must run in a process that has not loaded TensorFlow. Also writes `bio-heldout.npz` into `fitted`: person, end,
    stress and evidence of each labelled window of the whole recordings.

    Returns
    -------
    Ready for JSON: what `metrics` says of whole recordings, and under `sessions` the balanced accuracy when the
    person's baseline starts anew after so many seconds.
    """
    windows = Windows.load(prepared / "bio.npz")
    scored = _labelled(windows)
    person, end, stress = windows.person[scored], windows.end[scored], windows.stress[scored] == 1
    whole, *shorter = (_heldout_evidence(windows, fitted, length)[scored] for length in TESTED_S)
    np.savez_compressed(fitted / "bio-heldout.npz", person=person, end=end, stress=stress, evidence=whole)
    lengths = [f"{length:.0f} s" for length in TESTED_S[1:]]
    sessions = [_balanced(_confusion(stress, aroused(evidence) > 0.5)) for evidence in shorter]
    return {**metrics(person, stress, aroused(whole) > 0.5), "sessions": dict(zip(lengths, sessions, strict=True))}


def _heldout_evidence(windows: Windows, fitted: Path, session_s: float) -> Features:
    """Evidence [n, labels] from the graph that does not know the person; NaN where windows have no label."""
    values = _compared(windows)
    baselines = histories(windows, values, session_s)
    evidence = np.full((len(values), len(LABELS)), np.nan, np.float32)
    for person in np.unique(windows.person):
        path = fitted / "bio-folds" / str(person)
        parameters = BioParameters.from_json(json.loads(path.with_suffix(".json").read_text()))
        network = Network(path.with_suffix(".tflite").read_bytes())
        theirs = np.flatnonzero(_labelled(windows) & (windows.person == person))
        rows = deviations(values, baselines, parameters)[theirs]
        evidence[theirs] = [network(row)[0] for row in rows]
    return evidence


def metrics(person: NDArray[np.str_], stress: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> dict[str, Any]:
    """Agreement of predictions with labels, over all windows and person by person."""
    confusion = _confusion(stress, predicted)
    people = [_balanced(_confusion(stress[person == who], predicted[person == who])) for who in np.unique(person)]
    return {
        "protocol": "Stress-Predict, one person left out at a time",
        "classes": ["rest", "stress"],
        "people": len(people),
        "windows": len(stress),
        "balanced_accuracy": _balanced(confusion),
        "balanced_accuracy_per_person": {
            "mean": float(np.mean(people)),
            "sd": float(np.std(people, ddof=1)),
            "min": float(np.min(people)),
            "max": float(np.max(people)),
        },
        "confusion": confusion.tolist(),
    }


def histories(windows: Windows, values: NDArray[np.float64], session_s: float) -> Baseline:
    """Each person's running baseline at every window, stacked; it starts anew after `session_s` seconds."""
    session = np.floor_divide(windows.end, session_s)
    new = (windows.person[1:] != windows.person[:-1]) | (session[1:] != session[:-1])
    baselines: list[Baseline] = []
    for row, warm, starts in zip(values, windows.warm, [True, *new], strict=True):
        before = Baseline.empty(len(FEATURES)) if starts else baselines[-1]
        baselines.append(before.including(row) if warm else before)
    return Baseline(*(np.stack([getattr(each, name) for each in baselines]) for name in ("count", "mean", "squares")))


def _compared(windows: Windows) -> NDArray[np.float64]:
    """What is compared of every window, [n, FEATURES]."""
    return np.array([compared(dict(zip(FEATURES, row, strict=True))) for row in windows.measures])


def fitted_parameters(values: NDArray[np.float64], person: NDArray[np.str_]) -> BioParameters:
    """Parameters whose `usual` spread is the mean of the spreads within each of these people."""
    columns = [FEATURES.index(name) for name in SELECTED]
    spreads = [_spread(values[person == who][:, columns]) for who in np.unique(person)]
    usual = np.nanmean(spreads, axis=0)
    return BioParameters(features=SELECTED, usual=tuple(round(float(spread), 4) for spread in usual))


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of each column; NaN where a person has less than a minute of it."""
    enough = np.isfinite(values).sum(axis=0) >= 60
    return np.array([np.nanstd(column) if ok else np.nan for column, ok in zip(values.T, enough, strict=True)])


def _labelled(windows: Windows) -> NDArray[np.bool_]:
    labelled: NDArray[np.bool_] = windows.warm & (windows.stress != UNLABELLED)
    return labelled


def _logistic(rows: Features, stress: NDArray[np.int8]) -> tuple[NDArray[np.float64], float]:
    """Weights [inputs] and bias of P(stress), by Newton's method; both classes weigh the same, so 0.5 says nothing."""
    x = np.column_stack([rows, np.ones(len(rows))]).astype(np.float64)
    share = float(stress.mean())
    weight = np.where(stress == 1, 0.5 / share, 0.5 / (1 - share))
    ridge = np.full(x.shape[1], RIDGE)
    ridge[-1] = 0.0
    beta = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        p = expit(x @ beta)
        gradient = x.T @ (weight * (p - stress)) + ridge * beta
        curvature = (x.T * (weight * p * (1 - p))) @ x + np.diag(ridge)
        beta -= np.linalg.solve(curvature, gradient)
    return beta[:-1], float(beta[-1])


def _network(weights: NDArray[np.float64], bias: float) -> Any:  # noqa: ANN401 - Keras has no annotations
    """Keras model from features to evidence, for a batch of 1."""
    import keras

    kernel, offsets = evidence_weights()
    given = keras.Input(batch_shape=(1, len(weights)), name="bio")
    arousal = keras.layers.Dense(1, "sigmoid", name="arousal")
    evidence = keras.layers.Dense(len(offsets), "softmax", name="evidence")
    model = keras.Model(given, evidence(arousal(given)))
    arousal.set_weights([weights[:, None], np.array([bias])])
    evidence.set_weights([kernel, offsets])
    return model


def _exported(model: Any) -> bytes:  # noqa: ANN401 - Keras has no annotations
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    return bytes(converter.convert())


def _confusion(stress: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """[truth, prediction], rest before stress."""
    return np.bincount(2 * stress + predicted, minlength=4).reshape(2, 2)


def _balanced(confusion: NDArray[np.int64]) -> float:
    return float(np.mean(np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)))
