"""Sound of an XDF file as 16 kHz mono, with the time of every sample. No I/O."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.audio_file import RATE
from devices.sensors.driver import Doubles

Placed = tuple[Doubles, Doubles]
"""Values [n, 1] and times [n]"""
_JUMP_S = 0.1
"""Times that jump by more are a hole; what lies behind it is resampled apart"""


class Mono:
    """Takes frames of any rate, any number of channels and any full scale; NaN stays NaN.

    Parameters
    ----------
    rate
        Of what comes, hertz.
    scale
        Its full scale.
    """

    def __init__(self, rate: int, scale: float) -> None:
        self._rate, self._scale = rate, scale
        self._resampler: Any = None
        self._taken = self._given = 0
        self._end = 0.0

    def push(self, values: NDArray[np.generic], times: Doubles) -> list[Placed]:
        """Take frames [n, channels] and their times [n]."""
        mono = values.astype(np.float64).mean(axis=1) / self._scale
        if self._rate == RATE:
            return [(mono[:, None], times)]
        known = np.isfinite(mono)
        cuts = np.flatnonzero((np.diff(known)) | (np.diff(times) > _JUMP_S)) + 1
        runs = [slice(start, stop) for start, stop in pairwise([0, *cuts, len(mono)])]
        return [one for run in runs for one in self._run(mono[run], times[run], is_known=bool(known[run.start]))]

    def _run(self, mono: Doubles, times: Doubles, *, is_known: bool) -> list[Placed]:
        """Place frames without a hole."""
        goes_on = is_known and times[0] <= self._end + _JUMP_S
        before = [] if goes_on else self.flush()
        return [*before, self._resampled(mono, times) if is_known else self._nothing(times)]

    def flush(self) -> list[Placed]:
        """Return what the resampler still holds."""
        if self._resampler is None:
            return []
        rest = self._resampler.resample_chunk(np.empty(0, np.float32), last=True)
        placed = self._place(rest)
        self._resampler = None
        return [placed]

    def _resampled(self, mono: Doubles, times: Doubles) -> Placed:
        if self._resampler is None:
            import soxr  # only where there is something to resample

            self._resampler = soxr.ResampleStream(self._rate, RATE, 1, dtype="float32", quality="HQ")
            self._taken = self._given = 0
        self._taken += len(mono)
        self._end = float(times[-1]) + 1 / self._rate
        return self._place(self._resampler.resample_chunk(mono.astype(np.float32)))

    def _place(self, values: NDArray[np.float32]) -> Placed:
        """The first of them stands as far before the last frame as the two counts say."""
        first = self._end - (self._taken / self._rate - self._given / RATE)
        self._given += len(values)
        return values.astype(np.float64)[:, None], first + np.arange(len(values)) / RATE

    def _nothing(self, times: Doubles) -> Placed:
        count = round(len(times) * RATE / self._rate)
        return np.full((count, 1), np.nan), times[0] + np.arange(count) / RATE
