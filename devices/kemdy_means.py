"""What a KEMDy biosignal file holds of each segment, and what it lacks, from one pass over all its rows."""

from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.kemdy_bio import GAP_STEPS, RATES
from devices.kemdy_bulk import Numbers, RowReader, runs
from devices.kemdy_columns import time_column
from devices.kemdy_rows import FORM, BioRows
from devices.source import UnreadableSource

_DAY_S = 86_400.0


@dataclass(slots=True)
class SegmentValues:
    """The values of all rows that carry one segment's ID."""

    count: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float:
        """Over all rows, zeros included."""
        return self.total / self.count


@dataclass(slots=True)
class FileMeans:
    """One file: every row is in a segment, outside any, a header, or unreadable."""

    segments: dict[str, SegmentValues] = field(default_factory=dict)
    rows: int = 0
    """That are not blank"""
    outside: int = 0
    """Rows outside any segment"""
    headers: int = 0
    unread: int = 0
    zeros: int = 0
    """Rows whose value is 0"""
    gaps: int = 0
    """Places where rows are missing"""
    lost_s: float = 0.0
    """Seconds of all gaps together"""
    restarts: int = 0
    """Times the sensor's recording began anew"""
    notices: tuple[str, ...] = ()
    """Rows that were skipped, with file and line"""

    def add(self, tags: NDArray[np.bytes_], values: Numbers) -> None:
        """Take in the next rows."""
        starts = runs(tags)
        counts = np.diff(starts, append=len(tags)).tolist()
        for start, count, total in zip(starts, counts, np.add.reduceat(values, starts).tolist(), strict=True):
            if tag := tags[start].decode():
                segment = self.segments.setdefault(tag, SegmentValues())
                segment.count += count
                segment.total += total
            else:
                self.outside += count
        self.zeros += int(np.count_nonzero(values == 0))

    def close(self, reader: RowReader) -> "FileMeans":
        """Take over what the reader counted once it has read everything."""
        self.rows, self.headers, self.unread = reader.count, reader.headers, reader.unread
        self.notices = tuple(reader.notices())
        return self


def read_means(path: Path, stream: str) -> FileMeans:
    """Read a KEMDy19 file of `eda`, `temp` or `ecg`.

    Raises
    ------
    UnreadableSource
        When it cannot be told which column is time, or the rate is not the stream's.
    """
    reader, means = RowReader(path, FORM), FileMeans()
    rows = reader.rows()
    first = next(rows, None)
    if first is None:
        return means.close(reader)
    time = time_column(BioRows(first.numbers, first.clock, {}, ()), path.name)
    check_rate(first.clock, RATES[stream], path.name)
    steps = Steps(RATES[stream], means)
    for piece in chain([first], rows):
        means.add(piece.tags, piece.numbers[1 - time])
        steps.add(piece.clock, piece.numbers[time])
    return means.close(reader)


def check_rate(clock: Numbers, rate: float, name: str) -> None:
    """Raise UnreadableSource when the rows do not follow each other at `rate` hertz."""
    found = float(1 / max(np.median(np.diff(clock)), 1e-6)) if len(clock) > 1 else rate
    if not 0.9 < found / rate < 1.1:
        raise UnreadableSource(
            f"{name}: {found:.4g} samples a second where {rate:g} are due: is it another sensor's file?"
        )


@dataclass(slots=True)
class Steps:
    """Looks from row to row, over the edges of what is read at once, for gaps and recordings begun anew."""

    rate: float
    """Hertz"""
    means: FileMeans
    """Where what was found is counted"""
    _last: tuple[float, float] | None = None

    def add(self, clock: Numbers, elapsed: Numbers | None = None) -> None:
        """Take in time of day and, where there are such, elapsed seconds of the next rows."""
        elapsed = clock if elapsed is None else elapsed
        since, before = self._last or (clock[0], elapsed[0])
        steps, forth = np.diff(clock, prepend=since), np.diff(elapsed, prepend=before)
        steps, forth = (each + _DAY_S * (each < -_DAY_S / 2) for each in (steps, forth))
        # Elapsed time counts on over missing rows; where only the clock jumps, one row has a wrong time of day.
        missing = np.minimum(steps, forth) * self.rate > GAP_STEPS
        self.means.restarts += int(np.count_nonzero((forth < 0) & (steps > 0)))
        self.means.gaps += int(missing.sum())
        self.means.lost_s += float(np.sum(np.round(steps[missing] * self.rate) - 1) / self.rate)
        self._last = float(clock[-1]), float(elapsed[-1])
