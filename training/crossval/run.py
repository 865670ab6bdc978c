"""The one command: from a corpus folder to tested models, through files that a second run finds again.

    WORK/store-HASH/                features
    WORK/models/voice-1-HASH/       what one task fitted: graphs, how their inputs are made, learning curve
    WORK/judged/voice-1-HASH/       what the graphs of all number formats say about validation rows
    WORK/formats/voice-HASH.json    how large, fast and good each format is
    WORK/answers/FORMAT/voice-1-HASH.npz   what that graph says about rows that it was not trained on
    WORK/predictions/voice.npz      the answers of all folds
    WORK/run.json                   what was done

A HASH stands for everything that decides about the files: another corpus, recipe, split or seed gives other names.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from models.scores import MODALITIES
from models.whisper_weights import WhisperError, weights_folder
from training.crossval import work
from training.crossval.corpora import SPEECH_CORPORA, Corpus, fingerprint, open_corpora
from training.crossval.encodings import encoding_tasks
from training.crossval.folds import Fold, by_session, by_speaker, checked, everything, gaps
from training.crossval.formats import comparison
from training.crossval.inputs import Inputs
from training.crossval.leaky import Pooled
from training.crossval.leftovers import leftovers
from training.crossval.plan import MODELS, Notices, Plan, Settings, Tasks
from training.crossval.prepare import prepare
from training.crossval.store import Store, digest
from training.crossval.utterances import KEMDY19
from training.errors import InvalidRecipe
from training.predictions import Predictions, joined
from training.recipes import SEGMENT, NotebookRecipe
from training.speech_corpora import folds_of
from training.stages import PACKAGES
from training.tasks import run
from training.variants import VARIANTS, Comparison
from training.voice_segments import SIZE
from training.whole import whole

TIMED = 20
"""Inputs that a graph's time is taken with"""

Bar = Callable[[str], AbstractContextManager[Callable[[int, int], object]]]
"""Opens a progress bar"""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What was done."""

    settings: Settings
    corpus: Corpus
    predictions: dict[str, Predictions]
    """By modality, and those of the voice model of whole segments"""
    models: dict[str, Path]
    """Graphs of the models that ship"""
    about: dict[str, Any]
    """run.json"""


def cross_validated(settings: Settings, tell: Callable[[str], object], bar: Bar) -> Run:
    """Prepare, fit and predict whatever is not done yet; `tell` takes what is missing, repaired or left out.

    Raises
    ------
    CorpusNotFound, InvalidCorpus, SourceError
        When the corpus cannot be used, or is not complete and the run is strict.
    InvalidRecipe
        When protocol, recipe and corpus do not go together.
    NoSuchFormat
        When a model does not run in the number format that the settings name.
    Leak
        When a fold would be tested on what it was trained on.
    DiskFull, WorkersLost, ClusterUnavailable
    """
    corpus = open_corpora([path.resolve() for path in settings.paths])
    _check_settings(settings, corpus)
    for line in (*corpus.account.remarks, *corpus.account.repaired):
        tell(line)
    notice = Notices(tell, settings.strict)
    notice(corpus.account.notices)
    folds = _folds(settings, corpus, notice)
    with bar("prepare") as progress:
        store, replaced = prepare(corpus, settings.folder, settings.seed, settings.workers, progress)
    if replaced:
        tell(replaced)
    notice(store.troubles)
    store = _encoded(settings, corpus, store, tell, bar)
    plan = Plan(settings, corpus, store, folds)
    fits = plan.fits(notice)
    statistics = plan.statistics()
    if statistics:
        with bar("voice statistics") as progress:
            run(statistics, settings.workers, progress)
    with bar("fit") as progress:
        run(list(fits.values()), settings.workers, progress)
    compared = _compared(plan, fits, bar)
    answers = plan.answers(fits, _formats(fits, compared))
    with bar("predict") as progress:
        run(list(answers.values()), settings.workers, progress)
    used = (store.folder, *(task.output for task in statistics), *(path.parent for path in store.encoded))
    if unused := leftovers(settings.folder, used):
        tell(unused)
    return _finished(plan, fits, answers, compared)


def _compared(plan: Plan, fits: Tasks, bar: Bar) -> list[Comparison]:
    """Of each model that ships, but for the leaky protocol, which has no row that may choose."""
    if plan.leaky:
        return []
    s, judged = plan.settings, plan.judged(fits)
    with bar("judge formats") as progress:
        run(list(judged.values()), s.workers, progress)
    found = []
    finals = {model: task for (model, number), task in fits.items() if number == plan.final}
    with bar("time formats") as progress:
        for done, (model, task) in enumerate(finals.items(), 1):
            folders = [each.output for (name, _), each in judged.items() if name == model]
            key = digest(task.output.name, [folder.name for folder in folders])
            path = s.folder / "formats" / f"{model}-{key}.json"
            rows = Inputs.load(task.output / work.INPUTS).of(plan.store, np.flatnonzero(plan.there(model))[:TIMED])
            found.append(comparison(path, model, task.output, folders, rows, s.variant))
            progress(done, len(finals))
    return found


def _formats(fits: Tasks, compared: Sequence[Comparison]) -> dict[str, str]:
    """Number format of each model's graphs."""
    return dict.fromkeys((model for model, _ in fits), VARIANTS[0]) | {each.model: each.chosen for each in compared}


def _encoded(settings: Settings, corpus: Corpus, store: Store, tell: Callable[[str], object], bar: Bar) -> Store:
    """The store with Whisper's encodings, where the recipe takes them and the weights are there."""
    if settings.recipe.segment is None or not store.there("voice").any():
        return store
    tasks = encoding_tasks(corpus, settings.folder)
    try:
        weights_folder(SIZE)
        with bar("encode voices") as progress:
            run(tasks, settings.workers, progress)
    except WhisperError as error:
        tell(f"{SEGMENT}: the bundle will be without a model of whole segments; {error}")
        return store
    return Store(store.folder, tuple(task.output for task in tasks))


def _check_settings(settings: Settings, corpus: Corpus) -> None:
    for part in corpus.each:
        if settings.protocol == "speakers" and part.kind != SPEECH_CORPORA:
            raise InvalidRecipe(
                f"protocol speakers: in {part.kind} people speak in pairs, one pair a session; choose sessions"
            )
        if settings.protocol != "speakers" and part.kind == SPEECH_CORPORA:
            raise InvalidRecipe(f"protocol {settings.protocol}: {part.root} has no sessions; choose speakers")
    if settings.protocol == "notebook" and corpus.kind != KEMDY19:
        raise InvalidRecipe("protocol notebook is about KEMDy19 alone; choose sessions")
    sections = (settings.recipe.voice, settings.recipe.text, settings.recipe.bio)
    if settings.protocol == "notebook" and not all(isinstance(each, NotebookRecipe) for each in sections):
        raise InvalidRecipe("protocol notebook is about the original networks alone; choose --recipe notebook")
    if settings.protocol == "notebook" and settings.variant:
        raise InvalidRecipe("protocol notebook keeps float32 as the notebooks did; leave --variant out")


def _folds(settings: Settings, corpus: Corpus, notice: Notices) -> list[Fold]:
    """Checked folds; of the leaky protocol one that is not."""
    rows = corpus.utterances
    if settings.protocol == "notebook":
        return [replace(everything(rows), number=1)]
    if settings.protocol == "sessions":
        folds, notes = by_session(rows)
    else:
        folds, notes = by_speaker(rows, folds_of(list(corpus.clips), corpus.root))
    for note in notes:
        notice.tell(note)
    for fold in folds:
        notice(gaps(checked(fold, rows), rows, settings.ties))
    return folds


def _finished(plan: Plan, fits: Tasks, answers: Tasks, compared: Sequence[Comparison]) -> Run:
    """Collect what the tasks left, and write predictions and run.json."""
    tables, about, folder = {}, _about(plan, fits, compared), plan.settings.folder
    for model in (each for each in MODELS if any(each == key[0] for key in fits)):
        outputs = [answers[model, fold.number].output for fold in plan.folds]
        files = [output / work.ANSWERS if output.is_dir() else output for output in outputs]
        tables[model] = joined([Predictions.load(file) for file in files])
        tables[model].save(folder / "predictions" / f"{model}.npz")
        for output in (each for each in outputs if each.is_dir()):
            about["shuffled"][model] = json.loads((output / work.SHUFFLED).read_text(encoding="utf-8"))
    with whole(folder / "run.json") as partial:
        partial.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    formats = _formats(fits, compared)
    models = {m: work.graph_of(task.output, formats[m]) for (m, number), task in fits.items() if number == plan.final}
    return Run(plan.settings, plan.corpus, tables, models, about)


def _about(plan: Plan, fits: Tasks, compared: Sequence[Comparison]) -> dict[str, Any]:
    s, account = plan.settings, plan.corpus.account
    of = next(iter(fits.values())).arguments[0].pooled if fits else None
    history: dict[str, list[dict[str, Any]]] = {}
    for (modality, number), task in fits.items():
        curve = json.loads((task.output / work.HISTORY).read_text(encoding="utf-8"))
        history.setdefault(modality, []).append({"fold": number, **curve})
    return {
        "corpus": plan.corpus.kind,
        "files": fingerprint(plan.corpus),
        "remarks": account.remarks,
        "rows": {"annotated": account.rows, "used": account.used, "skipped": account.skipped},
        "protocol": s.protocol,
        "leaky": s.protocol == "notebook",
        "recipe": s.recipe.name,
        "settings": {model: asdict(s.recipe.of(model)) for model in MODELS if s.recipe.of(model)},
        "ties": s.ties,
        "seed": s.seed,
        "folds": [_about_fold(plan, fold, of) for fold in plan.folds],
        "history": history,
        "shuffled": {},
        "sizes": [each.to_json() for each in compared],
        "packages": {package: version(package) for package in (*PACKAGES, "imbalanced-learn", "scikit-learn")},
    }


def _about_fold(plan: Plan, fold: Fold, of: Pooled | None) -> dict[str, Any]:
    rows = plan.store.utterances
    if of is not None:  # shuffled four fifths of these train, the last fifth tests
        fold = replace(fold, train=of.rows, test=of.rows[of.last_fifth])
    named = {
        f"{part}_{name}": sorted(set(column[getattr(fold, part)].tolist()) - {""})
        for part in ("validation", "test")
        for name, column in (("sessions", rows.session), ("speakers", rows.speaker))
    }
    counts = {f"{part}_n": len(getattr(fold, part)) for part in ("train", "validation", "test")}
    trained = {modality: len(plan.usable(modality, fold)) for modality in MODALITIES}
    return {"fold": fold.number, **named, **counts, "trained_on": trained}
