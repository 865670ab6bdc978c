"""A biosignal as unbroken stretches of samples, and the way from there to blocks and gaps."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.block import Block, Gap, Quality

BLOCK_S = 0.5
"""Default length of a block: short enough for a live screen, long enough not to flood the pipeline"""
_TOLERANCE = 1e-6
"""Samples; times that were added up are not exact"""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Consecutive samples, none lost in between."""

    time: float
    """Of the first sample, seconds of session time"""
    values: NDArray[np.float32]
    lost_because: str
    """Why the samples before it are missing, where some are"""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One regularly sampled stream of a recording, on session time."""

    stream: str
    rate: float
    """Hertz"""
    stretches: Sequence[Stretch]
    """In order of time, not overlapping"""
    ended_because: str
    """Why there are no samples after the last one, should the session go on"""

    def events(self, end: float, block_s: float = BLOCK_S) -> Iterator[Block | Gap]:
        """Deliver what lies in [0, `end`) seconds; a block holds at most `block_s` and samples of one quality."""
        size = max(1, round(block_s * self.rate))
        index, time = 0, self._phase()
        for stretch in (within(each, self.rate, end) for each in self.stretches):
            if not len(stretch.values):
                continue
            if lost := max(0, round((stretch.time - time) * self.rate)):
                yield Gap(self.stream, time, lost, stretch.time - time, stretch.lost_because)
            for block in self._blocks(stretch, index + lost, size):
                yield block
                time = block.end
            index += lost + len(stretch.values)
        if lost := max(0, math.ceil((end - time) * self.rate - _TOLERANCE)):
            yield Gap(self.stream, time, lost, end - time, self.ended_because)

    def _phase(self) -> float:
        """Session time of sample 0: that of the first sample, carried back by whole samples towards 0."""
        time = self.stretches[0].time if self.stretches else 0.0
        return max(0.0, time - math.floor(time * self.rate + _TOLERANCE) / self.rate)

    def _blocks(self, stretch: Stretch, index: int, size: int) -> Iterator[Block]:
        touching = stretch.values != 0.0 if self.stream == "eda" else np.ones(len(stretch.values), bool)
        changes = np.flatnonzero(np.diff(touching)) + 1
        cuts = np.union1d(np.arange(0, len(stretch.values), size), changes)
        for start, stop in zip(cuts, [*cuts[1:], len(stretch.values)], strict=True):
            flags = Quality.OK if touching[start] else Quality.NO_CONTACT
            time = float(stretch.time + start / self.rate)
            yield Block(self.stream, index + int(start), time, self.rate, stretch.values[start:stop], flags)


def within(stretch: Stretch, rate: float, end: float) -> Stretch:
    """Keep the samples whose time is in [0, `end`)."""
    first = max(0, math.ceil(-stretch.time * rate - _TOLERANCE))
    stop = max(first, math.ceil((end - stretch.time) * rate - _TOLERANCE))
    return Stretch(stretch.time + first / rate, stretch.values[first:stop], stretch.lost_because)


def unbroken(values: NDArray[np.float32], start: float, rate: float, not_begun: str, unreadable: str) -> list[Stretch]:
    """Split samples on a regular grid from `start` seconds where they are NaN, with the reasons for what is missing."""
    known = np.isfinite(values)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    return [
        Stretch(start + int(first) / rate, values[first:stop], unreadable if first else not_begun)
        for first, stop in edges.reshape(-1, 2)
    ]
