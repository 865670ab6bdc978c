"""Stress-Predict: wristband recordings of people in stressful tasks and at rest, cut and measured as at run time.

Iqbal et al., "Stress Monitoring Using Wearable Sensors: A Pilot Study and Stress-Predict Dataset", Sensors 22:8135
(2022), MIT licence. 35 adults wear an Empatica E4 for some 55 minutes: three stressful tasks (Stroop, interview,
hyperventilation) with rest or questionnaires before, between and after them.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from devices.block import Block
from devices.empatica import E4Recording, read_e4
from models.features.bio import FEATURES, BioParameters, BioWindow
from models.windows import BioWindows
from training.errors import CorpusNotFound

FOLDER = Path("bio", "stress_predict_e4")
"""Below the data's root"""
UNLABELLED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Every window of everybody, person by person in order of time."""

    person: NDArray[np.str_]
    """[n]"""
    end: NDArray[np.float32]
    """[n] seconds since the recording began"""
    stress: NDArray[np.int8]
    """[n] 1 in a stressful task, 0 at rest, `UNLABELLED` outside or across segments"""
    warm: NDArray[np.bool_]
    """[n] whether the window has enough data to be scored"""
    measures: NDArray[np.float64]
    """[n, FEATURES], NaN where missing"""

    def save(self, path: Path) -> None:
        """Write a NumPy archive."""
        np.savez_compressed(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the protocol."""

    start: float
    """Unix seconds"""
    end: float
    """Unix seconds"""
    stress: int
    """1 in a stressful task, else 0"""


def people_of(folder: Path) -> list[str]:
    """Names of everybody with labels; each has a folder with an E4 export.

    Raises
    ------
    CorpusNotFound
        When there is no Stress-Predict in `folder`.
    """
    if not (folder / "labels.csv").is_file():
        raise CorpusNotFound(f"{folder}: no Stress-Predict here (labels.csv and an E4 export for each person)")
    return sorted(read_segments(folder / "labels.csv"))


def read_windows(folder: Path, person: str, parameters: BioParameters) -> Windows:
    """Measure every window of one person's recording.

    Raises
    ------
    SourceError
        When it cannot be read.
    """
    recording = read_e4(folder / person)
    windows = list(recorded_windows(recording, parameters))
    return _table(person, windows, recording.start, read_segments(folder / "labels.csv")[person])


def read_segments(path: Path) -> dict[str, list[Segment]]:
    """Read `labels.csv`: segments by person."""
    segments: dict[str, list[Segment]] = {}
    with path.open(newline="") as rows:
        for row in csv.DictReader(rows):
            segment = Segment(float(row["start_unix"]), float(row["end_unix"]), int(row["stress"]))
            segments.setdefault(row["subject"], []).append(segment)
    return segments


def recorded_windows(recording: E4Recording, parameters: BioParameters) -> Iterator[BioWindow]:
    """Windows of a recording, as a live session would see them."""
    windows = BioWindows(parameters, recording.signals)
    for block in _blocks(recording):
        yield from windows.push(block)
    yield from windows.flush()


def _blocks(recording: E4Recording) -> Iterator[Block]:
    """One block for each stream; beats first, for no window waits for them."""
    if beats := recording.ibi:
        for i, (time, interval) in enumerate(zip(beats.times, beats.intervals, strict=True)):
            at = beats.start + float(time) - recording.start
            yield Block("ibi", i, at, 0.0, np.array([interval], np.float32))
    for name, signal in recording.signals.items():
        yield Block(name, 0, signal.start - recording.start, signal.rate, signal.values)


def _table(person: str, windows: list[BioWindow], start: float, segments: list[Segment]) -> Windows:
    return Windows(
        np.array([person] * len(windows), np.str_),
        np.array([window.end for window in windows], np.float32),
        np.array([_stress(start + window.start, start + window.end, segments) for window in windows], np.int8),
        np.array([window.reason is None for window in windows], np.bool_),
        np.array([_row(window.measures) for window in windows]).reshape(-1, len(FEATURES)),
    )


def _stress(start: float, end: float, segments: list[Segment]) -> int:
    """Label of the segment that holds a whole window."""
    holding = (segment.stress for segment in segments if segment.start <= start and end <= segment.end)
    return next(holding, UNLABELLED)


def _row(measures: Mapping[str, float]) -> list[float]:
    return [measures.get(name, np.nan) for name in FEATURES]
