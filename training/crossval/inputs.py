"""What a model takes of each row, and which rows have it; the same for training, validation and test.

Nothing is fitted here: vocabularies, ranges and spreads come in with the parameters.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioParameters, deviations
from models.features.mfcc import MfccParameters
from models.features.ngrams import NgramParameters, ngram_features
from models.features.notebook_means import NotebookMeansParameters
from models.features.parameters import Parameters
from models.features.registry import REGISTRY, SEGMENT_REGISTRY, feature_of
from models.features.text import UNKNOWN, TextParameters
from models.features.whisper import WhisperParameters
from training.crossval.bodies import MEANS
from training.crossval.store import Store

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Inputs:
    """How a model's inputs are made of a store's rows."""

    parameters: Parameters
    window: int = 0
    """Of each utterance's, for voice"""

    def of(self, store: Store, rows: Rows) -> NDArray[Any]:
        """Inputs [rows, ...] of rows that are there."""
        p = self.parameters
        if isinstance(p, MfccParameters):
            windows = [store.voice.window(int(row), self.window) for row in rows]
            return np.stack(windows) if windows else np.zeros((0, p.n_mfcc, p.frames), np.float32)
        if isinstance(p, NgramParameters):
            return np.array([ngram_features(store.texts[row] or "", p) for row in rows]).reshape(-1, p.length)
        if isinstance(p, TextParameters):
            return word_ids([quoted(store.morphemes[row] or []) for row in rows], p)
        if isinstance(p, WhisperParameters):
            return store.encodings[rows]
        if isinstance(p, NotebookMeansParameters):
            return scaled(own_means(store)[rows], p)
        if not isinstance(p, BioParameters):
            raise TypeError(f"no inputs are made with {type(p).__name__}")
        bodies = store.bodies
        return deviations(bodies.values[rows], Baseline(bodies.count[rows], bodies.mean[rows], bodies.squares[rows]), p)

    def save(self, path: Path) -> None:
        """Write JSON."""
        feature = feature_of(self.parameters).name
        content = {"feature": feature, "window": self.window, "parameters": self.parameters.to_json()}
        path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        feature = (REGISTRY | SEGMENT_REGISTRY)[content["feature"]]
        parameters: Parameters = feature.parameters.from_json(content["parameters"])
        return cls(parameters, content["window"])


def quoted(morphemes: Sequence[str]) -> list[str]:
    """Words of the printed form of a list, which the original notebooks took for the sentence."""
    return [f"'{morpheme}'" for morpheme in morphemes]


def word_ids(sentences: Sequence[Sequence[str]], parameters: TextParameters) -> NDArray[np.int32]:
    """Ids of words behind zeros, of long sentences the end, int32 [sentences, length]."""
    table = np.zeros((len(sentences), parameters.length), np.int32)
    for row, sentence in zip(table, sentences, strict=True):
        ids = [parameters.ids.get(word, UNKNOWN) for word in sentence][-parameters.length :]
        row[parameters.length - len(ids) :] = ids
    return table


def own_means(store: Store) -> NDArray[np.float64]:
    """The original notebooks' means of the speaker's own body, [n, MEANS]."""
    woman = np.char.endswith(store.utterances.speaker, "F")
    both = store.bodies.means
    return np.asarray(np.where(woman[:, None], both[:, 0], both[:, 1]))


def scaled(means: NDArray[np.float64], parameters: NotebookMeansParameters) -> NDArray[np.float32]:
    """Means [n, MEANS] within the range of the training rows."""
    low, high = np.array(parameters.minimum), np.array(parameters.maximum)
    return np.asarray((means - low) / (high - low), np.float32)


def ranges(means: NDArray[np.float64]) -> NotebookMeansParameters:
    """Parameters with the range of these rows; a mean without any gets one of 1."""
    low, high = (each(means, axis=0) if len(means) else np.zeros(len(MEANS)) for each in (np.nanmin, np.nanmax))
    high = np.where(high > low, high, low + 1)
    return NotebookMeansParameters(minimum=tuple(low.tolist()), maximum=tuple(high.tolist()))


def usual_spreads(store: Store, rows: Rows, features: Sequence[str]) -> tuple[float, ...]:
    """Standard deviation of each measure within a person, averaged over the people of these rows; 1 where unknown."""
    columns = [FEATURES.index(name) for name in features]
    values, person = store.bodies.values[rows][:, columns], store.utterances.speaker[rows]
    found = []
    for column in values.T:
        spreads = [np.std(own) for who in np.unique(person) if len(own := _known(column[person == who])) > 1]
        mean = float(np.mean(spreads)) if spreads else 0.0
        found.append(round(mean, 4) or 1.0)
    return tuple(found)


def _known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values[np.isfinite(values)])
