"""Ways in which samples come to a computer late, with the truth about when they were taken."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.link.dejitter import ClockFit

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Way:
    """How chunks come: when they are due, and how much later they are seen."""

    name: str
    least_s: float
    """Latency that every chunk has"""
    every_s: tuple[float, float]
    """Shortest and longest time from one chunk to the next"""
    jitter_s: float = 0.0
    """On top, evenly spread between 0 and so many seconds"""
    stalls: float = 0.0
    """Share of chunks that wait for 0.1 to 0.4 s"""


USB_1_MS = Way("USB 1 ms", 0.0005, (0.001, 0.001), 0.0005)
USB_16_MS = Way("USB 16 ms", 0.001, (0.0155, 0.0165), 0.0005)
BLUETOOTH = Way("Bluetooth", 0.010, (0.015, 0.060), 0.0, stalls=0.01)
JITTERY_USB = Way("USB 16 ms, 10 ms jitter", 0.001, (0.0155, 0.0165), 0.010)
JITTERY_BLUETOOTH = Way("Bluetooth, 10 ms jitter", 0.010, (0.015, 0.060), 0.010, stalls=0.01)
JITTERY_AUDIO = Way("audio 32 ms, 10 ms jitter", 0.005, (0.032, 0.032), 0.010, stalls=0.001)


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """What a computer sees of a source, one row for each chunk."""

    counted: NDArray[np.int64]
    """[n] of the chunk's last sample, since the source began, lost ones included"""
    received: NDArray[np.int64]
    """[n] the same without the lost ones: what somebody who does not count losses would say"""
    taken: Doubles
    """[n] when that sample was taken, seconds"""
    arrived: Doubles
    """[n] when the chunk was seen, seconds"""


def arrivals(way: Way, rate: float, drift_ppm: float, duration_s: float, losses: int = 20, seed: int = 1) -> Arrivals:
    """Simulate a source; each loss takes between 1 sample and 0.5 s of them, somewhere after the first 5 s."""
    rng = np.random.default_rng(seed)
    true_rate = rate * (1 + drift_ppm * 1e-6)
    due = np.cumsum(rng.uniform(*way.every_s, int(duration_s / np.mean(way.every_s))))
    counted = np.floor(due * true_rate).astype(np.int64)
    late = rng.uniform(0, way.jitter_s, len(due)) + (rng.random(len(due)) < way.stalls) * rng.uniform(
        0.1, 0.4, len(due)
    )
    arrived = np.maximum.accumulate(due + way.least_s + late)
    seen, lost = np.diff(counted, prepend=-1) > 0, np.zeros(len(due), np.int64)
    for at in rng.uniform(5, duration_s, losses):
        first = int(at * true_rate)
        count = int(rng.integers(1, max(2, int(0.5 * rate))))
        seen &= (counted < first) | (counted >= first + count)
        lost += np.clip(counted + 1 - first, 0, count)
    return Arrivals(counted[seen], (counted - lost)[seen], (counted / true_rate)[seen], arrived[seen])


def fitted(seen: Arrivals, rate: float, *, count_losses: bool = True) -> tuple[ClockFit, Doubles]:
    """Fit a clock to what was seen; the time it gives each chunk's last sample as it comes."""
    fit = ClockFit(rate)
    counts = seen.counted if count_losses else seen.received
    times = [fit.push(count, at) for count, at in zip(counts.tolist(), seen.arrived.tolist(), strict=True)]
    return fit, np.array(times)
