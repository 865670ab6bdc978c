"""The original notebooks' protocol, leak and all: for comparison with their numbers only.

What it does, and why it says nothing about people that were not trained on:

* The woman's and the man's annotation files are pooled, though they describe different people: text and body are given
  the alphabetically first of both labels, and the smaller of both people's means; the voice is given the woman's label.
* SMOTE raises the smallest class before the split, so that rows made of test rows are trained on.
* Ranges and vocabulary come from all rows; a missing text is the word `nan`.
* The split is shuffled, with the same people and scenes on both sides.
* The vote is tested on the last fifth of the rows in order of their IDs, four in five of which were trained on.
"""

import csv
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.mfcc import MfccParameters
from models.features.text import TextParameters
from models.scores import LABELS
from training.crossval.balancing import balanced
from training.crossval.inputs import Inputs, ranges, scaled, word_ids
from training.crossval.store import NOTEBOOK, Store, morphemes
from training.errors import InvalidCorpus
from training.notebook_table import kept_words, ranked, words
from training.recipes import NotebookRecipe

SHUFFLED = 327
"""Seed of the notebooks' split"""
FIFTH = 0.2
HEADER_ROWS, ID, TOTAL = 2, 9, 10

Labels = dict[str, list[int]]
"""Segment ID to the labels in the files that name it, in the order of the files"""


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """The notebooks' rows, in order of their IDs."""

    rows: NDArray[np.int64]
    """[n] of the store"""
    smallest: NDArray[np.int64]
    """[n] label of text and body: the alphabetically first"""
    first: NDArray[np.int64]
    """[n] label of the voice: the first file's"""

    def labels(self, modality: str) -> NDArray[np.int64]:
        """What the modality was trained on, [n]."""
        return self.first if modality == "voice" else self.smallest

    @property
    def last_fifth(self) -> NDArray[np.int64]:
        """Places in `rows` on which the vote was tested."""
        return np.arange(len(self.rows) - ceil(FIFTH * len(self.rows)), len(self.rows))


def pooled_labels(root: Path) -> Labels:
    """Read the total label of every row of every annotation file, of a tie the part before the first `;`."""
    labels: Labels = {}
    for path in sorted((root / "annotation").glob("*.csv")):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            for number, cells in enumerate(csv.reader(file)):
                if number >= HEADER_ROWS and len(cells) > TOTAL:
                    label = cells[TOTAL].split(";")[0].strip().replace("disqust", "disgust")
                    if label in LABELS:
                        labels.setdefault(cells[ID].strip(), []).append(LABELS.index(label))
    return labels


def pooled(store: Store, labels: Labels) -> Pooled:
    """The segments with sound, with a label, and with all three signals from either person.

    Raises
    ------
    InvalidCorpus
        When there are fewer than ten: too few for the notebooks' split.
    """
    ids = store.utterances.id.tolist()
    complete = np.isfinite(_means(store)).all(axis=1) & store.there("voice")
    rows = np.array(sorted((i for i in np.flatnonzero(complete) if ids[i] in labels), key=lambda i: ids[i]), np.int64)
    if len(rows) < 2 / FIFTH:
        raise InvalidCorpus(f"{len(rows)} segments have sound, label and all of EDA, ECG and TEMP: protocol needs more")
    of = [labels[ids[row]] for row in rows]
    return Pooled(rows, np.array([min(each) for each in of]), np.array([each[0] for each in of]))


def _means(store: Store) -> NDArray[np.float64]:
    """The smaller of both people's means, [n, 3]."""
    return np.asarray(np.fmin.reduce(store.bodies.means, axis=1))


def leaky_inputs(store: Store, of: Pooled, modality: str, inputs: Inputs) -> NDArray[Any]:
    """Inputs of all pooled rows, [n, ...]."""
    if isinstance(inputs.parameters, TextParameters):
        return word_ids([words(text) for text in _printed(store, of)], inputs.parameters)
    if modality == "voice":
        return inputs.of(store, of.rows)
    return scaled(_means(store)[of.rows], inputs.parameters)  # type: ignore[arg-type] # bio has no others here


def leaky_examples(
    store: Store, of: Pooled, modality: str, recipe: NotebookRecipe, seed: int
) -> tuple[NDArray[Any], NDArray[np.float32], NDArray[Any], NDArray[np.float32], Inputs]:
    """Inputs and targets of the shuffled four fifths and of the fifth, after SMOTE; and how inputs are made."""
    from sklearn.model_selection import train_test_split

    inputs = _fitted_on_everything(store, of, modality)
    targets = np.eye(len(LABELS), dtype=np.float32)[of.labels(modality)]
    x, y, _ = balanced(leaky_inputs(store, of, modality, inputs), targets, recipe.balancing, seed)
    train, held = train_test_split(np.arange(len(x)), test_size=FIFTH, shuffle=True, random_state=SHUFFLED)
    return x[train], y[train], x[held], y[held], inputs


def _fitted_on_everything(store: Store, of: Pooled, modality: str) -> Inputs:
    if modality == "voice":
        return Inputs(MfccParameters(), NOTEBOOK)
    if modality == "bio":
        means = store.bodies.means[of.rows].reshape(-1, store.bodies.means.shape[2])
        return Inputs(ranges(means))
    return Inputs(TextParameters(vocabulary=kept_words(ranked(_printed(store, of))), quoted=True))


def _printed(store: Store, of: Pooled) -> list[str]:
    """Morphemes of what was transcribed, markers and the other person's words included, as the notebooks' table has it.

    A list in its printed form: `[]` where there are stop words alone, and nothing where the text is missing.
    """
    found = [morphemes(store.raw_texts[row]) for row in of.rows]
    return ["" if each is None else str(each) for each in found]
