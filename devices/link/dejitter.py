"""When samples were really taken: a device's own count of them, set against the times at which they arrived.

A sample arrives late by a latency that is never less than some constant: a USB timer, a radio, a busy computer only
ever add to it. So the truth lies on the lower envelope of arrival over count: of each second the arrival that came
least late is kept, and the line is laid below all of these of the last ten minutes. Its slope is found from them, and
from the mean of each second, by the ways of `devices.link.slope`, of which one at least is indifferent to stalls.

Use: one `ClockFit` for each source and layout. Push once for each chunk that was read, with the count at its end::

    end = fit.push(delivered + lost, clock.session_time(arrived))
    start = end - len(chunk) / rate

A microphone pushes the frames at the end of each callback, overflowed ones counted, and the time of the callback. A
sensor pushes the index of a read's last frame, lost ones counted; or the device's ticks, with `rate` their frequency,
which need no counting of losses. After a reconnect, call `restart`. What remains is the constant part of the latency,
which nobody can know from one direction.
"""

import math
from collections import deque
from dataclasses import dataclass

from devices.link.slope import Point, likeliest, straight_slope, supporting_slope

BIN_S = 1.0
"""Of each so many seconds of arrival, the point that came least late is kept"""
WINDOW = 600
"""Points kept: long enough for a slope within 1 ppm, short enough to follow a crystal that warms up"""
STRAY_S, STRAY_TIMES = 0.05, 5.0
"""An arrival is astray when it is off by more than so many seconds, and by so many times the usual lateness"""
STRAY_ARRIVALS, STRAY_FOR_S = 10, 1.0
"""The count is not what it was when so many arrivals in a row, over so many seconds, are astray"""
CRYSTAL = 100e-6
"""How far a clock is expected to be off its nominal rate while little is known; a resonator may be off more"""
MEMORY = 1000
"""Arrivals over which the usual lateness is averaged"""
SLOWEST = 0.5
"""Share of the nominal pace at which time goes on at least, while it waits for the line to catch up"""
ORDINARY = 3.0
"""An arrival that is later than so many times the usual lateness has stalled, and does not count in a mean"""


@dataclass(frozen=True, slots=True)
class Line:
    """Session time as a straight line over the count."""

    index: float
    """Where the line is anchored"""
    time: float
    """There, seconds of session time"""
    slope: float
    """Seconds for each count"""

    def at(self, index: float) -> float:
        """Session time of a count, seconds."""
        return self.time + (index - self.index) * self.slope


class ClockFit:
    """Session time of a source's samples, fitted while they come.

    Parameters
    ----------
    rate
        Nominal counts a second: the sample rate, or the frequency of the device's ticks.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._envelope: Envelope | None = None
        self._astray = _Astray()
        self._expected = 0.0
        self._last: Point = (0.0, -math.inf)
        self.segments = 0
        """Unbroken stretches so far: the first, one after each `restart`, one each time that the count jumped"""

    @property
    def drift_ppm(self) -> float:
        """How much faster the device's clock runs than ours, in parts per million."""
        return 1e6 * (self._envelope.drift if self._envelope else self._expected)

    @property
    def latency_s(self) -> float:
        """How late an arrival is on average, beyond the least latency, which cannot be seen from one direction."""
        return self._envelope.lateness if self._envelope else 0.0

    @property
    def offset_s(self) -> float:
        """Session time at which the count was 0."""
        return self._envelope.line.at(0) if self._envelope else 0.0

    def push(self, index: float, arrived: float) -> float:
        """Take one arrival.

        Parameters
        ----------
        index
            Count at the end of what arrived: samples since the source began, lost ones included, or ticks.
        arrived
            Seconds of session time at which it came.

        Returns
        -------
        Session time of that count, never earlier than what was returned before.
        """
        envelope = self._envelope
        if envelope is None or index < self._last[0]:
            envelope = self._begin(index, arrived)
        late = arrived - envelope.line.at(index)
        if not self._astray.is_so(late, arrived, envelope):
            envelope.put(index, arrived)
        elif self._astray.for_good(arrived):
            envelope = self._begin(index, arrived)
        return self._onward(index, envelope.line.at(index), arrived)

    def expected(self, index: float) -> float | None:
        """Session time at which a count should come, as usually late as others; None before the first arrival."""
        return self._envelope.line.at(index) + self._envelope.lateness if self._envelope else None

    def restart(self) -> None:
        """Say that the count starts anew, as after a reconnect; what is known of the drift is kept."""
        if self._envelope:
            self._expected = self._envelope.drift
        self._envelope = None

    def _begin(self, index: float, arrived: float) -> "Envelope":
        self.restart()
        self._astray = _Astray()
        self._envelope = Envelope((index, arrived), self._rate, self._expected)
        self.segments += 1
        return self._envelope

    def _onward(self, index: float, time: float, arrived: float) -> float:
        """Keep time from going back, and from standing still unless what comes at once had been in store."""
        last_index, last_time = self._last
        slowly = last_time + SLOWEST * max(index - last_index, 0.0) / self._rate
        time = max(time, min(slowly, arrived), last_time)
        self._last = index, time
        return time


class Envelope:
    """The line below all arrivals of one unbroken stretch, and what it rests on.

    Parameters
    ----------
    first
        Count and time of the first arrival, through which the line goes until more is known.
    rate
        Nominal counts a second.
    expected
        Drift that is assumed until the arrivals say otherwise, as a share of the rate.
    """

    def __init__(self, first: Point, rate: float, expected: float = 0.0) -> None:
        self._rate, self._expected = rate, expected
        self._points: deque[Point] = deque(maxlen=WINDOW)
        self._means: deque[Point] = deque(maxlen=WINDOW)
        self._best, self._least = first, math.inf
        self._sums = (0, 0.0, 0.0)
        self._bin_ends = first[1] + BIN_S
        self._arrivals = 0
        self.line = Line(*first, 1 / (rate * (1 + expected)))
        self.lateness = 0.0
        """Seconds, averaged over the last arrivals"""

    @property
    def drift(self) -> float:
        """How much faster the counts come than nominal, as a share."""
        return 1 / (self._rate * self.line.slope) - 1

    @property
    def is_settled(self) -> bool:
        """Whether the first second is over, in which what a device or a port had in store may come at once."""
        return bool(self._points)

    def put(self, index: float, arrived: float) -> None:
        """Take an arrival; one below the line moves the line down."""
        if arrived >= self._bin_ends:
            self._close_bin(arrived)
        late = arrived - self.line.at(index)
        if late < 0:
            self.line = Line(index, arrived, self.line.slope)
            late = 0.0
        if late <= self._least:
            self._best, self._least = (index, arrived), late
        self._arrivals += 1
        self.lateness += (late - self.lateness) / min(self._arrivals, MEMORY)
        if late <= ORDINARY * self.lateness:
            number, indices, times = self._sums
            self._sums = number + 1, indices + index, times + arrived

    def _close_bin(self, arrived: float) -> None:
        self._points.append(self._best)
        number, indices, times = self._sums
        if number:
            self._means.append((indices / number, times / number))
        self._sums = (0, 0.0, 0.0)
        self._least, self._bin_ends = math.inf, arrived + BIN_S
        slope = self._slope()
        index, time = min(self._points, key=lambda point: point[1] - point[0] * slope)
        self.line = Line(index, time, slope)

    def _slope(self) -> float:
        """Slope of the envelope, drawn to the expected one as long as lateness may hide that."""
        ways = supporting_slope(self._points), straight_slope(self._points), straight_slope(self._means)
        slopes = [each for each in ways if each is not None]
        found = likeliest(slopes) if slopes else 0.0
        if found <= 0:
            return self.line.slope
        first, last = self._points[0], self._points[-1]
        hidden = self.lateness / (len(self._points) * (last[1] - first[1]))
        trust = CRYSTAL**2 / (CRYSTAL**2 + hidden**2)
        drift = 1 / (self._rate * found) - 1
        return 1 / (self._rate * (1 + self._expected + trust * (drift - self._expected)))


class _Astray:
    """Whether arrivals have left the line, for a moment or for good: the count was wrong or began anew."""

    def __init__(self) -> None:
        self._arrivals, self._since = 0, 0.0

    def is_so(self, late: float, arrived: float, envelope: Envelope) -> bool:
        off = abs(late) > max(STRAY_S, STRAY_TIMES * envelope.lateness)
        if not off or (late < 0 and not envelope.is_settled):
            self._arrivals = 0
            return False
        if not self._arrivals:
            self._since = arrived
        self._arrivals += 1
        return True

    def for_good(self, arrived: float) -> bool:
        return self._arrivals >= STRAY_ARRIVALS and arrived - self._since >= STRAY_FOR_S
