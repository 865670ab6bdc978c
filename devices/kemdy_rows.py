"""Rows of KEMDy19 biosignal files: two numbers, time of day and, inside a segment, its ID; ragged, not all whole."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.kemdy_annotation import SEGMENT_ID
from devices.kemdy_bulk import Numbers, RowForm, RowReader, first_rows

FORM = RowForm(
    numbers=2,
    stamp="00:00:00.000",
    milliseconds=(36_000_000, 3_600_000, 600_000, 60_000, 10_000, 1_000, 100, 10, 1),
    segment_id=SEGMENT_ID,
)
"""Value and elapsed seconds (ECG: the other way round), time of day, segment ID"""

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class BioRows:
    """Rows of one file, in file order."""

    columns: Numbers
    """[2, n]: the first two columns, whichever is which"""
    clock: Numbers
    """[n] time of day in seconds, carried on past midnight"""
    segments: dict[str, int]
    """Segment ID to its first row"""
    notices: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.clock)


def parsed(path: Path, content: bytes, first_line: int = 1) -> BioRows:
    """Parse rows of a file; those that are no rows, or go back in time, are skipped and reported with file and line."""
    reader = RowReader(path, FORM, content=content, line=first_line)
    pieces = list(reader.rows())
    if not pieces:
        return BioRows(np.empty((2, 0)), np.empty(0), {}, tuple(reader.notices()))
    clock = _carried_past_midnight(np.concatenate([rows.clock for rows in pieces]))
    forward = _moves_forward(clock)
    lines = np.concatenate([rows.lines for rows in pieces])[~forward]
    unordered = [f"{path.name}:{line}: row skipped: its time of day is out of order" for line in lines]
    columns = np.concatenate([rows.numbers for rows in pieces], axis=1)[:, forward]
    segments = first_rows(np.concatenate([rows.tags for rows in pieces])[forward])
    return BioRows(columns, clock[forward], segments, tuple(reader.notices(unordered)))


def _carried_past_midnight(clock: Numbers) -> Numbers:
    """Take each step for the shorter way round the day, so that one wrong time does not move the rows after it."""
    days = np.round(np.diff(clock, prepend=clock[:1]) / _DAY_S)
    return np.asarray(clock - _DAY_S * np.cumsum(days))


def _moves_forward(clock: Numbers) -> NDArray[np.bool_]:
    """Mark the rows to keep so that time only increases; of two neighbours the one that strays from the others goes."""
    keep = np.ones(len(clock), bool)
    for row in np.flatnonzero(np.diff(clock) <= 0) + 1:
        stray = row - 1 if row >= 2 and clock[row] > clock[row - 2] else row
        keep[stray] = False
    kept = np.flatnonzero(keep)
    latest = np.maximum.accumulate(clock[kept])
    keep[kept[1:][clock[kept][1:] <= latest[:-1]]] = False
    return keep
