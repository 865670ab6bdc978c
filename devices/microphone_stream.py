"""What a microphone's callbacks give, as 16 kHz mono blocks in session time, with the holes between them. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from devices.audio_file import RATE, Audio, Levels
from devices.block import Block, Gap
from devices.link.dejitter import ClockFit
from devices.link.readings import Reading, SensorNotice
from devices.link.track import Run, Track

OVERFLOW = "the computer was too slow: PortAudio overflow"
_SILENT_S, _CLIPPED_S = 2.0, 5.0
_NOTHING = 1e-8
"""Below the smallest step of 24 bits: what a resampler rings with long after a sound is silence"""
_SILENT = "silent: every sample is zero; is it muted, or is the program not allowed to record?"


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """What one callback brought."""

    arrived: float
    """Seconds of session time"""
    values: Audio
    """[frames, channels]"""
    overflowed: bool = False
    """Whether frames before these were lost"""


class AudioStream:
    """One microphone through any number of connections; `connect` comes first.

    Its index goes on with session time, lost samples included, and its time is never behind what it was.
    """

    def __init__(self) -> None:
        self.track = Track("audio", RATE)
        self.clock = ClockFit(RATE)
        self.frames = 0
        """Of the device, over all connections"""
        self.lost = 0
        """Frames of the device lost by overflows, as far as can be told"""
        self.faults = Faults()
        self._rate = 0

    def connect(self, rate: int) -> None:
        """Begin with a device that was opened, of that many hertz."""
        if rate != self._rate:
            self.clock = ClockFit(rate)
        self.clock.restart()
        self.track.recount()
        self.faults = Faults()
        self._rate, self._count, self._index = rate, 0, 0
        self._restart()

    def push(self, chunk: Chunk) -> list[Reading]:
        """Take what one callback brought."""
        readings: list[Reading] = []
        if chunk.overflowed:
            readings += self._hole(chunk)
        self.frames += len(chunk.values)
        self._count += len(chunk.values)
        self._end = self.clock.push(self._count, chunk.arrived)
        mono = chunk.values[:, 0] if chunk.values.shape[1] == 1 else chunk.values.mean(axis=1)
        return readings + self._put(self._resampled(mono))

    def flush(self) -> list[Reading]:
        """Return what the resampler still holds; `connect` comes next."""
        return self._put(self._resampled(np.empty(0, np.float32), last=True)) if self.frames else []

    def _hole(self, chunk: Chunk) -> list[Reading]:
        """Count what an overflow has cost, by how much later than expected the frames after it came."""
        expected = self.clock.expected(self._count + len(chunk.values))
        lost = round((chunk.arrived - expected) * self._rate) if expected is not None else 0
        if lost <= 0:
            return []
        readings = self.flush()
        samples = round(lost * RATE / self._rate)
        readings += self.track.skip(samples, chunk.arrived, OVERFLOW)
        self._count += lost
        self._index += samples
        self.lost += lost
        self._restart()
        return readings

    def _restart(self) -> None:
        """Begin to resample at the present count."""
        self._base, self._given, self._end = self._count, 0, 0.0
        self._resampler = _resampler(self._rate)

    def _resampled(self, mono: Audio, *, last: bool = False) -> Audio:
        if self._resampler is None:
            return mono
        values = np.asarray(self._resampler.resample_chunk(np.ascontiguousarray(mono), last=last), np.float32)
        return np.where(np.abs(values) < _NOTHING, np.float32(0), values)

    def _put(self, values: Audio) -> list[Reading]:
        """Place samples: the first of them stands as far before the last frame as the two counts say."""
        if not len(values):
            return []
        behind = (self._count - self._base) / self._rate - self._given / RATE
        placed = self.track.put(Run(self._index, self._end - behind, values, contact=True))
        self._given += len(values)
        self._index += len(values)
        return [reading for one in placed for reading in self._judged(one)]

    def _judged(self, one: Block | Gap) -> Iterable[Reading]:
        if isinstance(one, Gap):
            return [one]
        levels = Levels.of(one.values)
        block = replace(one, flags=levels.quality)
        return [block, *(SensorNotice(block.end, fault) for fault in self.faults.push(levels))]


class Faults:
    """What a listener would complain about: said when it begins, and when it is over."""

    def __init__(self) -> None:
        self.present: str | None = None
        """What is wrong now, in one line"""
        self._quiet, self._window = Levels(), Levels()
        self._clipped: str | None = None

    def push(self, levels: Levels) -> list[str]:
        """Take what is known of the next samples, at most a few hundred."""
        self._quiet.add(levels)
        if self._quiet.peak:
            self._quiet = Levels()
        self._window.add(levels)
        if self._window.samples >= _CLIPPED_S * RATE:
            self._judge()
        was, self.present = self.present, _SILENT if self._quiet.samples >= _SILENT_S * RATE else self._clipped
        if was == self.present:
            return []
        return [self.present or f"no longer {str(was).partition(':')[0]}"]

    def _judge(self) -> None:
        window, self._window = self._window, Levels()
        fault = window.fault() if window.clipped else None
        self._clipped = fault and (self._clipped or f"{fault}; turn the recording level down")


def _resampler(rate: int) -> Any | None:  # noqa: ANN401 - soxr ships no annotations
    """Return what makes 16 kHz of a rate, as fast as it comes.

    With a fixed rate soxr works through spectra of a thousand frames and holds sound back by up to 40 ms, then gives a
    bunch; with one that may vary it filters sample by sample, 14 ms late at most, just as well (-110 dB).
    """
    if rate == RATE:
        return None
    import soxr  # only where there is something to resample

    return soxr.ResampleStream(rate, RATE, 1, dtype="float32", quality="HQ", vr=True)
