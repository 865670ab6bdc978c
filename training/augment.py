"""Clips as the runtime cuts them, and variations of them that keep the emotion.

Loudness is not varied: the features do not depend on it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

Floats = NDArray[np.float32]

FRAME, MARGIN_S, BELOW_DB = 640, 0.1, 35.0
"""Speech lies where 40 ms are within `BELOW_DB` of the loudest, and so many seconds around it"""
SHORTEST_S = 1.0
"""Of a window that the runtime scores"""
SPEEDS = (0.82, 1.18)
"""Range; pitch and formants move along, as if another person spoke"""
SNR_DB = (8.0, 30.0)
"""Range"""


def speech_part(audio: Floats, rate: int) -> Floats:
    """Cut silence off both ends by loudness, as voice activity detection does at run time."""
    count = max(len(audio) // FRAME, 1)
    power = np.array([np.mean(part**2) for part in np.array_split(audio, count)])
    loud = np.flatnonzero(power >= power.max() * 10 ** (-BELOW_DB / 10))
    margin, step = int(MARGIN_S * rate), len(audio) / count
    return audio[max(int(loud[0] * step) - margin, 0) : int((loud[-1] + 1) * step) + margin]


def varied(audio: Floats, rate: int, longest: int, random: np.random.Generator) -> Floats:
    """Cut a window out of speech, often from its start, at another speed and with noise added at times."""
    import soxr

    speed = random.uniform(*SPEEDS) if random.random() < 0.7 else 1.0
    window = _window(audio, int(SHORTEST_S * rate * speed), int(longest * speed), random)
    if speed != 1.0:
        window = np.asarray(soxr.resample(window, rate * speed, rate), np.float32)[:longest]
    return _noisy(window, random) if random.random() < 0.4 else window


def _window(audio: Floats, shortest: int, longest: int, random: np.random.Generator) -> Floats:
    most = min(len(audio), longest)
    length = most if random.random() < 0.3 else int(random.integers(min(shortest, most), most + 1))
    start = 0 if random.random() < 0.5 else int(random.integers(0, len(audio) - length + 1))
    return audio[start : start + length]


def _noisy(audio: Floats, random: np.random.Generator) -> Floats:
    """Add noise whose spectrum falls with frequency by a random slope, from white to brown."""
    length = next_fast_len(len(audio), real=True)  # the transform of a prime length takes ten times as long
    spectrum = rfft(random.standard_normal(length, np.float32))
    spectrum /= np.maximum(np.arange(len(spectrum), dtype=np.float32), 1) ** np.float32(random.uniform(0, 1))
    noise = irfft(spectrum, length)[: len(audio)]
    power = np.mean(audio**2) * 10 ** (-random.uniform(*SNR_DB) / 10)
    return np.asarray(audio + noise * np.sqrt(power / max(np.mean(noise**2), 1e-20)), np.float32)
