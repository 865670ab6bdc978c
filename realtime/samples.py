"""Where the samples of an audio stream lie in session time, and which of them can be used."""

import numpy as np
from numpy.typing import NDArray

from devices.block import Block

Floats = NDArray[np.float32]


class SampleClock:
    """Session time of every sample of a stream, independent of how the stream was cut into blocks.

    Times are counted from one anchor, so that they do not differ in the last digit from chunking to chunking. The
    anchor moves only when a block says that its samples lie elsewhere by more than half a sample, as after a gap or
    with a device whose clock drifts.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._index, self._time = 0, 0.0

    def follow(self, block: Block) -> None:
        """Take the block's own time where it contradicts the count."""
        if abs(self.time(block.index) - block.time) > 0.5 / self._rate:
            self._index, self._time = block.index, block.time

    def time(self, index: int) -> float:
        """Session time at which sample `index` begins, in seconds."""
        return self._time + (index - self._index) / self._rate

    def index(self, time: float) -> int:
        """Sample that begins nearest to a session time."""
        return self._index + round((time - self._time) * self._rate)


def usable(values: Floats) -> tuple[Floats, int]:
    """Replace samples that are no numbers by 0 and limit the others to -1..1.

    Returns
    -------
    The samples, float32 [n], and how many of them were no numbers.
    """
    finite = np.isfinite(values)
    invalid = len(values) - int(np.count_nonzero(finite))
    if invalid:
        values = np.where(finite, values, np.float32(0))
    return np.clip(values, -1, 1).astype(np.float32, copy=False), invalid
