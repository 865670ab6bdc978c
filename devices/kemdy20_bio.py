"""KEMDy20's biosignal files, one per script and person.

They have the head rows of an Empatica E4 export::

    1700000000.000000,2023-1115-0713-20-000          EDA, TEMP: start, local time
    4.000000,hz
    0.500000,2023-1115-0713-20-250                   value, time stamp
    2.250000,2023-1115-0713-31-250,Sess99_script01_User197F_001

    1700000000.000000,IBI,2023-1115-0713-20-000      IBI: start, local time
    10.875000,0.750000,2023-1115-0713-30-875         seconds since the start, interval, time stamp

Stamps are Korean time (UTC+9), cut to the millisecond. Only the utterances of the file's own person are tagged. Some
IBI files are empty: that is no data, not an error.
"""

import re
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.kemdy20_annotation import SEGMENT_ID
from devices.kemdy_bio import BioSignal
from devices.kemdy_bulk import Numbers, RowForm, RowReader, first_rows
from devices.kemdy_means import FileMeans, Steps, check_rate
from devices.source import UnreadableSource

STREAMS = ("eda", "temp", "ibi")
RATE = 4.0
"""Hertz of EDA and TEMP"""

_STAMPED = re.compile(r".*,\d{4}-\d{4}-\d{4}-\d{2}-\d{3}")
_STAMP = "0000-0000-0000-00-000"
_MILLISECONDS = (*[0] * 8, 36_000_000, 3_600_000, 600_000, 60_000, 10_000, 1_000, 100, 10, 1)
_REGULAR = RowForm(1, _STAMP, _MILLISECONDS, SEGMENT_ID)
_IRREGULAR = RowForm(2, _STAMP, _MILLISECONDS, SEGMENT_ID)
_STEP_S = 1 / 64
"""Of the intervals"""


@dataclass(frozen=True, slots=True, eq=False)
class Kemdy20Beats:
    """Inter-beat intervals of one script."""

    times: NDArray[np.float64]
    """[n] of the beat that ends each interval, seconds since the start of the recording"""
    intervals: NDArray[np.float32]
    """[n] seconds"""
    clock: Numbers
    """[n] time of day in seconds"""
    follows: NDArray[np.bool_]
    """[n] False where beats are missing before the interval: no difference to the one before means anything"""
    means: FileMeans = field(repr=False)
    """The same file as counts; its gaps are the missing beats"""


def read_means20(path: Path, stream: str) -> FileMeans:
    """Read a file of `eda`, `temp` or `ibi`.

    Raises
    ------
    UnreadableSource
        When it does not begin with the head rows of its stream, or its rows do not come at the rate these give.
    """
    return read_beats(path).means if stream == "ibi" else _read_regular(path)


def read_beats(path: Path) -> Kemdy20Beats:
    """Read an IBI file; without rows where it is empty. Raises as `read_means20`."""
    means = FileMeans()
    pieces = []
    reader = RowReader(path, _IRREGULAR, head=_head_rows(path, "IBI"))
    for rows in reader.rows():
        means.add(rows.tags, rows.numbers[1])
        pieces.append(rows)
    numbers = np.concatenate([np.empty((2, 0)), *(rows.numbers for rows in pieces)], axis=1)
    clock = np.concatenate([np.empty(0), *(rows.clock for rows in pieces)])
    means.close(reader)
    follows = _follows(numbers)
    means.gaps = int(np.count_nonzero(~follows[1:]))
    intervals = numbers[1].astype(np.float32)
    return Kemdy20Beats(numbers[0], intervals, _unwound(clock), follows, means)


def read_signal20(path: Path) -> BioSignal | None:
    """Read an EDA or TEMP file whole; None where it holds no rows. Raises as `read_means20`."""
    reader = RowReader(path, _REGULAR, head=_head_rows(path, "hz"))
    pieces = list(reader.rows())
    if not pieces:
        return None
    check_rate(pieces[0].clock, RATE, path.name)
    clock = _unwound(np.concatenate([rows.clock for rows in pieces]))
    forward = np.concatenate([[True], np.diff(np.maximum.accumulate(clock)) > 0])
    tags = np.concatenate([rows.tags for rows in pieces])[forward]
    values = np.concatenate([rows.numbers[0] for rows in pieces])[forward].astype(np.float32)
    # The head gives one start for the file, so it is one recording: the clock is what elapses.
    return BioSignal(RATE, values, clock[forward], clock[forward], first_rows(tags), tuple(reader.notices()))


def _unwound(clock: Numbers) -> Numbers:
    """Carry the time of day on past midnight."""
    return np.unwrap(clock, period=86_400.0)


def _follows(numbers: Numbers) -> NDArray[np.bool_]:
    """Tell which intervals begin where the one before ended."""
    if not numbers.size:
        return np.empty(0, bool)
    return np.concatenate([[False], np.diff(numbers[0]) <= numbers[1, 1:] + _STEP_S / 2])


def _read_regular(path: Path) -> FileMeans:
    means = FileMeans()
    reader = RowReader(path, _REGULAR, head=_head_rows(path, "hz"))
    rows = reader.rows()
    first = next(rows, None)
    if first is None:
        return means.close(reader)
    check_rate(first.clock, RATE, path.name)
    steps = Steps(RATE, means)
    for piece in chain([first], rows):
        means.add(piece.tags, piece.numbers[0])
        steps.add(piece.clock)
    return means.close(reader)


def _head_rows(path: Path, unit: str) -> int:
    """Check the head rows and count them; an empty file has none."""
    with path.open("rb") as file:
        lines = [file.readline().decode("utf-8-sig", errors="replace").strip() for _ in range(2)]
    if not any(lines):
        return 0
    start, *rest = lines[0].split(",")
    due = ["IBI"] if unit == "IBI" else []
    if rest[:-1] != due or not _STAMPED.fullmatch(lines[0]) or not _is_positive(start):
        raise UnreadableSource(f"{path.name}:1: expected a start time and a time stamp, found {lines[0][:40]!r}")
    if unit == "IBI":
        return 1
    rate, _, found = lines[1].partition(",")
    if found != unit or not _is_positive(rate) or float(rate) != RATE:
        raise UnreadableSource(f"{path.name}:2: expected {RATE:f},{unit}, found {lines[1][:40]!r}")
    return 2


def _is_positive(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False
