"""Incremental MFCC beside librosa: what each new 100 ms of audio and each voice window costs.

A live session pushes audio as it comes and scores a window every 0.5 s. With librosa each of those windows is computed
from its samples, all of it again; `MfccStream` computes the frames that are new and finishes the window.
"""

import time
import warnings
from collections.abc import Callable
from functools import partial

import librosa
import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.preprocessing import scale

from models.features.mfcc import Floats, MfccParameters, MfccStream, mfcc_features

# scikit-learn warns, once for each window, that float32 means are not exactly 0.
warnings.filterwarnings("ignore", "Numerical issues", UserWarning)

RATE, WINDOW, HOP, PUSH = 16_000, 74_240, 8_000, 1_600
SECONDS = 40


def main() -> None:
    """Print medians in milliseconds and their ratio to librosa's."""
    p = MfccParameters()
    audio = (0.1 * np.random.default_rng(1).standard_normal(SECONDS * RATE)).astype(np.float32)
    stream = MfccStream(p, keep_s=6)
    pushes, finishes, whole, reference = [], [], [], []
    _librosa(audio[:WINDOW])  # compiles and caches what it needs
    for end in range(PUSH, len(audio) + 1, PUSH):
        pushes.append(_ms(partial(stream.push, audio[end - PUSH : end])))
        if end >= WINDOW + HOP and end % HOP == 0:
            start = end - WINDOW
            finishes.append(_ms(partial(stream.features, start, end)))
            whole.append(_ms(partial(mfcc_features, audio[start:end], p)))
            reference.append(_ms(partial(_librosa, audio[start:end])))
    push, finish, librosa_ms = (float(np.median(times)) for times in (pushes, finishes, reference))
    hop = finish + push * HOP / PUSH
    rows = [
        ("librosa mfcc + scale, whole window", librosa_ms),
        ("our whole window", float(np.median(whole))),
        ("our 0.5 s hop: 5 pushes of 100 ms + window", hop),
        ("   of which one push of 100 ms", push),
        ("   of which finishing the window", finish),
    ]
    table = Table("4.64 s window", "median ms", "librosa / this")
    for name, ms in rows:
        table.add_row(name, f"{ms:.3f}", f"{librosa_ms / ms:.1f}x")
    Console().print(table)


def _librosa(audio: Floats) -> Floats:
    mfcc = librosa.feature.mfcc(y=audio, sr=RATE, n_mfcc=100, n_fft=400, hop_length=160)
    return np.asarray(scale(mfcc, axis=1), np.float32)


def _ms(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
