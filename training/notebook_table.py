"""What the original notebooks' tables tell about their models: the vocabulary and the ranges of the bio inputs.

`merged_bio_text.csv` has one row for each segment: Seg, mean_EDA, mean_ECG, mean_Temp, tokenized, Label_angry ..
Label_surprise. Its means are scaled already. `df_all_bio.csv` has those before scaling: the notebooks took the ranges
from all of its rows.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from models.scores import LABELS
from training.errors import CorpusNotFound, InvalidCorpus

TOKENS = "tokenized"
MEANS = ("mean_EDA", "mean_ECG", "mean_Temp")
"""In the order of the bio model's input; the second is elapsed time in truth"""
SEGMENT, LABEL = "Seg", "Label_"
RAW, MERGED = "df_all_bio.csv", "merged_bio_text.csv"
MISSING = "nan"
"""What pandas made of an empty cell when the notebooks turned the column into strings"""
SEPARATORS = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n', " "))
"""Keras's Tokenizer; the apostrophe is not among them"""

SAME = 1e-6
"""Largest difference of a scaled mean that is rounding"""

Row = dict[str, str]


def words(printed: str) -> list[str]:
    """Cut the printed form of a list of morphemes into words, as Keras's Tokenizer does: quotes stay."""
    return [word for word in (printed or MISSING).lower().translate(SEPARATORS).split(" ") if word]


def ranked_words(path: Path) -> tuple[str, ...]:
    """Every word of the merged table, the most frequent first, equally frequent ones as they first occur.

    Raises
    ------
    CorpusNotFound, InvalidCorpus
        When there is no such table, or it has no tokens.
    """
    return ranked(row[TOKENS] for row in _rows(path, (TOKENS,)))


def ranked(printed: Iterable[str]) -> tuple[str, ...]:
    """Every word of printed lists of morphemes, in the same order."""
    counts = Counter(word for each in printed for word in words(each))
    return tuple(word for word, _ in counts.most_common())


def kept_words(words_by_rank: tuple[str, ...]) -> tuple[str, ...]:
    """Those that have an id in the notebooks' model, in order of their ids, from 2.

    Their first Tokenizer counted n words. Their second kept n ids, of which OOV took one and moved the others up: the
    two rarest words fell out.
    """
    return words_by_rank[:-2]


def ranges(path: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Smallest and largest value of each of `MEANS` over all rows of the table before scaling.

    Raises
    ------
    CorpusNotFound, InvalidCorpus
        When there is no such table, a column is missing, a value is no number, or the values are scaled already.
    """
    table = np.array([_numbers(path, line, row) for line, row in enumerate(_rows(path, MEANS), 2)])
    low, high = np.fmin.reduce(table), np.fmax.reduce(table)
    if not (low < high).all() or not np.isfinite(high - low).all():
        name = MEANS[int(np.argmin((low < high) & np.isfinite(high - low)))]
        raise InvalidCorpus(f"{path}: {name} has no range; expected different, finite numbers")
    if low.min() >= 0 and high.max() <= 1:
        raise InvalidCorpus(f"{path}: the means are scaled to 0..1 already; name the table before scaling ({RAW})")
    return tuple(low.tolist()), tuple(high.tolist())


def check_scaling(merged: Path, raw: Path) -> None:
    """Make sure that the merged table's means are those of the raw table: each segment's smallest, scaled.

    Raises
    ------
    CorpusNotFound, InvalidCorpus
    """
    low, high = map(np.array, ranges(raw))
    smallest: dict[str, np.ndarray[Any, Any]] = {}
    for line, row in enumerate(_rows(raw, (SEGMENT, *MEANS)), 2):
        smallest[row[SEGMENT]] = np.fmin(smallest.get(row[SEGMENT], np.nan), _numbers(raw, line, row))
    for line, row in enumerate(_rows(merged, (SEGMENT, *MEANS)), 2):
        scaled = (smallest.get(row[SEGMENT], np.full(len(MEANS), np.nan)) - low) / (high - low)
        if not np.allclose(scaled, _numbers(merged, line, row), atol=SAME):
            raise InvalidCorpus(f"{merged}:{line}: {row[SEGMENT]} is not as {raw} gives it; name the tables of one run")


def check_label_order(path: Path) -> None:
    """Make sure that the one-hot labels stand in our order; it is the order of the models' outputs.

    Raises
    ------
    CorpusNotFound, InvalidCorpus
    """
    with _opened(path) as lines:
        found = [name.removeprefix(LABEL) for name in next(csv.reader(lines), []) if name.startswith(LABEL)]
    if found != list(LABELS):
        there = " ".join(found) or "none"
        raise InvalidCorpus(f"{path}: the {LABEL}* columns are {there:.120}; expected {' '.join(LABELS)}")


def _rows(path: Path, columns: Iterable[str]) -> list[Row]:
    with _opened(path) as lines:
        reader = csv.DictReader(lines, restval="")
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise InvalidCorpus(f"{path}: no column {missing[0]!r}; expected the notebooks' {MERGED} or {RAW}")
        rows = list(reader)
    if not rows:
        raise InvalidCorpus(f"{path}: no rows")
    return rows


def _numbers(path: Path, line: int, row: Row) -> list[float]:
    """NaN for an empty cell."""
    try:
        return [float(row[name] or "nan") for name in MEANS]
    except ValueError as error:
        raise InvalidCorpus(f"{path}:{line}: {error}") from None


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """With or without a byte order mark; what is no table becomes an error."""
    if not path.is_file():
        raise CorpusNotFound(f"{path}: no such file")
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            yield lines
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidCorpus(f"{path}: no CSV table in UTF-8 ({error})") from None
