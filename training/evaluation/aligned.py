"""Tables of several modalities brought to the same rows, and the soft vote of them, which is such a table again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.predictions import InvalidPredictions, Predictions, joined

Floats = NDArray[np.float64]
TRUTH_OF = ("text", "bio", "voice")
"""Whose labels the vote is scored against where tables differ: the notebooks' voice branch has labels of its own"""


def aligned(tables: Sequence[Predictions]) -> list[Predictions]:
    """Give every table the rows of all of them, in one order, joined by utterance, fold and part.

    A row that a table did not have has NaN for probabilities there and takes its truth from another table.

    Raises
    ------
    InvalidPredictions
        When a table has an utterance twice in one part of one fold.
    """
    order = {modality: place for place, modality in enumerate(TRUTH_OF)}
    ranked = sorted(tables, key=lambda table: order.get(table.modality, len(order)))
    whole = joined(ranked)
    _, first, row = np.unique(_keys(whole), return_index=True, return_inverse=True)
    spread = dict(zip((t.modality for t in ranked), _spread(ranked, whole[first], row), strict=True))
    return [spread[table.modality] for table in tables]


def voted(tables: Sequence[Predictions], weights: Floats) -> Predictions:
    """Average aligned tables by `weights`, [modalities] or [rows, modalities]; a missing modality has no say.

    The formula is that of the vote at the end of a segment: sum w p / sum w over the modalities that are there.
    Rows that all modalities lack stay NaN. The truth is that of the first of `TRUTH_OF`.
    """
    ranked = sorted(tables, key=lambda table: TRUTH_OF.index(table.modality) if table.modality in TRUTH_OF else 9)
    probabilities = np.stack([table.probabilities for table in tables], axis=1).astype(np.float64)
    shares = np.where(np.isnan(probabilities[:, :, 0]), 0.0, weights)
    whole = shares.sum(axis=1, keepdims=True)
    mean = np.einsum("nm,nmc->nc", shares, np.nan_to_num(probabilities)) / np.where(whole > 0, whole, np.nan)
    name = "+".join(table.modality for table in tables)
    return replace(ranked[0], modality=name, probabilities=mean.astype(np.float32))


def both_voices(windows: Predictions, whole: Predictions) -> Predictions:
    """Mean of what the windows and the whole segment say about a voice, as `realtime.segment_voice` takes it.

    Of aligned tables; where the whole segment has no answer, the windows' stands, and without windows there is none.
    """
    mean = (windows.probabilities.astype(np.float64) + whole.probabilities) / 2
    alone = np.isnan(whole.probabilities[:, :1])
    return replace(windows, probabilities=np.where(alone, windows.probabilities, mean).astype(np.float32))


def answered(table: Predictions, part: str) -> NDArray[np.bool_]:
    """Rows of a part with one true label and with probabilities, [n]."""
    return np.asarray((table.part == part) & (table.truth >= 0) & ~np.isnan(table.probabilities[:, 0]))


def _keys(table: Predictions) -> NDArray[np.str_]:
    return np.char.add(np.char.add(np.char.add(table.fold.astype(str), " "), np.char.add(table.part, " ")), table.id)


def _spread(ranked: Sequence[Predictions], base: Predictions, row: NDArray[np.int64]) -> Iterator[Predictions]:
    """Put each table's own columns where its rows are in `base`."""
    ends = np.cumsum([len(table) for table in ranked])
    for table, rows in zip(ranked, np.split(row, ends[:-1]), strict=True):
        if len(np.unique(rows)) < len(rows):
            twice = table.id[np.flatnonzero(np.bincount(rows)[rows] > 1)[0]]
            raise InvalidPredictions(f"predictions of {table.modality}: {twice} is twice in one fold; run it anew")
        truth, probabilities = base.truth.copy(), np.full_like(base.probabilities, np.nan)
        truth[rows], probabilities[rows] = table.truth, table.probabilities
        yield replace(base, modality=table.modality, truth=truth, probabilities=probabilities)
