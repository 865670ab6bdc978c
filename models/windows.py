"""Sliding windows over body signals on the one-second grid of session time.

Window k ends at k hops of session time and holds the samples of the `window_s` seconds before. It comes as soon as
every stream that is delivering has passed its end. Samples lie on each stream's own grid of session time, so that
neither the size of the blocks nor the last bit of their times decides about a window.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.features.baseline import Baseline
from models.features.bio import FEATURES, BioWindow, WindowParameters, compared
from models.features.hrv import Intervals
from models.features.physiology import Signal, beats, measure

IRREGULAR = frozenset({"ibi"})
"""Streams that deliver when something happens; their silence says nothing, so no window waits for them"""
HEART = frozenset({"ecg", "ibi"})
"""Streams that carry heart beats"""
NO_CONTACT_FLAG = 1
"""`Quality.NO_CONTACT` of `devices.block`"""
_ROUNDING, _TINY_S = 1e-3, 1e-6
"""Samples, seconds; times that were added up differ in their last bits"""
_ROOM_S = 8.0
"""Seconds by which a track grows beyond what it needs"""
_NO_CONTACT = np.float32(np.inf)
"""Marks, inside a track, what a sensor sent while it touched nobody"""


class Samples(Protocol):
    """Consecutive samples of one stream, as `devices.block.Block` delivers them."""

    @property
    def stream(self) -> str: ...  # noqa: D102 - as in Block
    @property
    def time(self) -> float: ...  # noqa: D102
    @property
    def rate(self) -> float: ...  # noqa: D102
    @property
    def values(self) -> NDArray[np.float32]: ...  # noqa: D102
    @property
    def flags(self) -> int: ...  # noqa: D102


class BioWindows:
    """Blocks of eda, ecg, temp and ibi in, measured windows with the person's running baseline out.

    Blocks of any size give the same windows, in any interleaving of the streams (of an irregular one only, that what
    happened at a time comes before the other streams pass it). A stretch without any samples gives no windows.

    Parameters
    ----------
    parameters
        Window, hop and warm-up.
    streams
        Names of the streams that are expected; a window waits for each of them, unless it is said to be away by
        `advance`. Others join with their first block.
    known
        What is known of the person from before; None for nothing.
    """

    def __init__(
        self, parameters: WindowParameters, streams: Iterable[str] = (), known: Baseline | None = None
    ) -> None:
        self._parameters = parameters
        self._tracks: dict[str, _Track] = {}
        self._passed = dict.fromkeys(set(streams) - IRREGULAR, 0.0)
        self._furthest = 0.0
        self._next = 1
        self.baseline = Baseline.empty(len(FEATURES)) if known is None else known
        """Of the person, up to the newest window"""

    @property
    def progress(self) -> float:
        """Session time in seconds up to which nothing more is expected; infinite when no stream is awaited."""
        return min(self._passed.values(), default=math.inf)

    def push(self, samples: Samples) -> list[BioWindow]:
        """Take the next samples of a stream; the windows that they complete, in order."""
        track = self._tracks.get(samples.stream)
        if track is None or track.rate != samples.rate:
            track = _Regular(samples.rate) if samples.rate else _Irregular()
            self._tracks[samples.stream] = track
        track.put(samples)
        end = samples.time + (len(samples.values) / samples.rate if samples.rate else 0.0)
        self._furthest = max(self._furthest, end)
        return self.advance(samples.stream, end)

    def advance(self, stream: str, time: float) -> list[BioWindow]:
        """Say that a stream delivers nothing more before `time`, because of a gap; `math.inf` when it is lost."""
        if stream not in IRREGULAR:
            self._passed[stream] = time
            if time < math.inf:  # windows go on while anything of them was felt
                self._furthest = max(self._furthest, time)
        return self._complete(min(self.progress, self._furthest))

    def flush(self) -> list[BioWindow]:
        """Complete windows up to the end of the stream that came furthest."""
        return self._complete(self._furthest)

    def _complete(self, time: float) -> list[BioWindow]:
        p = self._parameters
        windows, first = [], self._next
        while (end := self._next * p.hop_s) <= time + _TINY_S:
            self._next += 1
            start = end - p.window_s
            # A stream that joins later must not show in this window, however early its first block was pushed.
            signals = {name: track.cut(start, end) for name, track in self._tracks.items() if track.began < end}
            if any(signal.delivered for signal in signals.values()):
                windows.append(self._window(start, end, signals))
        if self._next > first:
            for track in self._tracks.values():
                track.forget(self._next * p.hop_s - p.window_s)
        return windows

    def _window(self, start: float, end: float, signals: Mapping[str, Signal]) -> BioWindow:
        p = self._parameters
        heart = beats(signals)
        measures = measure(signals, heart)
        present = max(signal.present for signal in signals.values())
        if present >= p.warm_up_s:
            self.baseline = self.baseline.including(compared(measures))
        known = float(self.baseline.count.max())
        reason = None if present >= p.warm_up_s else _why_unusable(present, known)
        acquainted = known / (known + p.weight) if known else 0.0
        quality = _coverage(signals, heart, p.window_s) * acquainted
        return BioWindow(start, end, measures, self.baseline, quality, reason, signals)


def _why_unusable(present: float, known: float) -> str:
    if present == 0:
        return "no contact"
    return "too few samples" if known else "warming up"


def _coverage(signals: Mapping[str, Signal], heart: Intervals, window_s: float) -> float:
    """Share of the window that is usable: conductance, temperature and heart beats, as far as there are sensors."""
    shares = [signals[name].present for name in ("eda", "temp") if name in signals]
    if HEART & signals.keys():
        shares.append(float(heart.seconds.sum()))
    return min(sum(shares) / (len(shares) * window_s), 1.0) if shares else 0.0


class _Track(Protocol):
    """What is kept of one stream."""

    rate: float
    began: float

    def put(self, samples: Samples) -> None: ...
    def cut(self, start: float, end: float) -> Signal: ...
    def forget(self, before: float) -> None: ...


class _Regular:
    """Samples on a grid: slot k covers session time k / rate up to (k + 1) / rate."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.began = math.inf
        self._first = 0
        self._values = np.empty(0, np.float32)

    def put(self, samples: Samples) -> None:
        """Lay samples into their slots; slots skipped are missing, slots already forgotten are dropped."""
        values = _marked(samples)
        self.began = min(self.began, samples.time + _TINY_S)
        at = math.floor(samples.time * self.rate + _ROUNDING)
        if not len(self._values):
            self._first = at
        values = values[max(self._first - at, 0) :]
        at = max(at, self._first) - self._first
        missing = at + len(values) - len(self._values)
        if missing > 0:  # room for some seconds more, so that not every block moves all that is kept
            room = np.full(missing + math.ceil(_ROOM_S * self.rate), np.nan, np.float32)
            self._values = np.concatenate([self._values, room])
        self._values[at : at + len(values)] = values

    def cut(self, start: float, end: float) -> Signal:
        first, last = self._slot(start), self._slot(end)
        values = np.full(last - first, np.nan)
        a, b = max(first, self._first), min(last, self._first + len(self._values))
        if a < b:
            values[a - first : b - first] = self._values[a - self._first : b - self._first]
        delivered = 1.0 - np.count_nonzero(np.isnan(values)) / len(values)
        usable = np.isfinite(values)
        values[~usable] = np.nan
        times = np.arange(first, last, dtype=float) / self.rate
        return Signal(self.rate, times, values, delivered, np.count_nonzero(usable) / self.rate)

    def forget(self, before: float) -> None:
        old = min(max(self._slot(before) - self._first, 0), len(self._values))
        self._values, self._first = self._values[old:], self._first + old

    def _slot(self, time: float) -> int:
        """First slot that starts at or after a time."""
        return math.ceil(time * self.rate - _ROUNDING)


class _Irregular:
    """Values with a time each, such as IBI."""

    rate = 0.0

    def __init__(self) -> None:
        self.began = math.inf
        self._times: list[float] = []
        self._values: list[float] = []

    def put(self, samples: Samples) -> None:
        """Add values that all happened at one time; those that are no number are dropped."""
        self.began = min(self.began, samples.time + _TINY_S)
        good = [float(value) for value in samples.values if np.isfinite(value) and value > 0]
        at = bisect_left(self._times, samples.time)
        self._times[at:at] = [samples.time] * len(good)
        self._values[at:at] = good

    def cut(self, start: float, end: float) -> Signal:
        a, b = bisect_left(self._times, start - _TINY_S), bisect_left(self._times, end - _TINY_S)
        times, values = np.array(self._times[a:b]), np.array(self._values[a:b])
        return Signal(0.0, times, values, float(b > a), float(values.sum()))

    def forget(self, before: float) -> None:
        old = bisect_left(self._times, before - _TINY_S)
        del self._times[:old], self._values[:old]


def _marked(samples: Samples) -> NDArray[np.float32]:
    """Copy in which samples without contact carry the mark; an E4 sends exactly 0 uS when it touches no skin."""
    values = np.array(samples.values, np.float32)
    if int(samples.flags) & NO_CONTACT_FLAG:  # an enum's own & is slow
        values[:] = _NO_CONTACT
    if samples.stream == "eda":
        values[values == 0] = _NO_CONTACT
    return values
