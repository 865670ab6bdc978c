"""MFCC of a window of speech, as the original notebooks feed them to the voice model.

The numbers are those of librosa 0.11, `librosa.feature.mfcc` with its defaults (centred frames over zeros, periodic
Hann window, power spectrum, Slaney mel bands, decibels, orthonormal DCT-II), followed by `sklearn.preprocessing.scale`
along time. They are computed here without librosa, whose import costs seconds.

Each frame's mel spectrum depends on its own samples alone, bit for bit, so `MfccStream` can compute a frame when its
last sample arrives and use it in every window that holds it. Only the few frames that reach over the ends of a window,
where librosa sees zeros, are computed for each window.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from models.features.parameters import InvalidParameters, Parameters

Floats = NDArray[np.float32]

_AMIN = 1e-10
"""Smallest power that is told from silence: -100 dB, as librosa's `power_to_db` has it"""
_CONSTANT = 1e-3
"""Decibels; a coefficient that varies less over a window holds rounding errors only"""
_BLOCK = 16
"""Frames in one matrix product"""
_CACHED = 4 * _BLOCK
"""Frames at a time, so that all about them stays in the processor's cache"""


@dataclass(frozen=True)
class MfccParameters(Parameters):
    """Set to the original notebooks' values."""

    sample_rate: int = 16_000
    """Hertz"""
    n_mfcc: int = 100
    n_fft: int = 400
    """Samples in a frame"""
    hop_length: int = 160
    """Samples from frame to frame"""
    n_mels: int = 128
    frames: int = 465
    """In the network's input"""
    top_db: float = 80.0
    """Decibels under the window's loudest band at which everything is cut off"""

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_mfcc", "n_fft", "hop_length", "n_mels", "frames", "top_db"):
            if getattr(self, name) <= 0:
                raise InvalidParameters(f"parameters.{name} is {getattr(self, name)}, expected a number above 0")
        if self.n_mfcc > self.n_mels:
            raise InvalidParameters(f"parameters.n_mfcc is {self.n_mfcc}, expected at most n_mels = {self.n_mels}")

    @property
    def longest(self) -> int:
        """Samples in the longest window whose frames all fit."""
        return self.frames * self.hop_length - 1

    @property
    def reach(self) -> int:
        """Samples by which a frame reaches to the left and right of its centre."""
        return self.n_fft // 2


def mfcc_features(audio: Floats, parameters: MfccParameters) -> Floats:
    """Scaled MFCC of one window or utterance.

    Parameters
    ----------
    audio
        float32 [n], n >= 1, -1..1, at `parameters.sample_rate`. What lies behind the first `parameters.frames` frames
        still takes part in the scaling, as in the notebooks.

    Returns
    -------
    float32 [n_mfcc, frames]: each coefficient has mean 0 and standard deviation 1 over the window's own frames
    (0 throughout when it does not vary), then zeros up to `frames`.
    """
    p = parameters
    centred = _with_zeros(audio, -p.reach, len(audio) + p.reach)
    return _window_features(_log_mel(centred, p), p)


class MfccStream:
    """MFCC of any recent stretch of an endless stream, computing only frames that are new.

    Parameters
    ----------
    parameters
        Of the features.
    keep_s
        Seconds of the stream that stay available to `features`.
    """

    def __init__(self, parameters: MfccParameters, keep_s: float = 10.0) -> None:
        p = self._parameters = parameters
        keep = max(round(keep_s * p.sample_rate), p.n_fft)
        self._samples = _Recent(np.empty((2 * keep, 1), np.float32), keep, first=0)
        # Frames before this one reach over the start of every window that holds them.
        first = -(-p.reach // p.hop_length)
        frames_kept = keep // p.hop_length + 1
        self._frames = _Recent(np.empty((2 * frames_kept, p.n_mels), np.float32), frames_kept, first)
        self._skip = first * p.hop_length - p.reach
        self._pending = np.empty(0, np.float32)

    @property
    def pushed(self) -> int:
        """Samples pushed since the stream began."""
        return self._samples.end

    def push(self, samples: Floats) -> None:
        """Take the stream's next samples, float32 [any number]; for lost ones push as many zeros."""
        p = self._parameters
        self._samples.append(samples[:, None])
        skipped = min(self._skip, len(samples))
        self._skip -= skipped
        pending = np.concatenate([self._pending, samples[skipped:]])
        if len(pending) >= p.n_fft:
            frames = _log_mel(pending, p)
            self._frames.append(frames)
            pending = pending[len(frames) * p.hop_length :]
        self._pending = pending.copy()

    def features(self, start: int, end: int) -> Floats:
        """Equal `mfcc_features` of the samples `start` up to `end`, counted since the stream began.

        Raises
        ------
        ValueError
            When `start` is no multiple of the hop, the stretch is empty, or not (or no longer) in the stream.
        """
        p = self._parameters
        if start % p.hop_length or not self._samples.first <= start < end <= self._samples.end:
            raise ValueError(
                f"window {start}..{end}: start must be a multiple of {p.hop_length} "
                f"and the samples lie within {self._samples.first}..{self._samples.end}"
            )
        audio = self._samples[start:end][:, 0]
        count = 1 + len(audio) // p.hop_length
        inner = min(-(-p.reach // p.hop_length), count)
        outer = max((len(audio) - p.reach) // p.hop_length + 1, inner)
        at = start // p.hop_length
        parts = (self._edge(audio, 0, inner), self._frames[at + inner : at + outer], self._edge(audio, outer, count))
        return _window_features(np.concatenate(parts), p)

    def _edge(self, audio: Floats, first: int, end: int) -> Floats:
        """Frames `first` up to `end` of a window, with zeros where they reach over its ends."""
        p = self._parameters
        if first >= end:
            return np.empty((0, p.n_mels), np.float32)
        return _log_mel(_with_zeros(audio, first * p.hop_length - p.reach, (end - 1) * p.hop_length + p.reach), p)


class _Recent:
    """The last rows of an endless array, addressed by their number since it began."""

    def __init__(self, buffer: Floats, keep: int, first: int) -> None:
        self._buffer, self._keep = buffer, keep
        self._offset = first  # number of the buffer's first row
        self.end = first

    @property
    def first(self) -> int:
        """Number of the oldest row that is surely there."""
        return max(self._offset, self.end - self._keep)

    def append(self, rows: Floats) -> None:
        self.end += len(rows)
        rows = rows[-self._keep :]
        if self.end - self._offset > len(self._buffer):
            kept = self._buffer[: self.end - len(rows) - self._offset][-self._keep :].copy()
            self._offset = self.end - len(rows) - len(kept)
            self._buffer[: len(kept)] = kept
        at = self.end - len(rows) - self._offset
        self._buffer[at : at + len(rows)] = rows

    def __getitem__(self, rows: slice) -> Floats:
        return self._buffer[rows.start - self._offset : rows.stop - self._offset]


def _with_zeros(audio: Floats, start: int, end: int) -> Floats:
    """Cut out samples `start` up to `end`, with zeros for those outside of the audio."""
    before, after = max(-start, 0), max(end - len(audio), 0)
    return np.pad(audio[max(start, 0) : end], (before, after))


def _log_mel(samples: Floats, p: MfccParameters) -> Floats:
    """Mel spectrum in decibels, float32 [frames, n_mels], of the frames that fit into the samples."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, p.n_fft)[:: p.hop_length]
    mel = np.empty((len(frames), p.n_mels), np.float32)
    for at in range(0, len(frames), _CACHED):
        spectrum = rfft(frames[at : at + _CACHED] * _hann(p.n_fft))
        power = spectrum.real**2 + spectrum.imag**2
        mel[at : at + _CACHED] = _product(power, _mel_bands(p.sample_rate, p.n_fft, p.n_mels))
    return np.asarray(10 * np.log10(np.maximum(mel, np.float32(_AMIN))), np.float32)


def _product(rows: Floats, matrix: Floats) -> Floats:
    """Product that rounds a row in the same way however many there are: it takes so many at a time, or zeros."""
    count, inner = rows.shape
    blocks = np.zeros((-(-count // _BLOCK), _BLOCK, inner), np.float32)
    blocks.reshape(-1, inner)[:count] = rows
    return np.asarray(np.matmul(blocks, matrix).reshape(-1, matrix.shape[1])[:count])


def _window_features(log_mel: Floats, p: MfccParameters) -> Floats:
    """Cepstrum, scaling over time and padding: float32 [frames, n_mels] to [n_mfcc, p.frames]."""
    cepstrum = np.maximum(log_mel, log_mel.max() - np.float32(p.top_db)) @ _dct(p.n_mels, p.n_mfcc)
    cepstrum -= cepstrum.mean(axis=0)
    spread = cepstrum.std(axis=0)
    cepstrum *= np.where(spread < _CONSTANT, 0, 1 / np.maximum(spread, _CONSTANT)).astype(np.float32)
    features = np.zeros((p.n_mfcc, p.frames), np.float32)
    scaled = cepstrum[: p.frames].T
    features[:, : scaled.shape[1]] = scaled
    return features


@lru_cache(maxsize=8)
def _hann(n: int) -> Floats:
    """Periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n), np.float32)


@lru_cache(maxsize=8)
def _dct(n: int, coefficients: int) -> Floats:
    """Orthonormal DCT-II as a matrix, float32 [n, coefficients]."""
    angles = np.pi / n * (np.arange(n)[:, None] + 0.5) * np.arange(coefficients)
    norms = np.sqrt(np.where(np.arange(coefficients) == 0, 1 / n, 2 / n))
    return np.asarray(np.cos(angles) * norms, np.float32)


@lru_cache(maxsize=8)
def _mel_bands(sample_rate: int, n_fft: int, n_mels: int) -> Floats:
    """Triangular bands of equal area from 0 Hz to half the sample rate, float32 [1 + n_fft // 2, n_mels].

    M. Slaney, Auditory Toolbox, 1998: spaced evenly on his mel scale, each divided by half its width in hertz.
    """
    edges = _hertz(np.linspace(0, _slaney_mel(sample_rate / 2), n_mels + 2))
    bins = np.arange(1 + n_fft // 2)[:, None] * sample_rate / n_fft
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    return np.asarray(np.maximum(triangles, 0) * 2 / (high - low), np.float32)


# Slaney's mel scale: linear up to 1000 Hz (15 mel), then 27 mel for each factor of 6.4.
_KNEE_HZ, _KNEE_MEL, _STEP = 1000.0, 15.0, np.log(6.4) / 27


def _slaney_mel(hertz: float) -> float:
    if hertz < _KNEE_HZ:
        return hertz * _KNEE_MEL / _KNEE_HZ
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HZ) / _STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < _KNEE_MEL, mel * _KNEE_HZ / _KNEE_MEL, _KNEE_HZ * np.exp(_STEP * (mel - _KNEE_MEL)))
