"""One stream of a device on session time: blocks, the holes between them, and its absence."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from devices.block import Away, Block, Gap, Quality
from devices.link.grid import Grid

LATE_S = 0.1
"""Samples that come to lie so far before the end of those before them are too late, and dropped"""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive samples of a device."""

    index: int
    """Of the first one, as the device counts"""
    time: float
    """Of the first one, as the clock fit has it, seconds of session time"""
    values: NDArray[np.float32]
    contact: bool


class Track:
    """Carries one stream on through losses and reconnects; its index goes with session time, lost samples included.

    Parameters
    ----------
    stream
        Name.
    rate
        Nominal, hertz; 0 for an irregular stream, and while it is not known.
    """

    def __init__(self, stream: str, rate: float = 0.0) -> None:
        self.stream = stream
        self._why = ""
        self.pace(rate)
        self._next = 0
        self._shift: int | None = None
        self._passed = -math.inf
        self._hole: tuple[float, str] | None = None

    def pace(self, rate: float) -> None:
        """Say the nominal rate."""
        self.rate = rate
        self._grid = Grid(rate) if rate else None

    @property
    def is_away(self) -> bool:
        """Whether the stream is missing, so that `wait` is to be called now and then."""
        return self._hole is not None

    def lose(self, now: float, reason: str) -> list[Gap]:
        """Say that the stream has stopped, before `now`."""
        if self._hole is not None:
            return []
        since = self._passed if math.isfinite(self._passed) else now
        self._hole = since, reason
        self._shift = None
        return [Gap(self.stream, since, None, None, reason)]

    def wait(self, now: float) -> list[Away]:
        """Say that nothing will come for the time until now, while the stream is away."""
        if self._hole is None or now <= self._passed:
            return []
        self._passed = now
        return [Away(self.stream, now)]

    def skip(self, count: int, time: float, reason: str) -> list[Gap]:
        """Count samples that the device sent and nobody got; `time` is that of the first where nothing came before."""
        if self._hole is not None or self._shift is None:
            return []
        since = self._passed if math.isfinite(self._passed) else time
        self._next += count
        duration = count / self.rate if self.rate else 0.0
        self._passed = since + duration
        return [Gap(self.stream, since, count, duration, reason)]

    def recount(self, reason: str = "not counted") -> None:
        """Say that the device's count does not go on from the last samples: time tells how many are missing."""
        self._shift, self._why = None, reason

    def put(self, run: Run) -> list[Block | Gap]:
        """Place samples; of those that come too late, what others have overtaken is dropped."""
        if self._grid is None:
            return self._beats(run)
        if self._shift is not None and run.time - self._passed > max(LATE_S, 2 / self.rate):
            self.recount()
        late = self._late(run.time)
        if late >= len(run.values):
            return []
        if late:
            run = replace(run, index=run.index + late, time=run.time + late / self.rate, values=run.values[late:])
        events: list[Block | Gap] = list(self._closed(run))
        index = run.index + (self._shift or 0)
        time = self._grid.lay(index, len(run.values), run.time)
        events.append(_block(self.stream, index, time, self.rate, run))
        self._next = index + len(run.values)
        self._passed = time + len(run.values) / self.rate
        return events

    def _late(self, time: float) -> int:
        """Samples, from that time on, that are too late; none where they are only a little early."""
        behind = self._passed - time
        little = 0.5 / self.rate if self._hole else max(LATE_S, 1 / self.rate)
        if not math.isfinite(behind) or behind <= little:
            return 0
        if self._hole is None:
            self.recount("came too late")
        return math.ceil(behind * self.rate - 0.5)

    def _closed(self, run: Run) -> list[Gap]:
        """End a hole: its length in session time says how many samples are missing."""
        if self._shift is not None:
            return []
        began = self._next > 0
        since, reason = self._hole or (self._passed, self._why)
        hole, self._hole = self._hole, None
        if not math.isfinite(since):
            self._shift = -run.index
            return []
        duration = max(0.0, run.time - since)
        lost = round(duration * self.rate)
        self._next += lost if began else 0
        self._shift = self._next - run.index
        if hole is None and not lost:
            return []
        self._grid = Grid(self.rate)
        return [Gap(self.stream, since, lost if began else None, duration, reason)]

    def _beats(self, run: Run) -> list[Block | Gap]:
        """One block for each value of an irregular stream."""
        time = max(run.time, self._passed)
        events: list[Block | Gap] = []
        if self._hole is not None:
            since, reason = self._hole
            self._hole = None
            events.append(Gap(self.stream, since, None, time - since, reason))
        self._shift = 0
        for value in run.values:
            events.append(
                _block(self.stream, self._next, time, 0.0, replace(run, values=np.array([value], np.float32)))
            )
            self._next += 1
        self._passed = time
        return events


def _block(stream: str, index: int, time: float, rate: float, run: Run) -> Block:
    return Block(stream, index, time, rate, run.values, Quality.OK if run.contact else Quality.NO_CONTACT)
