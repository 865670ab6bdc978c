"""The report of a run of `maeum-train bundle`: a part for each model, since nothing measures their vote."""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.arousal import aroused
from training.bio import HELDOUT
from training.curves import read_curves
from training.errors import NotPrepared
from training.evaluation import calibrated_vote, evaluated
from training.metrics import Report, reliability, report
from training.quantisation import comparison_path
from training.recipes import SEGMENT
from training.report import Plan, Progress, drawn, learning, plans_of, write_page
from training.report.numbers import HEADS, Table, sizes
from training.stages import PACKAGES, read_json
from training.variants import Comparison

CLASSES = ("rest", "stress")
TITLES = {"voice": "Voice", "text": "Text", "bio": "Bio"}
SAYS = {
    "voice": "Clips of speakers that were left out of the training. A fold's temperature is fitted on the other folds' "
    "clips; where Whisper's weights are, windows and whole segments speak together.",
    "text": "Test parts as published; the temperature is fitted on the development parts.",
    "bio": "Rest or stress of people that were left out of the training. Nothing measures what the model says about "
    "the seven labels.",
}


def write_bundle_report(work: Path, progress: Progress) -> dict[str, Any]:
    """Write `report.html`, `results.json` and `plots/` into the folder of a run, and return the results by modality.

    `progress` is told models done and in all.

    Raises
    ------
    NotPrepared
        When no model of the run was evaluated.
    """
    from training.report.page import Part, page_of_parts

    prepared, fitted = work / "prepared", work / "fitted"
    there = [modality for modality in TITLES if (fitted / f"{modality}-metrics.json").is_file()]
    if not there:
        raise NotPrepared(f"{fitted} holds no evaluated model; run maeum-train bundle to the end")
    parts, found = [], {}
    for done, modality in enumerate(there):
        progress(done, len(there))
        write = _bio if modality == "bio" else _spoken
        body, found[modality] = write(modality, prepared, fitted, work / "plots")
        parts.append(Part(TITLES[modality], SAYS[modality], body))
    seed = str(read_json(fitted / f"{there[0]}-fit.json")["seed"])
    packages = {package: version(package) for package in PACKAGES}
    html = page_of_parts(work.resolve().name, {"models": ", ".join(there), "seed": seed}, parts, packages)
    write_page(work / "results.json", json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    write_page(work / "report.html", html)
    progress(len(there), len(there))
    return found


def _spoken(modality: str, prepared: Path, fitted: Path, plots: Path) -> tuple[list[str], dict[str, Any]]:
    """Sections and results of the voice or the text model."""
    from training.heldout import text_table, voice_tables
    from training.report.page import sections

    tables = voice_tables(prepared, fitted) if modality == "voice" else [text_table(prepared, fitted)]
    about = read_json(fitted / f"{modality}-fit.json")
    names = ", ".join(dict.fromkeys(tables[0].corpus.tolist()))
    results = evaluated(tables, {"corpus": names, "protocol": "bundle", "seed": about["seed"]})
    models = [modality, *([SEGMENT] if len(tables) > 1 else [])]
    history = {model: read_curves(fitted, model) for model in models}
    plans = plans_of(results, history, calibrated_vote(tables))
    run = {"sizes": [read_json(path) for path in _compared(models, fitted)]}
    return sections(results, run, _drawn(plans, modality, plots)), results.to_json()


def _bio(modality: str, _prepared: Path, fitted: Path, plots: Path) -> tuple[list[str], dict[str, Any]]:
    """The same of the model of rest and stress, whose answers are two."""
    from training.report.page import Tile, confusions, figure, table_section, tiles

    metrics = read_json(fitted / "bio-metrics.json")
    with np.load(fitted / HELDOUT, allow_pickle=False) as arrays:
        person, stress = arrays["person"], arrays["stress"].astype(np.int64)
        p = aroused(arrays["evidence"])
    probabilities = np.column_stack([1 - p, p])
    scores, folds = report(stress, probabilities), metrics["uar_folds"]
    people = f"people: {folds['mean']:.3f} ± {folds['sd']:.3f}, {folds['min']:.3f} to {folds['max']:.3f}"
    controls = [f"{what}: {value:.3f}" for what, value in metrics["control"].items()]
    drawings = _drawn(_bio_plans(scores, stress, probabilities, fitted), modality, plots)
    shown = [
        Tile("UAR (balanced accuracy)", f"{scores.uar:.3f}", [people, *controls]),
        Tile("accuracy", f"{scores.accuracy:.3f}", [f"{len(np.unique(person))} people, {len(stress)} windows"]),
    ]
    compared = [Comparison.from_json(read_json(path)) for path in _compared(["bio"], fitted)]
    wide = [drawing for name, drawing in drawings.items() if name != "confusion"]
    body = [
        tiles("bio", shown),
        table_section(_sessions(metrics)),
        confusions([drawings["confusion"]]),
        *map(figure, wide),
        *([table_section(sizes(compared))] if compared else []),
    ]
    return body, metrics


def _sessions(metrics: Mapping[str, Any]) -> Table:
    """Scores, and the UAR where less is known about a person."""
    recording = ("whole recordings", *(f"{metrics[name]:.3f}" for name in HEADS))
    shorter = [(f"sessions of {length}", "", f"{uar:.3f}", "", "") for length, uar in metrics["sessions"].items()]
    controls = [(f"from {what}", "", f"{uar:.3f}", "", "") for what, uar in metrics["control"].items()]
    note = (
        "In shorter sessions the person's own level is known for less long. Everybody went through the tasks in the "
        "same order, so that time alone tells them apart too."
    )
    return Table("Scores", note, ("", *HEADS.values()), (recording, *shorter, *controls))


def _bio_plans(
    scores: Report, stress: NDArray[np.int64], probabilities: NDArray[np.float64], fitted: Path
) -> Iterator[Plan]:
    from training.report import figures

    says = "Share of what each window was, and counts."
    yield "confusion", "bio", says, lambda: figures.confusion(scores.confusion, CLASSES)
    true, said = (np.bincount(of, minlength=2) for of in (stress, probabilities.argmax(axis=1)))
    says = "How often there is rest and stress, and how often it is predicted; windows a second apart."
    yield "classes", "Distribution of labels", says, lambda: figures.counts({"true": true}, said, CLASSES)
    panel = figures.Panel("bio", reliability(stress, probabilities), scores.ece)
    says = "A point on the diagonal means what it says. Both classes weigh the same in training."
    yield "reliability", "Reliability", says, lambda: figures.reliabilities([panel])
    yield from learning({"bio": read_curves(fitted, "bio")})


def _drawn(plans: Iterator[Plan], modality: str, plots: Path) -> dict[str, Any]:
    """Drawings by name; their PNGs are named after the modality as well."""
    named = [(f"{modality}-{name}", title, says, draw) for name, title, says, draw in plans]
    drawings = drawn(named, plots, None, lambda _done, _total: None)
    return {name.removeprefix(f"{modality}-"): drawing for name, drawing in drawings.items()}


def _compared(models: list[str], fitted: Path) -> list[Path]:
    return [path for path in (comparison_path(model, fitted) for model in models) if path.is_file()]
