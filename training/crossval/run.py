"""The one command: from a corpus folder to tested models, through files that a second run finds again.

    WORK/store-HASH/                features
    WORK/models/voice-1-HASH/       what one task fitted: graph, how its inputs are made, learning curve
    WORK/answers/voice-1-HASH.npz   what the graph says about rows that it was not trained on
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
from typing import Any, Literal, get_args

import numpy as np

from models.scores import MODALITIES
from models.whisper_weights import WhisperError, weights_folder
from training.crossval import work
from training.crossval.corpora import SPEECH_CORPORA, Corpus, fingerprint, open_corpora
from training.crossval.encodings import encoding_tasks
from training.crossval.folds import EVERYTHING, Fold, by_session, by_speaker, checked, everything, gaps
from training.crossval.leaky import Pooled, pooled, pooled_labels
from training.crossval.prepare import prepare
from training.crossval.store import Store, digest
from training.crossval.utterances import KEMDY19, Ties
from training.errors import InvalidCorpus, InvalidRecipe
from training.predictions import Predictions, joined
from training.recipes import SEGMENT, NotebookRecipe, RunRecipe, VoiceRecipe
from training.speech_corpora import folds_of
from training.stages import PACKAGES
from training.tasks import Task, Workers, run
from training.voice_segments import SIZE
from training.whole import whole

Protocol = Literal["sessions", "speakers", "notebook"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
MODELS = (*MODALITIES, SEGMENT)
VERSION = 2
"""Of the tasks: raised when the same settings give other models"""

Bar = Callable[[str], AbstractContextManager[Callable[[int, int], object]]]
"""Opens a progress bar"""


@dataclass(frozen=True, slots=True)
class Settings:
    """Of a run."""

    paths: tuple[Path, ...]
    """Of the corpora"""
    folder: Path
    """Where everything is kept"""
    protocol: Protocol
    recipe: RunRecipe
    ties: Ties
    seed: int
    workers: Workers
    strict: bool = False
    """Whether anything that is missing or broken ends the run"""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What was done."""

    settings: Settings
    corpus: Corpus
    predictions: dict[str, Predictions]
    """By modality, and those of the voice model of whole segments"""
    models: dict[str, Path]
    """Folders of the models that ship"""
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
    answers = plan.answers(fits)
    with bar("predict") as progress:
        run(list(answers.values()), settings.workers, progress)
    return plan.finished(fits, answers)


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


@dataclass(slots=True)
class Notices:
    """Tells what is missing or broken, or ends a strict run at the first of it."""

    tell: Callable[[str], object]
    strict: bool

    def __call__(self, lines: Sequence[str]) -> None:
        """Tell some lines."""
        if lines and self.strict:
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            raise InvalidCorpus(f"{lines[0]}{more}; without --strict the run goes on without it")
        for line in lines:
            self.tell(line)


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


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The tasks of a run, and what becomes of their results."""

    settings: Settings
    corpus: Corpus
    store: Store
    folds: list[Fold]

    def statistics(self) -> list[Task]:
        """One task if the voice recipe takes statistics of its windows, else none."""
        recipe = self.settings.recipe.voice
        if not isinstance(recipe, VoiceRecipe) or not self.store.there("voice").any():
            return []
        arguments = (self.store.folder, recipe, self.settings.seed)
        return [Task(self._statistics_path(), work.write_statistics, arguments)]

    def fits(self, notice: Notices) -> dict[tuple[str, int], Task]:
        """One for each modality and fold that has something to train on, and for each modality on everything."""
        rows, leaky = self.store.utterances, self.settings.protocol == "notebook"
        of = pooled(self.store, pooled_labels(self.corpus.root)) if leaky else None
        tasks = {}
        for modality in MODELS:
            if modality == SEGMENT and not self._there(modality).any():
                continue
            if not self._there(modality).any():
                line = f"{modality}: no utterance has what the model takes; the bundle goes without"
                if self.corpus.kind != SPEECH_CORPORA:
                    notice([line])
                else:  # nobody expects words and bodies of speech corpora
                    notice.tell(line)
                continue
            for fold in self.folds if leaky else [*self.folds, everything(rows)]:
                if len(self._usable(modality, fold)) or leaky:
                    job = self._job(modality, fold, of)
                    tasks[modality, fold.number] = Task(self._path("models", job), work.fit_model, (job,))
                else:
                    notice([f"fold {fold.number}: no {modality} in its training part; it is tested without"])
        return tasks

    def answers(self, fits: dict[tuple[str, int], Task]) -> dict[tuple[str, int], Task]:
        """One for each modality and fold, also where there is no model."""
        tasks = {}
        for modality in {modality for modality, _ in fits}:
            for fold in self.folds:
                fit = fits.get((modality, fold.number))
                model = fit.output if fit else None
                job = fit.arguments[0] if fit else self._job(modality, fold, None)
                leaky = job.pooled is not None
                output = self._path("answers", job)
                output = output if leaky else output.with_name(f"{output.name}.npz")
                tasks[modality, fold.number] = Task(output, work.predict_leaky if leaky else work.predict, (job, model))
        return tasks

    def finished(self, fits: dict[tuple[str, int], Task], answers: dict[tuple[str, int], Task]) -> Run:
        """Collect what the tasks left, and write predictions and run.json."""
        tables, about = {}, self._about(fits)
        for modality in (each for each in MODELS if any(each == key[0] for key in fits)):
            outputs = [answers[modality, fold.number].output for fold in self.folds]
            files = [output / work.ANSWERS if output.is_dir() else output for output in outputs]
            tables[modality] = joined([Predictions.load(file) for file in files])
            tables[modality].save(self.settings.folder / "predictions" / f"{modality}.npz")
            for output in (each for each in outputs if each.is_dir()):
                about["shuffled"][modality] = json.loads((output / work.SHUFFLED).read_text(encoding="utf-8"))
        with whole(self.settings.folder / "run.json") as partial:
            partial.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        final = self.folds[0].number if self.settings.protocol == "notebook" else EVERYTHING
        models = {modality: task.output for (modality, number), task in fits.items() if number == final}
        return Run(self.settings, self.corpus, tables, models, about)

    def _about(self, fits: dict[tuple[str, int], Task]) -> dict[str, Any]:
        s, account = self.settings, self.corpus.account
        of = next(iter(fits.values())).arguments[0].pooled if fits else None
        history: dict[str, list[dict[str, Any]]] = {}
        for (modality, number), task in fits.items():
            curve = json.loads((task.output / work.HISTORY).read_text(encoding="utf-8"))
            history.setdefault(modality, []).append({"fold": number, **curve})
        return {
            "corpus": self.corpus.kind,
            "files": fingerprint(self.corpus),
            "remarks": account.remarks,
            "rows": {"annotated": account.rows, "used": account.used, "skipped": account.skipped},
            "protocol": s.protocol,
            "leaky": s.protocol == "notebook",
            "recipe": s.recipe.name,
            "settings": {model: asdict(s.recipe.of(model)) for model in MODELS if s.recipe.of(model)},
            "ties": s.ties,
            "seed": s.seed,
            "folds": [self._about_fold(fold, of) for fold in self.folds],
            "history": history,
            "shuffled": {},
            "packages": {package: version(package) for package in (*PACKAGES, "imbalanced-learn", "scikit-learn")},
        }

    def _about_fold(self, fold: Fold, of: Pooled | None) -> dict[str, Any]:
        rows = self.store.utterances
        if of is not None:  # shuffled four fifths of these train, the last fifth tests
            fold = replace(fold, train=of.rows, test=of.rows[of.last_fifth])
        named = {
            f"{part}_{name}": sorted(set(column[getattr(fold, part)].tolist()) - {""})
            for part in ("validation", "test")
            for name, column in (("sessions", rows.session), ("speakers", rows.speaker))
        }
        counts = {f"{part}_n": len(getattr(fold, part)) for part in ("train", "validation", "test")}
        trained = {modality: len(self._usable(modality, fold)) for modality in MODALITIES}
        return {"fold": fold.number, **named, **counts, "trained_on": trained}

    def _there(self, modality: str) -> Any:  # noqa: ANN401 - a mask
        return work.there(self.store, modality, self.settings.recipe.of(modality))

    def _usable(self, modality: str, fold: Fold) -> work.Rows:
        recipe = self.settings.recipe.of(modality)
        return work.usable(self.store, modality, recipe, self.settings.ties, fold.train)

    def _job(self, modality: str, fold: Fold, of: Pooled | None) -> work.Job:
        s, store = self.settings, self.store
        recipe, statistics = s.recipe.of(modality), self._statistics_path()
        return work.Job(store.folder, modality, recipe, s.ties, s.seed, fold, statistics, store.encoded, of)

    def _statistics_path(self) -> Path:
        key = digest(VERSION, self.store.folder.name, asdict(self.settings.recipe.voice))
        return self.settings.folder / f"statistics-{key}.f16"

    def _path(self, kind: str, job: work.Job) -> Path:
        fold = [np.asarray(rows).tolist() for rows in (job.fold.train, job.fold.validation, job.fold.test)]
        key = digest(VERSION, self.store.folder.name, asdict(job.recipe), job.ties, job.seed, fold, bool(job.pooled))
        return self.settings.folder / kind / f"{job.modality}-{job.fold.number}-{key}"
