"""Clips as the runtime cuts them, and variations of them that keep the emotion.

Loudness is not varied: the features do not depend on it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

Floats = NDArray[np.float32]

FRAME, MARGIN_S, BELOW_DB = 640, 0.1, 35.0
"""Speech lies where 40 ms are within `BELOW_DB` of the loudest, and so many seconds around it"""
SHORTEST_S = 1.0
"""Of a window that the runtime scores"""
SPEEDS = (0.82, 1.18)
"""Range; pitch and formants move along, as if another person spoke"""
SNR_DB = (8.0, 30.0)
"""Range"""
SLOPES, NOISE = 11, 2**18
"""Noises from white to brown, which are drawn once and cut up, and samples of each (16 s)"""
CORNER = 8
"""Line of their spectra, at 0.5 Hz, below which they are level: no window is long enough to tell drift from loudness"""


def speech_part(audio: Floats, rate: int) -> Floats:
    """Cut silence off both ends by loudness, as voice activity detection does at run time."""
    count = max(len(audio) // FRAME, 1)
    starts = np.arange(count) * len(audio) // count
    power = np.add.reduceat(audio**2, starts) / np.diff(starts, append=len(audio))
    loud = np.flatnonzero(power >= power.max() * 10 ** (-BELOW_DB / 10))
    margin, step = int(MARGIN_S * rate), len(audio) / count
    return audio[max(int(loud[0] * step) - margin, 0) : int((loud[-1] + 1) * step) + margin]


def varied(audio: Floats, rate: int, longest: int, random: np.random.Generator) -> Floats:
    """Cut a window out of speech, often from its start, at another speed and with noise added at times."""
    import soxr

    speed = random.uniform(*SPEEDS) if random.random() < 0.7 else 1.0
    window = _window(audio, int(SHORTEST_S * rate * speed), int(longest * speed), random)
    if speed != 1.0:
        # Medium quality: what it lets through lies under the noise, and it takes half the time.
        window = np.asarray(soxr.resample(window, rate * speed, rate, "MQ"), np.float32)[:longest]
    return noisy(window, random) if random.random() < 0.4 else window


def _window(audio: Floats, shortest: int, longest: int, random: np.random.Generator) -> Floats:
    most = min(len(audio), longest)
    length = most if random.random() < 0.3 else int(random.integers(min(shortest, most), most + 1))
    start = 0 if random.random() < 0.5 else int(random.integers(0, len(audio) - length + 1))
    return audio[start : start + length]


def noisy(audio: Floats, random: np.random.Generator) -> Floats:
    """Add noise whose spectrum falls with frequency by a random slope, from white to brown."""
    at = np.arange(len(audio)) + random.integers(NOISE)
    noise = _noise(int(random.integers(SLOPES))).take(at, mode="wrap")
    power = audio @ audio * 10 ** (-random.uniform(*SNR_DB) / 10)
    return np.asarray(audio + noise * np.sqrt(power / (noise @ noise)), np.float32)


@cache
def _noise(slope: int) -> Floats:
    """The same [NOISE] samples every time, whose end goes on at their start: white for slope 0, brown for the last."""
    spectrum = rfft(np.random.default_rng(slope).standard_normal(NOISE, np.float32))
    lines = np.maximum(np.arange(len(spectrum), dtype=np.float32), CORNER)
    return np.asarray(irfft(spectrum / lines ** np.float32(slope / (SLOPES - 1)), NOISE), np.float32)
