"""One network in several number formats: what each costs, and which one ships. No TensorFlow here.

    float32    as trained
    float16    weights stored in half precision, computed with as float32
    dynamic    weights stored as 8-bit integers, and multiplied as such
    int8       weights and what flows between layers as 8-bit integers, scaled by rows of the training part;
               division alone, which tflite-runtime lacks in integers, stays in floats
    selective  dense layers and convolutions as in int8, everything else in floats

The smallest whose score is at most half a point below float32's ships. The score is the one that the modality is judged
by anyway, and the rows are those that may decide: validation rows where there are any.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.tflite import Network
from training.errors import TrainingError

VARIANTS = ("float32", "float16", "dynamic", "int8", "selective")
TOLERANCE = 0.005
"""Of the score, that a smaller graph may lose"""
SAME_SIZE = 1.1
"""Of those whose sizes differ by less than a tenth, the one nearer to float32 ships: on laptops integers all through
run several times slower, 6 ms instead of 1, for a few kilobytes"""
SCORES = {"voice": "uar", "text": "macro_f1", "bio": "uar"}
"""By modality: the number of `training.metrics.Report` that decides"""
NAMES = {"voice": "UAR", "text": "macro-F1", "bio": "balanced accuracy"}
TIMED, WARM_UP = 200, 20
"""Runs"""


class NoSuchFormat(TrainingError, ValueError):
    """A network has no graph in this number format, or none that runs here."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One format of a model's graph, and how good it is."""

    name: str
    """One of VARIANTS"""
    size: int
    """Bytes; 0 when there is none"""
    latency_ms: float | None = None
    """Median, one thread; None when it does not run"""
    accuracy: float | None = None
    """Of the rows that are reported; None when it does not run"""
    score: float | None = None
    """Of the same rows"""
    judged: float | None = None
    """The score of the rows that choose; None where there are none"""
    reason: str | None = None
    """Why it does not run"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All formats of one model."""

    model: str
    """A modality, or `voice-segment`"""
    judged_on: str
    """What the rows are that choose"""
    tested_on: str
    """What the rows are that are reported"""
    variants: tuple[Variant, ...]
    chosen: str
    why: str

    @property
    def modality(self) -> str:
        """Whose model it is."""
        return self.model.partition("-")[0]

    @property
    def best(self) -> Variant:
        """The one that ships."""
        return next(variant for variant in self.variants if variant.name == self.chosen)

    def to_json(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**{**content, "variants": tuple(Variant(**each) for each in content["variants"])})


def compared(
    model: str, variants: Sequence[Variant], judged_on: str, tested_on: str, named: str | None = None
) -> Comparison:
    """Choose among the formats of a model: the one that is named, or the smallest that is good enough.

    Raises
    ------
    NoSuchFormat
        When the one that is named does not run.
    """
    name, why = (named, "as asked for") if named else _chosen(variants)
    found = Comparison(model, judged_on, tested_on, tuple(variants), name, why)
    if found.best.reason:
        raise NoSuchFormat(f"{model} does not run as {name}: {found.best.reason}; choose another --variant, or none")
    return found


def _chosen(variants: Sequence[Variant]) -> tuple[str, str]:
    """Name, and why."""
    reference = variants[0]
    if reference.judged is None:
        return reference.name, "no row may judge the others"
    lowest = reference.judged - TOLERANCE
    close = [variant for variant in variants if variant.judged is not None and variant.judged >= lowest]
    smallest = min(variant.size for variant in close)
    best = next(variant for variant in close if variant.size <= SAME_SIZE * smallest)
    return best.name, f"the smallest within {100 * TOLERANCE:.1f} points of {reference.name}"


def latency_ms(network: Network, rows: NDArray[Any]) -> float:
    """Median of the interpreter's time for one row, one thread."""
    times = []
    for i in range(WARM_UP + TIMED):
        row = rows[i % len(rows)]
        start = time.perf_counter()
        network(row)
        times.append(time.perf_counter() - start)
    return round(1000 * float(np.median(times[WARM_UP:])), 4)
