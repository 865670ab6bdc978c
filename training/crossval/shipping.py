"""The bundle of a run: models trained on everything, temperatures and weights from validation rows, and the scores."""

import datetime
from pathlib import Path
from typing import Any

from models.bundle import Bundle, write_bundle
from models.model import Model
from training.card import markdown, table
from training.crossval.run import Run
from training.crossval.utterances import KEMDY19, KEMDY20
from training.crossval.work import final_model
from training.errors import InvalidCorpus
from training.evaluation import evaluated
from training.evaluation.results import Results, as_metrics, as_provenance, fitted_weights
from training.recipes import SEGMENT
from training.report.numbers import sizes, tables
from training.speech_corpora import CORPORA
from training.variants import Comparison

ETRI = {
    name: {"name": name, "language": "Korean", "licence": "ETRI licence agreement", "attribution": "ETRI"}
    for name in (KEMDY19, KEMDY20)
}
TERMS = ("name", "language", "licence", "attribution")
PROTOCOLS = {
    "sessions": "folds of sessions: no session and no person on two sides; temperatures and weights from validation "
    "sessions; the models that ship are trained on all sessions",
    "speakers": "folds of people, none of them on two sides; the models that ship are trained on all of them",
    "notebook": "the original notebooks', leak and all: comparable with nothing but their numbers",
}


def ship(done: Run, out: Path, name: str) -> tuple[Bundle, Results]:
    """Write the bundle; not in a process that has TensorFlow.

    Raises
    ------
    InvalidCorpus
        When there is no model to ship.
    InvalidPredictions
        When no test row has an answer.
    """
    if not done.models:
        raise InvalidCorpus(f"{done.corpus.root}: no modality can be trained; see what is missing above")
    results = evaluated(list(done.predictions.values()), done.about)
    weights = fitted_weights(results)
    models = [
        final_model(graph, results.calibration[modality].temperature, weights[modality])
        for modality, graph in done.models.items()
        if modality in results.calibration
    ]
    training = _provenance(done, results)
    card = _card(name, training, results)
    return write_bundle(out, name, models, training, card, _segment_models(done, results)), results


def _segment_models(done: Run, results: Results) -> list[Model]:
    """The voice model of whole segments, which speaks together with the windows alone."""
    voice = results.calibration.get("voice")
    if voice is None or voice.segment is None:
        return []
    return [final_model(done.models[SEGMENT], voice.segment, 1.0)]


def _provenance(done: Run, results: Results) -> dict[str, Any]:
    keys = ("corpus", "remarks", "files", "rows", "protocol", "leaky", "recipe", "ties", "seed")
    about = {key: done.about[key] for key in keys}
    modalities = {modality: _modality(done, results, modality) for modality in results.calibration}
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    return {
        "date": date,
        **about,
        "folds": done.about["folds"],
        "packages": done.about["packages"],
        "evaluation": as_provenance(results),
        **modalities,
    }


def _modality(done: Run, results: Results, modality: str) -> dict[str, Any]:
    metrics = as_metrics(results, modality)
    if "segments" in metrics:
        metrics["segments"]["recipe"] = done.about["settings"][SEGMENT]
    return {
        "corpora": _terms(done),
        "protocol": PROTOCOLS[done.settings.protocol],
        "recipe": done.about["settings"][modality],
        "metrics": metrics,
        "sizes": [each for each in done.about["sizes"] if each["model"].partition("-")[0] == modality],
    }


def _terms(done: Run) -> list[dict[str, str]]:
    """Of the corpora that were trained on."""
    folders = {clip.corpus for part in done.corpus.each for clip in part.clips}
    agreed = [ETRI[part.kind] for part in done.corpus.each if part.kind in ETRI]
    return [*agreed, *({key: getattr(corpus, key) for key in TERMS} for corpus in CORPORA if corpus.folder in folders)]


def _licences(corpora: list[dict[str, str]]) -> str:
    """Whose terms carry over to the bundle."""
    rows = [[corpus[key] for key in TERMS] for corpus in corpora]
    bound = ", ".join(corpus["name"] for corpus in corpora if "NC" in corpus["licence"])
    agreed = ", ".join(corpus["name"] for corpus in corpora if corpus["name"] in ETRI)
    terms = f"\n**{bound}: CC BY-NC-SA 4.0, and so is this bundle.**\n" if bound else ""
    terms += f"\n**{agreed}: ETRI terms; what you signed there decides who may have this bundle.**\n" if agreed else ""
    return "## Data and licences\n\n" + table(["corpus", "language", "licence", "by"], rows) + terms


def _card(name: str, training: dict[str, Any], results: Results) -> str:
    """Markdown: what was done, and every table of the results."""
    packages = ", ".join(f"{package} {number}" for package, number in training["packages"].items())
    parts = [
        f"# {name}\n",
        f"Trained on {training['corpus']} on {training['date']} with seed {training['seed']}, recipe "
        f"{training['recipe']}, ties: {training['ties']}. {packages}.\n",
        f"Protocol {training['protocol']}: {PROTOCOLS[training['protocol']]}.\n",
    ]
    parts += [f"{remark}.\n" for remark in training["remarks"]]
    parts.append(_licences(next(training[m]["corpora"] for m in results.calibration)))
    if results.leak:
        parts.append(f"**These scores cannot be believed: {results.leak}.**\n")
    parts += [markdown(each) for each in tables(results)]
    compared = [Comparison.from_json(each) for m in results.calibration for each in training[m]["sizes"]]
    if compared:
        parts.append(markdown(sizes(compared)))
    parts.append("Not a medical device, and no ground for decisions about people.\n")
    return "\n".join(parts)
