"""Whisper's encoder as words and voice share it: a stretch of speech in, one vector for every 20 ms out.

Stock Whisper always encodes 30 s. Here the encoder gets the audio that is there and a margin, and only the vectors of
the audio itself are a feature of the voice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.whisper import REFERENCE_VALUES, WhisperParameters, whisper_statistics
from models.golden import glide
from models.whisper_weights import UnusableWhisper, weights_folder

Floats = NDArray[np.float32]

RATE = 16_000
MARGIN_S = 8.0
"""Seconds encoded after the audio: CER 0.20 at 1 s, 0.18 at 2, 0.17 at 4, 0.16 at 8, 0.15 at 12 (greedy)"""
LONGEST_S = 28.0
"""Seconds; longer audio is cut at a quiet point"""
_MOST_FRAMES = 3_000
"""The encoder has positions for 30 s of spectra, 100 a second"""
_SAMPLES_PER_VECTOR = 320

_REFERENCE_S, _REFERENCE_HZ = 2.0, (110.0, 3500.0)
TOLERANCE = 0.15
"""Largest difference of the reference's statistics, whose spread is 1.1; the same weights in int8 on AVX2, AVX-512,
AVX-VNNI and generic code differ by 0.04 at most"""


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """What the encoder made of one stretch of audio."""

    output: Any
    """CTranslate2's own array [1, vectors, dimensions], margin included, as the decoder takes it"""
    vectors: int
    """How many of them belong to the audio"""

    def speech(self) -> Floats:
        """Copy the vectors of the audio alone, float32 [vectors, dimensions]."""
        return np.array(self.output, np.float32)[0, : self.vectors]


class WhisperEncoder:
    """The encoder of a loaded faster-whisper model."""

    def __init__(self, model: Any, margin_s: float = MARGIN_S) -> None:  # noqa: ANN401  the library is untyped
        self.margin_s = margin_s
        self._model = model

    def encode(self, audio: Floats) -> Encoding:
        """Encode float32 [n], 16 kHz mono, -1..1, of at most `LONGEST_S`."""
        output = self._model.encode(self._spectra(audio))
        return Encoding(output, min(-(-len(audio) // _SAMPLES_PER_VECTOR), output.shape[1]))

    def _spectra(self, audio: Floats) -> Floats:
        """Log-mel spectra [mels, frames] of the audio and the margin after it."""
        spectra = self._model.feature_extractor(audio)
        frames = min(_MOST_FRAMES, spectra.shape[1] + round(self.margin_s * 100))
        missing = max(0, frames - spectra.shape[1])
        # faster-whisper fills up to 30 s with zeros as well.
        padded: Floats = np.pad(spectra[:, :frames], ((0, 0), (0, missing)))
        return padded


def load_model(weights: str, threads: int = 1) -> Any:  # noqa: ANN401  the library is untyped
    """Load a faster-whisper model in int8; takes one to three seconds.

    Raises
    ------
    WhisperNotFound
        When there are no such weights; the message says how to get some.
    UnusableWhisper
        When the weights are there and cannot be stored or loaded.
    """
    folder = weights_folder(weights)

    from faster_whisper import WhisperModel

    try:
        return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
    except (RuntimeError, ValueError) as error:  # a damaged model, a model that is not Whisper
        raise UnusableWhisper(f"Whisper weights in {folder} cannot be used: {error}") from error


def parameters_of(encoder: WhisperEncoder, size: str) -> WhisperParameters:
    """Describe an encoder for a manifest, so that another machine can tell whether it has the same."""
    statistics = _reference(encoder)
    sampled = tuple(round(float(value), 5) for value in _sampled(statistics))
    return WhisperParameters(size, len(statistics) // 2, encoder.margin_s, sampled)


def mismatch(encoder: WhisperEncoder, parameters: WhisperParameters) -> str | None:
    """Say why an encoder is not the one that a model was trained with; None when it is."""
    here = parameters_of(encoder, parameters.size)
    if (here.dimensions, here.margin_s) != (parameters.dimensions, parameters.margin_s):
        return f"the bundle's model goes with Whisper {parameters.size} alone"
    differences = np.abs(np.subtract(here.reference, parameters.reference))
    if differences.max() <= TOLERANCE:
        return None
    worst = int(differences.argmax())
    numbers = f"{here.reference[worst]:.3f} instead of {parameters.reference[worst]:.3f}"
    return f"Whisper's encoder is not the {parameters.size} of the bundle: it gives {numbers} for the reference sound"


def _reference(encoder: WhisperEncoder) -> Floats:
    """Statistics of a sound that every machine can make."""
    vectors = encoder.encode(glide(_REFERENCE_S, *_REFERENCE_HZ, RATE)).speech()
    return whisper_statistics(vectors, WhisperParameters(dimensions=vectors.shape[1]))


def _sampled(statistics: Floats) -> Floats:
    """Values at evenly spaced places."""
    places = np.linspace(0, len(statistics) - 1, REFERENCE_VALUES).round().astype(int)
    sampled: Floats = statistics[places]
    return sampled
