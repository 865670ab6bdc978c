"""KEMDy19's biosignal files: ragged rows of value, elapsed seconds, time of day and, inside a segment, its ID.

The order of the first two columns is decided from the rows, never from the folder's name: ECG files have them swapped.
Rows are placed by time of day, because elapsed seconds start anew with every recording. Only the part of a file that
belongs to one scene is parsed: an ECG file holds about two million rows.
"""

import math
import mmap
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.kemdy_annotation import SEGMENT_ID
from devices.source import UnreadableSource
from devices.stretch import Stretch

Numbers = NDArray[np.float64]
_Row = tuple[float, float, float, str]
"""Both numbers, time of day in seconds, segment ID or an empty string"""

RATES = {"eda": 4.0, "temp": 4.0, "ecg": 250.0}
"""Hertz of each stream"""

_TIME_OF_DAY = re.compile(r"(\d{2}):(\d{2}):(\d{2})(\.\d{3})")
_LONGEST_ROW = 64
"""Bytes"""
_CHUNK = 4096 * _LONGEST_ROW
_DAY_S = 86_400.0
_SAME_TIME_S = 0.002
_SURE, _UNSURE = 0.95, 0.5
_GAP_STEPS = 1.5
_SHOWN_ROWS = 3


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


@dataclass(frozen=True, slots=True, eq=False)
class BioSignal:
    """Values on time of day, with the places where the recording was interrupted."""

    rate: float
    """Hertz"""
    values: NDArray[np.float32]
    clock: Numbers
    """[n] time of day in seconds"""
    elapsed: Numbers
    """[n] seconds since the recording began; falls where a new recording began"""
    segments: dict[str, int]
    """Segment ID to its first sample"""
    notices: tuple[str, ...]

    def stretches(self, offset: float) -> list[Stretch]:
        """Cut at gaps and resets; `offset` is the time of day at session time 0."""
        resets = np.diff(self.elapsed) < 0
        gaps = np.diff(self.clock) * self.rate > _GAP_STEPS
        cuts = np.flatnonzero(resets | gaps) + 1
        starts = [0, *cuts.tolist()]
        stops = [*cuts.tolist(), len(self.values)]
        return [
            Stretch(
                float(self.clock[start] - offset),
                self.values[start:stop],
                "the sensor's recording was started anew" if start and resets[start - 1] else "no rows in the file",
            )
            for start, stop in zip(starts, stops, strict=True)
        ]


def read_scene_signal(
    path: Path, stream: str, scene_id: str, starts: Mapping[str, float], duration: float
) -> BioSignal | None:
    """Read the rows of one scene, those between and around its segments included.

    Parameters
    ----------
    path
        `EDA/Session99/Original/Sess99F.csv` and the like.
    stream
        `eda`, `temp` or `ecg`: decides the rate that is due.
    scene_id
        `Sess99_script01`.
    starts
        Segment ID to annotated start, seconds since the start of the scene.
    duration
        Of the scene, seconds.

    Returns
    -------
    BioSignal or None
        None when no row of the file belongs to the scene.

    Raises
    ------
    UnreadableSource
        When it cannot be told which column is time, or the rate is not the stream's.
    """
    if not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        tagged = _tagged(content, scene_id)
        if tagged is None:
            return None
        before, after = starts.get(tagged.first_id, duration), duration - starts.get(tagged.last_id, 0.0)
        start = _row_start(content, tagged.first - _bytes_for(before, stream))
        stop = _row_start(content, tagged.last + _bytes_for(after, stream))
        rows = parsed(content[start:stop], path.name, 1 + _rows_before(content, start))
        head = rows if start == 0 else parsed(content[: _row_start(content, _CHUNK)], path.name)
    return signal(rows, head, RATES[stream], path.name)


@dataclass(frozen=True, slots=True)
class _Tagged:
    """Where the first and the last row of a scene are: byte offsets and segment IDs."""

    first: int
    last: int
    first_id: str
    last_id: str


def _tagged(content: mmap.mmap, scene_id: str) -> _Tagged | None:
    tag = f",{scene_id}_".encode()
    first, last = content.find(tag), content.rfind(tag)
    if first < 0:
        return None
    length = len(tag) + len("F001")
    first_id, last_id = (content[at + 1 : at + length].decode(errors="replace") for at in (first, last))
    return _Tagged(first, last, first_id, last_id)


def _bytes_for(seconds: float, stream: str) -> int:
    """More bytes than the rows of so many seconds, and of two more, can take."""
    return int((seconds + 2) * RATES[stream]) * _LONGEST_ROW


def _row_start(content: mmap.mmap, position: int) -> int:
    """Move from anywhere to the start of a row, or to the end of the file."""
    if position <= 0:
        return 0
    newline = content.find(b"\n", position)
    return newline + 1 if newline >= 0 else len(content)


def _rows_before(content: mmap.mmap, position: int) -> int:
    return sum(content[at : min(at + _CHUNK, position)].count(b"\n") for at in range(0, position, _CHUNK))


def read_signal(path: Path, stream: str) -> BioSignal | None:
    """Read a whole file; None when it holds no rows. Raises as `read_scene_signal`."""
    rows = parsed(path.read_bytes(), path.name)
    return signal(rows, rows, RATES[stream], path.name) if len(rows) else None


def signal(rows: BioRows, head: BioRows, rate: float, name: str) -> BioSignal:
    """Tell value from time by the rows of `head`, and check that both have the `rate`."""
    time = time_column(head, name)
    found = _rate(rows)
    if not 0.9 < found / rate < 1.1:
        raise UnreadableSource(
            f"{name}: {found:.4g} samples a second where {rate:g} are due: is it another sensor's file?"
        )
    values = rows.columns[1 - time].astype(np.float32)
    return BioSignal(rate, values, rows.clock, rows.columns[time], rows.segments, rows.notices)


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
    return BioRows(columns, clock[forward], _first_rows(kept), tuple(_summary(skipped, name)))


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


def _summary(skipped: list[str], name: str) -> Iterator[str]:
    yield from skipped[:_SHOWN_ROWS]
    if len(skipped) > _SHOWN_ROWS:
        yield f"{name}: {len(skipped) - _SHOWN_ROWS} more rows skipped, {len(skipped)} in all"


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


def _rate(rows: BioRows) -> float:
    return float(1 / np.median(np.diff(rows.clock))) if len(rows) > 1 else 0.0


def time_column(rows: BioRows, name: str) -> int:
    """Tell which of the first two columns is elapsed time.

    Both are compared with the time of day over one second: neighbours would not do, because one step of an ECG value
    (0.0036 mV) is close to one step of its time (0.004 s). If that does not decide, the column that only rises does.

    Raises
    ------
    UnreadableSource
        When neither column, or both, could be time.
    """
    shares = [_share_that_follows(column, rows.clock) for column in rows.columns]
    for column, share in enumerate(shares):
        if share >= _SURE and shares[1 - column] < _UNSURE:
            return column
    rising = [column for column in (0, 1) if _rises_like(rows.columns[column], rows.clock)]
    if len(rising) != 1:
        both = "neither" if not rising else "both"
        raise UnreadableSource(
            f"{name}: {both} of the first two columns could be time; expected value and elapsed seconds"
        )
    return rising[0]


def _share_that_follows(column: Numbers, clock: Numbers) -> float:
    """Share of rows from which one second later the column has moved by as much as the clock."""
    lag = round(1 / float(np.median(np.diff(clock)))) if len(clock) > 1 else 1
    if len(clock) <= lag:
        return 0.0
    apart = np.abs((column[lag:] - column[:-lag]) - (clock[lag:] - clock[:-lag]))
    return float(np.mean(apart <= max(_SAME_TIME_S, _half_last_decimal(column)) + 1e-9))


def _half_last_decimal(column: Numbers) -> float:
    printed = next((digits for digits in range(4) if np.allclose(column, column.round(digits), 0, 1e-9)), 4)
    return float(0.5 * 10.0**-printed)


def _rises_like(column: Numbers, clock: Numbers) -> bool:
    if len(clock) < 2:
        return False
    steps, due = np.diff(column), float(np.median(np.diff(clock)))
    return bool(np.mean(steps > 0) >= 0.99 and abs(np.median(steps) - due) <= _SAME_TIME_S)


def scene_offset(bio: BioSignal, starts: Mapping[str, float]) -> float | None:
    """Time of day at the start of a scene: median over its segments of first tagged row minus annotated start.

    `starts` maps segment IDs to seconds since the start of the scene. None when no row carries one of them.
    """
    offsets = [bio.clock[row] - starts[segment_id] for segment_id, row in bio.segments.items() if segment_id in starts]
    return float(np.median(offsets)) if offsets else None
