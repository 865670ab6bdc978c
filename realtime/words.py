"""The words of a segment: one worker that transcribes it and scores the text, while voice and body go on."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from devices.source import Utterance
from models.bundle import Model
from models.features.text import EmptyText, text_features
from models.scores import Scores
from realtime.reference import spoken_in
from realtime.segmenter import Segment
from realtime.whisper import Transcript, Whisper, WhisperError, load_whisper

Transcribe = Callable[[Segment], Transcript]


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """A segment's transcript and what its words say."""

    transcript: Transcript
    scores: Scores
    took_s: float
    """Wall time of transcription and scoring, seconds"""


def score_text(segment: Segment, transcript: Transcript, model: Model) -> Scores:
    """Scores of a transcript; the transcript's own reason, or that of the text filter, when there are none."""
    if transcript.reason is not None:
        return Scores("text", segment.start, segment.end, None, 0.0, transcript.reason)
    try:
        ids = text_features(transcript.text, model.feature_parameters)
    except EmptyText as empty:
        return Scores("text", segment.start, segment.end, None, 0.0, str(empty))
    return Scores("text", segment.start, segment.end, model.predict(ids), transcript.confidence)


def given_transcripts(utterances: Sequence[Utterance]) -> Transcribe:
    """Transcripts from a recording's own texts, of all utterances that a segment is about (see `spoken_in`)."""

    def transcribe(segment: Segment) -> Transcript:
        texts = [one.text for one in spoken_in(utterances, segment.start, segment.end) if one.text]
        return Transcript(" ".join(texts), 1.0) if texts else Transcript("", 0.0, "the recording gives no text here")

    return transcribe


class WhisperTranscripts:
    """Transcripts by Whisper, loaded by the first call, in the worker, so that nobody else waits for it.

    Weights that cannot be used give every segment the reason instead of its words.
    """

    def __init__(self, weights: str, language: str, threads: int) -> None:
        self._load = partial(load_whisper, weights, language, threads)
        self._whisper: Whisper | None = None
        self._refused: Transcript | None = None

    def load(self) -> None:
        """Load the model now, once."""
        if self._whisper is not None or self._refused is not None:
            return
        try:
            self._whisper = self._load()
        except WhisperError as error:
            self._refused = Transcript("", 0.0, str(error))

    def __call__(self, segment: Segment) -> Transcript:
        """Transcribe a segment."""
        self.load()
        return self._whisper.transcribe(segment.audio) if self._whisper else self._refused or Transcript("", 0.0, "")


class Words:
    """Segments in, futures of their words out; one worker thread, in order."""

    def __init__(self, transcribe: Transcribe, model: Model) -> None:
        self._transcribe = transcribe
        self._model = model
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="words")
        if isinstance(transcribe, WhisperTranscripts):
            self._worker.submit(transcribe.load)  # while the first people are still speaking

    def submit(self, segment: Segment) -> Future[Spoken]:
        """Queue a segment."""
        return self._worker.submit(self._work, segment)

    def _work(self, segment: Segment) -> Spoken:
        began = time.monotonic()
        transcript = self._transcribe(segment)
        return Spoken(transcript, score_text(segment, transcript, self._model), time.monotonic() - began)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)
