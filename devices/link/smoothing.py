"""Session time of samples whose device has no clock and no even rate: their arrival, smoothed.

What an Arduino's `loop` prints comes as fast as the line takes it, so the pace changes with the number of digits, and
neither a count nor a line through it says when a sample was taken (`devices.link.dejitter` would look for a drift that
is none). A second-order loop follows the pace over a second or two instead.
"""

import math

SMOOTHING_S = 0.5
"""Time over which arrivals are averaged"""
LOST_S = 0.25
"""When an arrival is off by more, the pace is not followed: time starts anew at the arrival"""


class SmoothedArrival:
    """Used as a `devices.link.dejitter.ClockFit` is.

    Parameters
    ----------
    rate
        About so many samples a second.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._period = 1 / rate
        self._index, self._time = 0.0, -math.inf
        self._given = -math.inf
        self._running = False
        self.segments = 0
        """Unbroken stretches so far"""
        self.latency_s = 0.0
        """How much later or earlier than expected arrivals are, on average; more cannot be known"""

    @property
    def drift_ppm(self) -> float:
        """How much faster than `rate` samples come at present, in parts per million."""
        return ((1 / self._rate) / self._period - 1) * 1e6

    @property
    def offset_s(self) -> float:
        """Session time at which the count would have been 0, at the present pace."""
        return self._time - self._index * self._period if self._running else 0.0

    def push(self, index: float, arrived: float) -> float:
        """Take one arrival, as `ClockFit.push` does; never returns an earlier time than before."""
        ahead = (index - self._index) * self._period
        expected = self._time + ahead
        if not self._running or index < self._index or abs(arrived - expected) > LOST_S:
            self.segments += 1
            self._running, expected, ahead = True, arrived, 0.0
        off = arrived - expected
        gain = min(1.0, ahead / SMOOTHING_S)
        if index > self._index:
            self._period = max(0.1 / self._rate, self._period + gain * gain / 4 * off / (index - self._index))
        self.latency_s += (abs(off) - self.latency_s) / 100
        self._index, self._time = index, expected + gain * off
        self._given = max(self._given, self._time)
        return self._given

    def restart(self) -> None:
        """Say that the count starts anew; the pace is kept."""
        self._running = False


class AsItComes:
    """Session time of something that happens now and then (a heart beat), and has no clock: its arrival."""

    segments, latency_s, drift_ppm, offset_s = 1, 0.0, 0.0, 0.0

    def push(self, index: float, arrived: float) -> float:  # noqa: ARG002 - as `ClockFit.push`
        """Return the arrival."""
        return arrived

    def restart(self) -> None:
        """Nothing is known that could be forgotten."""
