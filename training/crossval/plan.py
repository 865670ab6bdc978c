"""The tasks of a run: which models are fitted on which rows, and what their graphs are asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from models.scores import MODALITIES
from training.crossval import work
from training.crossval.corpora import SPEECH_CORPORA, Corpus
from training.crossval.folds import EVERYTHING, Fold, everything
from training.crossval.leaky import Pooled, pooled, pooled_labels
from training.crossval.store import Store, digest
from training.crossval.utterances import Ties
from training.errors import InvalidCorpus
from training.recipes import SEGMENT, RunRecipe, VoiceRecipe
from training.tasks import Task, Workers

Protocol = Literal["sessions", "speakers", "notebook"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
MODELS = (*MODALITIES, SEGMENT)
VERSION = 3
"""Of the tasks: raised when the same settings give other models"""

Tasks = dict[tuple[str, int], Task]
"""By model and number of the fold"""


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
    variant: str | None = None
    """Number format of the graphs that ship; None for the smallest that is good enough"""


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


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The tasks of a run; their outputs are named after everything that decides about them."""

    settings: Settings
    corpus: Corpus
    store: Store
    folds: list[Fold]

    @property
    def leaky(self) -> bool:
        """Whether this is the notebooks' protocol, whose only fold trains on all rows and ships."""
        return self.settings.protocol == "notebook"

    @property
    def final(self) -> int:
        """Number of the fold whose models ship."""
        return self.folds[0].number if self.leaky else EVERYTHING

    def statistics(self) -> list[Task]:
        """One task if the voice recipe takes statistics of its windows, else none."""
        recipe = self.settings.recipe.voice
        if not isinstance(recipe, VoiceRecipe) or not self.store.there("voice").any():
            return []
        arguments = (self.store.folder, recipe, self.settings.seed)
        return [Task(self._statistics_path(), work.write_statistics, arguments)]

    def fits(self, notice: Notices) -> Tasks:
        """One for each model and fold that has something to train on, and for each model on everything."""
        of = pooled(self.store, pooled_labels(self.corpus.root)) if self.leaky else None
        tasks = {}
        for model in MODELS:
            if model == SEGMENT and not self.there(model).any():
                continue
            if not self.there(model).any():
                line = f"{model}: no utterance has what the model takes; the bundle goes without"
                if self.corpus.kind != SPEECH_CORPORA:
                    notice([line])
                else:  # nobody expects words and bodies of speech corpora
                    notice.tell(line)
                continue
            for fold in self.folds if self.leaky else [*self.folds, everything(self.store.utterances)]:
                if len(self.usable(model, fold)) or self.leaky:
                    job = self._job(model, fold, of)
                    tasks[model, fold.number] = Task(self._path("models", job), work.fit_model, (job,))
                else:
                    notice([f"fold {fold.number}: no {model} in its training part; it is tested without"])
        return tasks

    def judged(self, fits: Tasks) -> Tasks:
        """One for each model of a fold, whose number formats its validation rows judge; the leaky one is not asked."""
        jobs = {key: (task.arguments[0], task.output) for key, task in fits.items() if key[1] != self.final}
        return {key: Task(self._path("judged", job), work.judge, (job, at)) for key, (job, at) in jobs.items()}

    def answers(self, fits: Tasks, formats: Mapping[str, str]) -> Tasks:
        """One for each model and fold, also where there is no model; `formats` gives each model's number format."""
        tasks = {}
        for model in {model for model, _ in fits}:
            for fold in self.folds:
                fit = fits.get((model, fold.number))
                job = fit.arguments[0] if fit else self._job(model, fold, None)
                graph = work.graph_of(fit.output, formats[model]) if fit else None
                output = self._path(f"answers/{formats[model]}", job)
                output = output if self.leaky else output.with_name(f"{output.name}.npz")
                function = work.predict_leaky if self.leaky else work.predict
                tasks[model, fold.number] = Task(output, function, (job, graph))
        return tasks

    def there(self, model: str) -> Any:  # noqa: ANN401 - a mask
        """Which rows have what a model takes, [n]."""
        return work.there(self.store, model, self.settings.recipe.of(model))

    def usable(self, model: str, fold: Fold) -> work.Rows:
        """Rows that a model is trained on in a fold."""
        recipe = self.settings.recipe.of(model)
        return work.usable(self.store, model, recipe, self.settings.ties, fold.train)

    def _job(self, model: str, fold: Fold, of: Pooled | None) -> work.Job:
        s, store = self.settings, self.store
        recipe, statistics = s.recipe.of(model), self._statistics_path()
        return work.Job(store.folder, model, recipe, s.ties, s.seed, fold, statistics, store.encoded, of)

    def _statistics_path(self) -> Path:
        key = digest(VERSION, self.store.folder.name, asdict(self.settings.recipe.voice))
        return self.settings.folder / f"statistics-{key}.f16"

    def _path(self, kind: str, job: work.Job) -> Path:
        fold = [np.asarray(rows).tolist() for rows in (job.fold.train, job.fold.validation, job.fold.test)]
        key = digest(VERSION, self.store.folder.name, asdict(job.recipe), job.ties, job.seed, fold, bool(job.pooled))
        return self.settings.folder / kind / f"{job.modality}-{job.fold.number}-{key}"
