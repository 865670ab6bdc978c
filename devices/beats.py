"""Inter-beat intervals of a recording on session time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.block import Block, Gap


@dataclass(frozen=True, slots=True, eq=False)
class BeatTrack:
    """One irregular stream; used as a `devices.stretch.Track` is."""

    times: NDArray[np.float64]
    """[n] of the beat that ends each interval, seconds of session time, increasing"""
    intervals: NDArray[np.float32]
    """[n] seconds"""
    ended: float
    """Seconds of session time at which the recording ended"""
    ended_because: str
    stream: str = "ibi"
    rate: float = 0.0
    """Irregular"""

    def events(self, end: float, block_s: float = 0.0) -> Iterator[Block | Gap]:  # noqa: ARG002 - a beat is a block
        """Deliver each beat in [0, `end`) seconds as a block; where beats are missing their times say so."""
        inside = np.flatnonzero((self.times >= 0) & (self.times < end))
        for index, beat in enumerate(inside):
            yield Block(self.stream, index, float(self.times[beat]), 0.0, self.intervals[beat : beat + 1])
        ended = max(self.ended, 0.0)
        if ended < end:
            yield Gap(self.stream, ended, None, end - ended, self.ended_because)
