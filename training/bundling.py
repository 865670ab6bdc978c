"""The last step to a bundle: what was fitted and evaluated becomes graphs, manifest and card."""

import datetime
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.bundle import Bundle, write_bundle
from models.features.parameters import Parameters
from models.features.registry import REGISTRY
from models.features.whisper import WhisperParameters
from models.model import Model
from models.reliability import reliability
from models.scores import LABELS, MODALITIES, Modality
from training.errors import NotPrepared
from training.personal import FILE
from training.quantisation import comparison_path
from training.recipes import SEGMENT
from training.stages import PACKAGES, VOICE_HOP_S, VOICE_WINDOW_S, read_json

FEATURE_NAMES = {"voice": "mfcc", "text": "ngrams", "bio": "bio"}
STRESS_PREDICT = {
    "name": "Stress-Predict",
    "language": "none",
    "licence": "MIT",
    "attribution": "Iqbal et al. (2022), Sensors 22:8135",
}


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
    seeds = {read_json(fitted / f"{modality}-fit.json")["seed"] for modality in there}
    training: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seed": seeds.pop() if len(seeds) == 1 else sorted(seeds),
        "packages": {package: version(package) for package in PACKAGES},
    }
    training.update({modality: _provenance(modality, fitted) for modality in there})
    if personal := _personal(fitted):
        training["personal"] = personal
    models, segment_models = [_model(modality, fitted) for modality in there], _segment_models(fitted)
    return write_bundle(bundle, name, models, training, card(name, training), segment_models)


def _model(modality: Modality, fitted: Path) -> Model:
    feature, content = REGISTRY[FEATURE_NAMES[modality]], read_json(fitted / f"{modality}.json")
    parameters: Parameters = feature.parameters.from_json(content)
    graph = (fitted / f"{modality}.tflite").read_bytes()
    metrics = read_json(fitted / f"{modality}-metrics.json")
    temperature = metrics.get("temperature", 1.0)
    weight = round(reliability(_lowest_uar(metrics), len(metrics.get("classes", LABELS))), 3)
    if modality == "voice":
        neutral = _neutral(fitted, "windows")
        return Model(graph, parameters, VOICE_WINDOW_S, VOICE_HOP_S, temperature, weight, neutral)
    window_s, hop_s = getattr(parameters, "window_s", None), getattr(parameters, "hop_s", None)
    return Model(graph, parameters, window_s, hop_s, temperature, weight)


def _lowest_uar(metrics: dict[str, Any]) -> float:
    """Of the corpora tested on the worst counts: a session is like none of them."""
    return float(min((scores["uar"] for scores in metrics.get("corpora", {}).values()), default=metrics["uar"]))


def _segment_models(fitted: Path) -> Iterable[Model]:
    """The voice model of whole segments, if it was evaluated."""
    if (metrics := fitted / f"{SEGMENT}-metrics.json").is_file():
        parameters = WhisperParameters.from_json(read_json(fitted / f"{SEGMENT}.json"))
        graph = (fitted / f"{SEGMENT}.tflite").read_bytes()
        temperature, neutral = read_json(metrics)["temperature"], _neutral(fitted, "segments")
        yield Model(graph, parameters, temperature=temperature, neutral=neutral)


def _personal(fitted: Path) -> dict[str, Any]:
    """What a person's profile is worth, if that was measured."""
    return read_json(fitted / FILE) if (fitted / FILE).is_file() else {}


def _neutral(fitted: Path, model: str) -> tuple[float, ...] | None:
    """What strangers' neutral speech is answered with, where a profile helps."""
    answer = _personal(fitted).get("voice", {}).get("neutral", {}).get(model)
    return None if answer is None else tuple(answer)


def _provenance(modality: Modality, fitted: Path) -> dict[str, Any]:
    metrics = read_json(fitted / f"{modality}-metrics.json")
    recipe = read_json(fitted / f"{modality}-fit.json")["recipe"]
    corpora = list(_corpora(modality, metrics))
    if modality == "voice" and (segments := fitted / f"{SEGMENT}-metrics.json").is_file():
        own = read_json(fitted / f"{SEGMENT}-fit.json")["recipe"]
        metrics["segments"] = {**read_json(segments), "recipe": own}
    about = {"corpora": corpora, "protocol": metrics.pop("protocol"), "recipe": recipe, "metrics": metrics}
    compared = [comparison_path(model, fitted) for model in (modality, f"{modality}-segment")]
    return {**about, "sizes": [read_json(path) for path in compared if path.is_file()]}


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
