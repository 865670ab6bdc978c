"""How long things took, by name: medians and tails in milliseconds; and where the age of a label comes from."""

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping

from realtime.pacing import Pacer
from realtime.vote import Ballot

KEPT = 4096
"""Durations of one name that are remembered: the labels of half an hour"""


class Latencies:
    """Collects durations and says their p50, p95 and maximum."""

    def __init__(self) -> None:
        self._values: dict[str, _Durations] = {}

    def add(self, name: str, milliseconds: float) -> None:
        """Count one duration under `name`."""
        durations = self._values.get(name) or _Durations()
        durations.add(milliseconds)
        self._values[name] = durations  # only now: the screen asks while the pipeline adds

    def quantiles(self) -> Mapping[str, tuple[float, float, float]]:
        """Name to (p50, p95, maximum) in milliseconds, in the order in which the names were first seen.

        The maximum is that of the session, the others are those of the latest `KEPT` durations.
        """
        named = list(self._values.items())
        return {name: (each.quantile(0.5), each.quantile(0.95), each.most) for name, each in named}


class _Durations:
    """The latest durations of one name, also by size: a screen asks for their quantiles again and again."""

    def __init__(self) -> None:
        self.most = -math.inf
        self._latest: deque[float] = deque()
        self._sorted: list[float] = []

    def add(self, milliseconds: float) -> None:
        self.most = max(self.most, milliseconds)
        self._latest.append(milliseconds)
        insort(self._sorted, milliseconds)
        if len(self._latest) > KEPT:
            del self._sorted[bisect_left(self._sorted, self._latest.popleft())]

    def quantile(self, share: float) -> float:
        """Quantile, between two durations on the line through them (as `np.percentile`); there must be one."""
        place = share * (len(self._sorted) - 1)
        low = int(place)
        below, above = self._sorted[low], self._sorted[math.ceil(place)]
        return below + (above - below) * (place - low)


class Ages:
    """Splits the age of each label, from the last sample that it used until it is handed out, and remembers the parts.

    `window` is the time from the end of the newest window that voted to the label's own moment, or to the newest sample
    where that moment is still to come; `capture` from there until the samples were here and could be scored; `words`
    that for which the label then waited for a transcript; `model` that of the networks; `vote` that of the vote. All
    but the first from the monotonic clock.
    """

    def __init__(self, pacer: Pacer) -> None:
        self.taken = Latencies()
        """Of the labels so far: the whole as `age`, and the parts by their names"""
        self._pacer = pacer
        self._began = self._scored = 0.0
        self._reached: deque[tuple[float, float]] = deque()  # session time that could be scored, and since when

    def begin(self) -> None:
        """The pipeline takes an item."""
        self._began = self._pacer.clock()

    def scored(self, heard_until: float) -> None:
        """The models are done with it, and with the streams up to this session time."""
        self._scored = self._pacer.clock()
        if not self._reached or heard_until > self._reached[-1][0]:
            self._reached.append((heard_until, self._began))

    def count(self, t: float, ballot: Ballot, known: float) -> dict[str, float]:
        """Return milliseconds by name for the label of session time `t`, made just now of samples up to `known`.

        Times must not decrease.
        """
        while len(self._reached) > 1 and self._reached[0][0] < t:
            self._reached.popleft()
        reached = min(self._reached[0][1], self._began) if self._reached else self._began
        newest = min((vote.age for vote in ballot.votes.values() if vote.age is not None), default=t - known)
        parts = {
            "window": newest - (t - known),
            "capture": reached - self._pacer.heard(known),
            "words": self._began - reached,
            "model": self._scored - self._began,
            "vote": self._pacer.clock() - self._scored,
        }
        found = {name: seconds * 1000.0 for name, seconds in parts.items()}
        for name, milliseconds in {"age": sum(found.values()), **found}.items():
            self.taken.add(name, milliseconds)
        return found
