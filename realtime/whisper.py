"""Words from one segment of speech, with Whisper, fast enough to follow a conversation.

Stock Whisper always encodes 30 s and decodes until it is satisfied. Here the encoder gets the audio that is there plus
a margin, the decoder works at temperature 0 with a number of tokens that follows from the duration, and what looks like
no speech or an endless repeat is refused with a reason; `tests/benchmarks/bench_whisper.py` measures what each choice
costs. What the encoder made of the sound comes with the words, for whoever scores the voice by it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.whisper_encoder import LONGEST_S, MARGIN_S, WhisperEncoder, load_model
from models.whisper_weights import UnusableWhisper, WhisperError, WhisperNotFound

__all__ = ["Decoding", "Transcript", "UnusableWhisper", "Whisper", "WhisperError", "WhisperNotFound", "load_whisper"]

RATE = 16_000


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, or the reason why nothing is known of it."""

    text: str
    """Empty when `reason` says why"""
    confidence: float
    """0..1: geometric mean of the tokens' probabilities; 0 when there is a reason"""
    reason: str | None = None
    """Why there is no text, in words for the screen"""
    encoded: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """What Whisper's encoder made of the sound, float32 [vectors, dimensions]; None where nothing was encoded"""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a segment is encoded and decoded, and when the result is refused."""

    margin: float = MARGIN_S
    """Seconds encoded after the audio"""
    beam: int = 5
    """Hypotheses kept while decoding: with 8 s CER 0.159 for 1, 0.137 for 5 in 1.3 times the time; stock has 0.133"""
    tokens_per_second: float = 12.0
    """Cap on new tokens; the fastest of 100 read Korean sentences has 6.3"""
    tokens_more: int = 12
    """Added to the cap, for very short segments"""
    no_speech: float = 0.6
    """Refuse above this probability of no speech, when the words are doubtful as well"""
    doubtful: float = -1.0
    """Mean log probability below which words are doubtful; read speech has -1.2 at worst"""
    hopeless: float = -1.5
    """Mean log probability below which words are refused in any case"""
    longest: float = LONGEST_S
    """Seconds; longer audio is cut at a quiet point"""
    shortest: float = 0.1
    """Seconds; no word is shorter"""
    silent: float = 1e-3
    """Peak amplitude below which there is nothing to hear (-60 dBFS)"""


DECODING = Decoding()


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    """One decoded stretch of at most 30 s."""

    text: str
    log_probability: float
    """Mean over its tokens, the end of text included"""
    tokens: int
    reason: str | None
    encoded: NDArray[np.float32]


def load_whisper(
    weights: str = "base", language: str = "ko", threads: int = 1, decoding: Decoding = DECODING
) -> "Whisper":
    """Load a Whisper model; takes one to three seconds, so call it off the main thread.

    Parameters
    ----------
    weights
        `base`, a folder with a converted model, or any model name that faster-whisper knows.
    language
        Spoken language as Whisper's two-letter code.
    threads
        Processor threads of one transcription. On two cores beside the pipeline one is faster than two, whose threads
        wait for each other spinning (the built-in session's segments: 125 ms against 215 ms).
    decoding
        See `Decoding`.

    Raises
    ------
    WhisperNotFound
        When there are no such weights; the message says how to get some.
    UnusableWhisper
        When the weights are there and cannot be stored or loaded.
    """
    model = load_model(weights, threads)
    try:
        return Whisper(model, language, decoding)
    except ValueError as error:  # an unknown language
        raise UnusableWhisper(f"Whisper weights {weights} cannot be used: {error}") from error


class Whisper:
    """A loaded model for one language; `transcribe` is deterministic and keeps nothing between calls."""

    def __init__(self, model: Any, language: str, decoding: Decoding = DECODING) -> None:  # noqa: ANN401  the library is untyped
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self.decoding = decoding
        self.encoder = WhisperEncoder(model, decoding.margin)
        self._model = model
        self._tokenizer = Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
        )
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]))

    def transcribe(self, audio: NDArray[np.float32]) -> Transcript:
        """Return the words of one segment.

        Parameters
        ----------
        audio
            float32 [n], 16 kHz mono, -1..1, of any length; samples that are not finite count as silence.
        """
        audio = np.clip(np.nan_to_num(audio, nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0).astype(np.float32)
        if len(audio) < self.decoding.shortest * RATE:
            return Transcript("", 0.0, "too short")
        if float(np.abs(audio).max()) < self.decoding.silent:
            return Transcript("", 0.0, "silence")
        return _joined([self._decode(part) for part in split_at_quiet(audio, self.decoding.longest)])

    def _decode(self, audio: NDArray[np.float32]) -> _Hypothesis:
        cap = self.decoding.tokens_more + int(self.decoding.tokens_per_second * len(audio) / RATE)
        encoding = self.encoder.encode(audio)
        result = self._model.model.generate(
            encoding.output,
            [self._prompt],
            beam_size=self.decoding.beam,
            max_length=min(self._model.max_length, len(self._prompt) + cap),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
        )[0]
        tokens = result.sequences_ids[0]
        # The score is the sum over the tokens and the end of text, divided by the number of tokens without it.
        log_probability = result.scores[0] * len(tokens) / (len(tokens) + 1)
        text = self._tokenizer.decode(tokens).replace("\ufffd", "").strip()
        reason = self._refusal(text, log_probability, result.no_speech_prob, len(tokens) >= cap)
        return _Hypothesis(text, log_probability, len(tokens), reason, encoding.speech())

    def _refusal(self, text: str, log_probability: float, no_speech: float, at_cap: bool) -> str | None:
        """Say why a transcript is not to be believed, or None."""
        if no_speech > self.decoding.no_speech and log_probability < self.decoding.doubtful:
            return "no speech"
        if log_probability < self.decoding.hopeless:
            return "unintelligible"
        if not any(character.isalnum() for character in text):
            return "no words"
        if is_repetition(text):
            return "endless repeat"
        if at_cap:
            return "more words than fit its length"
        return None


def is_repetition(text: str) -> bool:
    """Tell whether one unit follows itself five times or more over at least 16 characters, as people hardly do.

    >>> is_repetition("아 " * 40), is_repetition("하하하하하"), is_repetition("네, 네, 네, 알겠어요")
    (True, False, False)
    """
    compact = "".join(character for character in text if character.isalnum())
    return any(len(match.group()) >= 16 for match in re.finditer(r"(.+?)\1{4,}", compact))


def split_at_quiet(audio: NDArray[np.float32], longest: float) -> list[NDArray[np.float32]]:
    """Cut audio into parts of at most `longest` seconds, each cut at the quietest 0.2 s of the part's second half."""
    most, step = round(longest * RATE), RATE // 10
    parts = []
    while len(audio) > most:
        half = audio[most // 2 : most]
        steps = half[: len(half) // step * step].reshape(-1, step)
        power = np.square(steps, dtype=np.float64).sum(axis=1)
        cut = most // 2 + (int(np.argmin(power[:-1] + power[1:])) + 1) * step
        parts.append(audio[:cut])
        audio = audio[cut:]
    return [*parts, audio]


def _joined(hypotheses: Sequence[_Hypothesis]) -> Transcript:
    """Join what is believed of the parts of one segment, weighting confidence by tokens."""
    encoded = np.concatenate([hypothesis.encoded for hypothesis in hypotheses])
    believed = [hypothesis for hypothesis in hypotheses if hypothesis.reason is None]
    if not believed:
        return Transcript("", 0.0, hypotheses[0].reason, encoded)
    tokens = sum(hypothesis.tokens + 1 for hypothesis in believed)
    total = sum(hypothesis.log_probability * (hypothesis.tokens + 1) for hypothesis in believed)
    text = " ".join(hypothesis.text for hypothesis in believed)
    return Transcript(text, math.exp(min(0.0, total / tokens)), None, encoded)
