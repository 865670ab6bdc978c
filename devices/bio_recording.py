"""What every recording of a body holds, whoever made it: signals, beats, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """A regularly sampled signal."""

    start: float
    """Of the first sample, Unix seconds"""
    rate: float
    """Hertz"""
    values: NDArray[np.float32]
    """[n], acc [n, 3]; eda microsiemens, ecg millivolts, temp degrees Celsius, hr beats a minute, acc 1/64 g; NaN where
    there is none
    """


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Inter-beat intervals, with holes where the wrist moved."""

    start: float
    """Of the recording, Unix seconds"""
    times: NDArray[np.float64]
    """[n] of the beat that ends each interval, seconds since `start`"""
    intervals: NDArray[np.float32]
    """[n] seconds"""


@dataclass(frozen=True, slots=True)
class BioRecording:
    """What one recording of a body holds."""

    maker: ClassVar[str]
    """For people: `E4`"""
    hole: ClassVar[str]
    """Why a sample within is missing"""

    name: str
    start: float
    """Of the signal that began first, Unix seconds"""
    signals: Mapping[str, Signal]
    """By name: eda, ecg, temp, hr, bvp, acc"""
    ibi: Beats | None
    notices: tuple[str, ...]
    """What is missing, repaired, or was assumed"""

    @property
    def duration(self) -> float:
        """Seconds from `start` until after the last sample of the signal that went on longest."""
        ends = [signal.start - self.start + len(signal.values) / signal.rate for signal in self.signals.values()]
        beats = [self.ibi.start - self.start + self.ibi.times[-1]] if self.ibi and len(self.ibi.times) else []
        return float(max([0.0, *ends, *beats]))

    @property
    def end(self) -> float:
        """Unix seconds after the last sample."""
        return self.start + self.duration
