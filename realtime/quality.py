"""How far what a microphone gives can be trusted: share of speech, cut-off samples, level, distance from the noise."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from realtime.reasons import Why
from realtime.vad import RATE, STEP

Floats = NDArray[np.float32]

_LEAST_POWER = 1e-12
"""Mean square that stands for silence, -120 dBFS"""


@dataclass(frozen=True, slots=True)
class QualityOptions:
    """Between which values speech is trusted a little; beyond them not at all, or fully."""

    silent_dbfs: float = -75.0
    """Level of a window, decibels under full scale, up to which it is not trusted at all"""
    audible_dbfs: float = -55.0
    """Level from which it is trusted fully"""
    cut_off: float = 0.999
    """Magnitude, full scale 1, from which a sample is taken as cut off"""
    most_clipped: float = 0.1
    """Share of cut-off samples, 0..1, from which a window is not trusted at all"""
    hopeless_snr_db: float = -10.0
    """Speech over noise, decibels, up to which a window is not trusted at all. With white noise over 240 RAVDESS clips
    the voice model kept 0.84, 0.69, 0.60, 0.48, 0.32 and 0.13 of its recall above chance at 25, 15, 10, 5, 0, -5 dB"""
    clean_snr_db: float = 30.0
    """Speech over noise from which it is trusted fully, decibels"""
    noise_s: float = 6.0
    """Seconds of whose steps of 32 ms the quietest gives the noise"""
    least: float = 0.1
    """Quality, 0..1, below which a window has no vote"""

    def __post_init__(self) -> None:
        if not (self.silent_dbfs < self.audible_dbfs and self.hopeless_snr_db < self.clean_snr_db):
            raise ValueError("quality: expected silent_dbfs < audible_dbfs and hopeless_snr_db < clean_snr_db")
        if not (0 < self.cut_off <= 1 and 0 < self.most_clipped <= 1 and 0 <= self.least < 1):
            raise ValueError("quality: expected 0 < cut_off <= 1, 0 < most_clipped <= 1 and 0 <= least < 1")
        if self.noise_s * RATE < STEP:
            raise ValueError(f"quality: noise_s {self.noise_s}: expected at least {STEP / RATE:g}")


@dataclass(frozen=True, slots=True)
class Trust:
    """How far one window is trusted."""

    value: float
    """0..1"""
    reason: str | None = None
    """Why it must not vote, headed by one of `Why`; None when it may"""


class NoiseFloor:
    """The room's noise: the power of the quietest step of the last seconds (Martin, IEEE TSAP 9:504, 2001).

    Between words there is such a step, so nobody need know when somebody speaks. Steps that are all zero are no room.
    """

    def __init__(self, noise_s: float) -> None:
        self._powers: deque[float] = deque(maxlen=round(noise_s * RATE / STEP))

    def push(self, step: Floats) -> None:
        """Take the next step of 32 ms."""
        if step.any():
            self._powers.append(_power(step))

    @property
    def power(self) -> float:
        """Mean square of the noise; 0 before the first step."""
        return min(self._powers, default=0.0)


def speech_quality(audio: Floats, speech_ratio: float, noise: float, options: QualityOptions) -> Trust:
    """Trust in a window: the product of the shares that its speech, clipping, level and noise leave of it.

    Parameters
    ----------
    audio
        float32 [n], -1..1.
    speech_ratio
        Share of it that counts as speech, 0..1.
    noise
        Mean square of the room's noise.
    """
    level, over_noise = level_dbfs(audio), _over_noise(_power(audio), speech_ratio, noise)
    clipped = float(np.mean(np.abs(audio) >= options.cut_off))
    shares = {
        str(Why.NO_SPEECH): speech_ratio,
        Why.CLIPPED.because(f"{clipped:.0%} of the samples"): max(1 - clipped / options.most_clipped, 0.0),
        Why.LOW_QUALITY.because(f"too faint, {level:.0f} dBFS"): _between(
            level, options.silent_dbfs, options.audible_dbfs
        ),
        Why.LOW_QUALITY.because(f"speech {over_noise:.0f} dB over the noise"): _between(
            over_noise, options.hopeless_snr_db, options.clean_snr_db
        ),
    }
    value = math.prod(shares.values())
    return Trust(value, None if value >= options.least else min(shares, key=shares.__getitem__))


def level_dbfs(audio: Floats) -> float:
    """Level of samples [n], decibels under full scale; -120 for silence."""
    return _decibels(_power(audio))


def _over_noise(power: float, speech_ratio: float, noise: float) -> float:
    """Signal-to-noise ratio of the speech in decibels, the window's pauses holding noise alone."""
    speech = (power - noise) / speech_ratio if speech_ratio else 0.0
    return _decibels(speech) - _decibels(noise)


def _power(audio: Floats) -> float:
    return float(np.mean(np.square(audio, dtype=np.float64)))


def _decibels(power: float) -> float:
    return 10 * math.log10(max(power, _LEAST_POWER))


def _between(value: float, low: float, high: float) -> float:
    """Where a value lies on the way from `low` (0) to `high` (1)."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
