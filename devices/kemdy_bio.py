"""KEMDy19's biosignals, placed by time of day, because elapsed seconds start anew with every recording.

Only the part of a file that belongs to one scene is parsed: an ECG file holds about two million rows.
"""

import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.kemdy_bulk import Numbers
from devices.kemdy_columns import time_column
from devices.kemdy_rows import BioRows, parsed
from devices.source import UnreadableSource
from devices.stretch import Stretch

RATES = {"eda": 4.0, "temp": 4.0, "ecg": 250.0}
"""Hertz of each stream"""

_LONGEST_ROW = 64
"""Bytes"""
_CHUNK = 4096 * _LONGEST_ROW
GAP_STEPS = 1.5
"""Nominal steps from one row to the next from which rows are missing in between"""


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
        gaps = np.diff(self.clock) * self.rate > GAP_STEPS
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


def read_signal(path: Path, stream: str) -> BioSignal | None:
    """Read a whole file; None when it holds no rows. Raises as `read_scene_signal`."""
    rows = parsed(path, path.read_bytes())
    return _signal(rows, rows, RATES[stream], path.name) if len(rows) else None


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
        rows = parsed(path, content[start:stop], 1 + _rows_before(content, start))
        head = rows if start == 0 else parsed(path, content[: _row_start(content, _CHUNK)])
    return _signal(rows, head, RATES[stream], path.name)


def scene_offset(bio: BioSignal, starts: Mapping[str, float]) -> float | None:
    """Time of day at the start of a scene: median over its segments of first tagged row minus annotated start.

    `starts` maps segment IDs to seconds since the start of the scene. None when no row carries one of them.
    """
    offsets = [bio.clock[row] - starts[segment_id] for segment_id, row in bio.segments.items() if segment_id in starts]
    return float(np.median(offsets)) if offsets else None


def _signal(rows: BioRows, head: BioRows, rate: float, name: str) -> BioSignal:
    """Tell value from time by the rows of `head`, and check that both have the `rate`."""
    time = time_column(head, name)
    found = _rate(rows)
    if not 0.9 < found / rate < 1.1:
        raise UnreadableSource(
            f"{name}: {found:.4g} samples a second where {rate:g} are due: is it another sensor's file?"
        )
    values = rows.columns[1 - time].astype(np.float32)
    return BioSignal(rate, values, rows.clock, rows.columns[time], rows.segments, rows.notices)


def _rate(rows: BioRows) -> float:
    return float(1 / np.median(np.diff(rows.clock))) if len(rows) > 1 else 0.0


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
