"""The words of a segment: one worker that transcribes it and scores the text, while voice and body go on.

Where Whisper transcribes, the voice of the whole segment is scored here as well, from the same encoding.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Self

from devices.source import Utterance
from models.bundle import Model
from models.features.text import EmptyText
from models.scores import Scores
from realtime.reference import spoken_in
from realtime.segment_voice import SegmentVoice
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
    voice: Scores | None = None
    """What Whisper's encoder says about the voice; None when it was not asked"""
    notice: str | None = None
    """What the user should know about how segments are scored"""


def no_words(segment: Segment, reason: str) -> Spoken:
    """A segment without words, and why."""
    silent = Scores("text", segment.start, segment.end, None, 0.0, reason)
    return Spoken(Transcript("", 0.0, reason), silent, 0.0)


def score_text(segment: Segment, transcript: Transcript, model: Model) -> Scores:
    """Scores of a transcript; the transcript's own reason, or that of the text filter, when there are none."""
    if transcript.reason is not None:
        return Scores("text", segment.start, segment.end, None, 0.0, transcript.reason)
    try:
        ids = model.features(transcript.text)
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

    def __init__(self, weights: str, language: str) -> None:
        self._load = partial(load_whisper, weights, language)
        self.whisper: Whisper | None = None
        """None before it is loaded, and when it cannot be"""
        self._refused: Transcript | None = None

    def load(self) -> None:
        """Load the model now, once."""
        if self.whisper is not None or self._refused is not None:
            return
        try:
            self.whisper = self._load()
        except WhisperError as error:
            self._refused = Transcript("", 0.0, str(error))

    def __call__(self, segment: Segment) -> Transcript:
        """Transcribe a segment."""
        self.load()
        return self.whisper.transcribe(segment.audio) if self.whisper else self._refused or Transcript("", 0.0, "")


class Words:
    """Segments in, futures of their words out; one worker thread, in order.

    Parameters
    ----------
    transcribe
        Gives a segment's words.
    model
        Scores them.
    voice
        Scores the voice of segments that Whisper transcribes.
    worker
        Does the work, one piece after the other, instead of a thread.
    clock
        Seconds, by which it is told how long it took.
    """

    def __init__(
        self,
        transcribe: Transcribe,
        model: Model,
        voice: SegmentVoice | None = None,
        worker: Executor | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transcribe = transcribe
        self._model = model
        self._voice = voice
        self._clock = clock
        self._worker = worker or ThreadPoolExecutor(max_workers=1, thread_name_prefix="words")
        if isinstance(transcribe, WhisperTranscripts):
            self._worker.submit(self._load, transcribe)  # while the first people are still speaking

    def submit(self, segment: Segment) -> Future[Spoken]:
        """Queue a segment."""
        return self._worker.submit(self._work, segment)

    def _work(self, segment: Segment) -> Spoken:
        began = self._clock()
        transcript = self._transcribe(segment)
        scores = score_text(segment, transcript, self._model)
        voice, notice = None, None
        if self._voice:
            voice, notice = self._voice.score(segment, transcript.encoded), self._voice.notice
        return Spoken(replace(transcript, encoded=None), scores, self._clock() - began, voice, notice)

    def _load(self, transcripts: WhisperTranscripts) -> None:
        transcripts.load()
        if self._voice and transcripts.whisper:
            self._voice.check(transcripts.whisper.encoder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)
