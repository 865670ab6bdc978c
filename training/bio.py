"""The bio model: how aroused a body is against its own level, trained on Stress-Predict, one person left out at a time.

    prepare   recordings -> bio.npz     every window's measures and label
    fit       bio.npz -> bio.tflite, bio.json, and bio-folds/ with a graph for each left-out person
    evaluate  bio.npz, bio-folds/ -> metrics, bio-heldout.npz     from the exported graphs, without TensorFlow

The model is a logistic regression: networks with a hidden layer were no better on people they had not seen, and its
weights can be read. What it can tell depends on how long it has known the person, so it learns from whole recordings
and from the same recordings cut into sessions of ten minutes, and is tested on sessions of different lengths.

Every recording follows the same protocol, so the time since its start alone tells stress from rest. The model is not
given the time, but a slow drift of a measure could stand for it: `evaluate` says what time alone achieves.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from models import features
from models import windows as windows_module
from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioParameters, compared, deviations
from models.scores import LABELS
from models.tflite import Network
from training import stress_predict
from training.arousal import aroused, evidence_weights
from training.cache import Origin
from training.curves import write_curve
from training.errors import NotPrepared
from training.export import REPRESENTATIVE, keep, place, quiet_keras
from training.metrics import Report, mean_and_spread, report
from training.pieces import Arrays, computed
from training.stress_predict import FOLDER, UNLABELLED, Windows, people_of, read_windows
from training.tasks import Workers
from training.whole import whole

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
PACKAGES = "numpy", "scipy"
"""That measures are computed with"""
ARRAYS, FOLDS, HELDOUT = "bio.npz", "bio-folds", "bio-heldout.npz"
NOBODY = ""
"""Left out of the model that ships"""
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
Progress = Callable[[int, int], object]


def silent(_done: int, _total: int) -> None:
    """Progress that nobody sees."""


def origin(data: Path) -> Origin:
    """Tell what measures of Stress-Predict below `data` would be made from."""
    files = sorted(path for path in (data / FOLDER).rglob("*") if path.is_file())
    return Origin.of(files, BioParameters().to_json(), [features, windows_module, stress_predict], PACKAGES, seed=0)


def prepare(data: Path, out: Path, workers: Workers, progress: Progress = silent) -> None:
    """Measure Stress-Predict below `data` and write `bio.npz` into `out`; `progress` is told people done and in all.

    Raises
    ------
    CorpusNotFound
        When it is not below `data`.
    SourceError
        When a recording cannot be read.
    WorkersLost, ClusterUnavailable, DiskFull
    """
    (out / ARRAYS).unlink(missing_ok=True)
    folder = (data / FOLDER).resolve()
    recordings = [(folder, person) for person in people_of(folder)]
    pieces = computed(out, "bio", origin(data), recordings, measured, workers, progress)
    with pieces as found, whole(out / ARRAYS) as partial:
        Windows(**found).save(partial)


def measured(recording: tuple[Path, str]) -> Arrays:
    """Columns of the windows of one person, of Stress-Predict's folder and the person's name."""
    folder, person = recording
    windows = read_windows(folder, person, BioParameters())
    return {field.name: getattr(windows, field.name) for field in fields(windows)}


def fit(prepared: Path, out: Path, seed: int, progress: Progress = silent) -> None:
    """Train on everybody, and once more without each person; write what is not there of models and parameters.

    The problem is convex, so `seed` decides about nothing but what Keras draws before the weights are set.

    Raises
    ------
    NotPrepared
        When there is no `bio.npz`.
    """
    keras = quiet_keras(seed)
    windows = _prepared(prepared)
    values = _compared(windows)
    baselines = [histories(windows, values, length) for length in SESSIONS_S]
    (out / FOLDS).mkdir(parents=True, exist_ok=True)
    people = [str(person) for person in np.unique(windows.person)]
    for done, without in enumerate([NOBODY, *people], start=1):
        path = place(out, "bio", without)
        if not path.with_suffix(".tflite").is_file():
            keras.backend.clear_session()  # so that layers have the same names whatever was trained before
            parameters, model, rows, curve = _trained(windows, values, baselines, without)
            write_curve(path, curve)
            path.with_suffix(".json").write_text(json.dumps(parameters.to_json(), indent=1) + "\n")
            graph = keep(path, rows, model, half=False)
            with whole(path.with_suffix(".tflite")) as partial:
                partial.write_bytes(graph)
        progress(done, 1 + len(people))


def _trained(
    windows: Windows, values: NDArray[np.float64], baselines: Sequence[Baseline], without: str
) -> tuple[BioParameters, Any, Features, dict[str, list[float]]]:
    """Parameters and Keras model from everybody except one person, some of its examples, and its learning curve."""
    used = windows.person != without
    parameters = fitted_parameters(values[used], windows.person[used])
    examples = np.flatnonzero(used & _labelled(windows))[::EVERY]
    inputs = [deviations(values, baseline, parameters) for baseline in baselines]
    rows = np.concatenate([each[examples] for each in inputs])
    stress = np.tile(windows.stress[examples], len(baselines))
    some = rows[:: max(len(rows) // REPRESENTATIVE, 1)].astype(np.float32)
    steps = _newton(rows, stress)
    unseen = np.flatnonzero(~used & _labelled(windows))
    held = inputs[0][unseen], windows.stress[unseen]
    curve = {"loss": _losses(steps, rows, stress), "val_loss": _losses(steps, *held) if len(unseen) else []}
    return parameters, _network(steps[-1][:-1], float(steps[-1][-1])), some, curve


def evaluate(prepared: Path, fitted: Path, progress: Progress = silent) -> dict[str, Any]:
    """Score every person's windows with the graph that was trained without that person; `progress` counts sessions.

    Must run in a process that has not loaded TensorFlow. Also writes `bio-heldout.npz` into `fitted`: person, end,
    stress and evidence of each labelled window of the whole recordings.

    Returns
    -------
    Ready for JSON: protocol, counts, the scores of `training.metrics.report` over whole recordings (its UAR is the
    balanced accuracy), the UAR over the people left out, under `sessions` the UAR when the person's baseline starts
    anew after so long, and under `control` that of a model which knows nothing but the time.

    Raises
    ------
    NotPrepared
        When there is no `bio.npz`, or a person's graph is missing.
    """
    windows = _prepared(prepared)
    scored = _labelled(windows)
    person, end, stress = windows.person[scored], windows.end[scored], windows.stress[scored]
    evidence = []
    for done, length in enumerate(TESTED_S, start=1):
        evidence.append(_heldout_evidence(windows, fitted, length)[scored])
        progress(done, len(TESTED_S))
    recordings, *shorter = evidence
    np.savez_compressed(fitted / HELDOUT, person=person, end=end, stress=stress, evidence=recordings)
    people = [_report(stress[person == who], recordings[person == who]).uar for who in np.unique(person)]
    return {
        "protocol": "Stress-Predict, one person left out at a time",
        "classes": ["rest", "stress"],
        "people": len(people),
        **asdict(_report(stress, recordings)),
        "uar_folds": {**mean_and_spread(people), "min": min(people), "max": max(people)},
        "sessions": {f"{s:.0f} s": _report(stress, one).uar for s, one in zip(TESTED_S[1:], shorter, strict=True)},
        "control": {"time since the start alone": _by_time_alone(person, end, stress)},
    }


def _by_time_alone(person: NDArray[np.str_], end: NDArray[np.float32], stress: NDArray[np.int8]) -> float:
    """UAR of the same model, for people left out, from the time since the recording's start and its square."""
    hours = end / 3600
    rows = np.column_stack([hours, hours**2])
    p = np.empty(len(rows))
    for who in np.unique(person):
        others = np.flatnonzero(person != who)[::EVERY]
        weights, bias = _logistic(rows[others], stress[others])
        p[person == who] = expit(rows[person == who] @ weights + bias)
    return report(stress.astype(np.int64), np.column_stack([1 - p, p])).uar


def _report(stress: NDArray[np.int8], evidence: Features) -> Report:
    p = aroused(evidence)
    return report(stress.astype(np.int64), np.column_stack([1 - p, p]))


def _heldout_evidence(windows: Windows, fitted: Path, session_s: float) -> Features:
    """Evidence [n, labels] from the graph that does not know the person; NaN where windows have no label."""
    values = _compared(windows)
    baselines = histories(windows, values, session_s)
    evidence = np.full((len(values), len(LABELS)), np.nan, np.float32)
    for person in np.unique(windows.person):
        path = fitted / FOLDS / str(person)
        if not path.with_suffix(".tflite").is_file():
            raise NotPrepared(f"{path}.tflite: no such file; run maeum-train fit first")
        parameters = BioParameters.from_json(json.loads(path.with_suffix(".json").read_text()))
        network = Network(path.with_suffix(".tflite").read_bytes())
        theirs = np.flatnonzero(_labelled(windows) & (windows.person == person))
        rows = deviations(values, baselines, parameters)[theirs]
        evidence[theirs] = [network(row)[0] for row in rows]
    return evidence


def _prepared(folder: Path) -> Windows:
    if not (folder / ARRAYS).is_file():
        raise NotPrepared(f"{folder / ARRAYS}: no such file; run maeum-train prepare first")
    return Windows.load(folder / ARRAYS)


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
    """Weights [inputs] and bias of P(stress); both classes weigh the same, so 0.5 says nothing."""
    beta = _newton(rows, stress)[-1]
    return beta[:-1], float(beta[-1])


def _newton(rows: Features, stress: NDArray[np.int8]) -> list[NDArray[np.float64]]:
    """Weights and bias after every step of Newton's method, [inputs + 1] each."""
    x, weight = _with_one(rows), _even(stress)
    ridge = np.full(x.shape[1], RIDGE)
    ridge[-1] = 0.0
    steps = [np.zeros(x.shape[1])]
    for _ in range(NEWTON_STEPS):
        beta = steps[-1]
        p = expit(x @ beta)
        gradient = x.T @ (weight * (p - stress)) + ridge * beta
        curvature = (x.T * (weight * p * (1 - p))) @ x + np.diag(ridge)
        steps.append(beta - np.linalg.solve(curvature, gradient))
    return steps[1:]


def _losses(steps: Sequence[NDArray[np.float64]], rows: Features, stress: NDArray[np.int8]) -> list[float]:
    """Mean cross-entropy after every step, both classes weighing the same."""
    x, weight = _with_one(rows), _even(stress)
    sure = [np.where(stress == 1, x @ beta, -(x @ beta)) for beta in steps]
    return [round(float(np.average(-log_expit(each), weights=weight)), 5) for each in sure]


def _with_one(rows: Features) -> NDArray[np.float64]:
    return np.column_stack([rows, np.ones(len(rows))]).astype(np.float64)


def _even(stress: NDArray[np.int8]) -> NDArray[np.float64]:
    """Weight of each example, so that both classes weigh half; all the same where there is but one class."""
    share = float(stress.mean())
    if share in (0.0, 1.0):
        return np.ones(len(stress))
    return np.where(stress == 1, 0.5 / share, 0.5 / (1 - share))


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
