"""Rows of KEMDy19 biosignal files: two numbers, time of day and, inside a segment, its ID; ragged, not all whole."""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.kemdy_annotation import SEGMENT_ID
from devices.skipped import report

Numbers = NDArray[np.float64]
_Row = tuple[float, float, float, str]
"""Both numbers, time of day in seconds, segment ID or an empty string"""

_TIME_OF_DAY = re.compile(r"(\d{2}):(\d{2}):(\d{2})(\.\d{3})")
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


def parsed(content: bytes, name: str, first_line: int = 1) -> BioRows:
    """Parse rows; those that are no rows, or go back in time, are skipped and reported with file and line."""
    rows: list[tuple[int, _Row]] = []
    skipped: list[str] = []
    *whole, last = enumerate(content.decode("utf-8", errors="replace").split("\n"), first_line)
    for line, text in [*whole, last]:
        row = _row(text)
        if row is not None:
            rows.append((line, row))
        elif text.strip():
            kind = "header skipped" if line == 1 else "truncated last row dropped" if line == last[0] else "row skipped"
            skipped.append(f"{name}:{line}: {kind}: {text.strip()[:40]!r}")
    clock = _carried_past_midnight(np.array([row[2] for _, row in rows], dtype=np.float64))
    forward = _moves_forward(clock)
    skipped += [f"{name}:{rows[i][0]}: row skipped: its time of day is out of order" for i in np.flatnonzero(~forward)]
    kept = [row for (_, row), keep in zip(rows, forward, strict=True) if keep]
    columns = np.array([row[:2] for row in kept], dtype=np.float64).reshape(-1, 2).T
    return BioRows(columns, clock[forward], _first_rows(kept), tuple(report(name, skipped)))


def _first_rows(rows: list[_Row]) -> dict[str, int]:
    first: dict[str, int] = {}
    for index, row in enumerate(rows):
        if row[3]:
            first.setdefault(row[3], index)
    return first


def _row(text: str) -> _Row | None:
    fields = text.strip().removeprefix("\ufeff").split(",")
    if len(fields) not in (3, 4):
        return None
    time = _TIME_OF_DAY.fullmatch(fields[2])
    segment_id = fields[3] if len(fields) == 4 else ""
    if time is None or (segment_id and not SEGMENT_ID.fullmatch(segment_id)):
        return None
    try:
        first, second = float(fields[0]), float(fields[1])
    except ValueError:
        return None
    if not (math.isfinite(first) and math.isfinite(second)):
        return None
    hours, minutes, seconds, fraction = time.groups()
    return first, second, int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(fraction), segment_id


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
