"""One session: events of a source in, labels and segment results out.

    Source - Pacer - Segmenter - VoiceStage ----------- Fusion - Label, SegmentResult
                   |           + Words (one worker) --+
                   + BioStage ------------------------+

Everything here runs in the caller's thread, except the words. What is yielded depends on the data alone: not on the
speed, the chunk sizes or the time that Whisper takes.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from devices.block import Away, Block, Command, Event, Gap, SensorNotice
from devices.source import Source, SourceError, Utterance
from models.bundle import Bundle
from models.scores import MODALITIES, Modality, Scores
from realtime.body import BODY_STREAMS, BioStage
from realtime.fusion import Fusion, Label, SegmentResult, SegmentScores
from realtime.latency import Latencies
from realtime.meter import Meter, loudness
from realtime.pacing import Pacer
from realtime.reference import reference
from realtime.segment_voice import both_voices
from realtime.segmenter import Segment, Segmenter, SegmenterOptions, SpeechEvent
from realtime.steady import Steady, SteadyOptions
from realtime.voice import VoiceOptions, VoiceStage
from realtime.vote import RollingVote, VoteOptions
from realtime.whisper import Transcript
from realtime.words import Spoken, Words

ALLOWANCE_S = 0.5
"""Seconds of session time after which a transcript or a bio window counts in the vote: long enough for Whisper on most
segments, so that at real-time speed nothing waits, and the same at any speed, so that every replay votes alike"""

MOST_WAITING = 4
"""Segments in front of Whisper at which a replay stops reading: memory stays bounded, and nothing is dropped"""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """Every setting of the pipeline, with its default."""

    speech: SegmenterOptions = field(default_factory=SegmenterOptions)
    voice: VoiceOptions = field(default_factory=VoiceOptions)
    vote: VoteOptions = field(default_factory=VoteOptions)
    label: SteadyOptions = field(default_factory=SteadyOptions)


@dataclass(frozen=True, slots=True)
class Opening:
    """The session begins."""

    source: str
    bundle: str
    labels: tuple[str, ...]
    duration: float | None
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know."""

    t: float
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A segment whose words are being worked on."""

    at: float
    segment: Segment
    voice: Scores
    spoken: Future[Spoken] | None


Decision = Label | SegmentResult | Gap
Message = Opening | Notice | Decision


class Session:
    """The pipeline from the events of one source to labels.

    Parameters
    ----------
    source
        What is heard and felt.
    bundle
        The models; a modality without a model is absent from the vote, with the reason.
    words
        Transcribes and scores segments; None leaves text out, for the reason `no_words`.
    """

    def __init__(
        self,
        source: Source,
        bundle: Bundle,
        words: Words | None,
        pacer: Pacer,
        options: SessionOptions | None = None,
        no_words: str = "transcripts are off",
    ) -> None:
        options = options or SessionOptions()
        self.source, self.bundle, self.pacer = source, bundle, pacer
        self._words = words
        body = {stream for stream in source.rates if stream in BODY_STREAMS}
        self.segmenter = Segmenter(options.speech)
        self.voice = VoiceStage(bundle.models.get("voice"), options.voice)
        self.body = BioStage(bundle.models.get("bio"), body)
        absent = self._absent(body, no_words)
        self.no_words = absent.get("text")
        """Why segments have no words; None when they are transcribed"""
        weights = {one: model.weight for one, model in bundle.models.items() if one not in absent}
        self.fusion = Fusion(RollingVote(weights, options.vote, absent), Steady(bundle.labels, options.label))
        self.latencies = Latencies()
        self.loudness, self.conductance = Meter(0.2), Meter(1.0)
        self.now = 0.0
        """Session time of the newest sample, seconds"""
        self.finished = False
        self._waiting: deque[_Waiting] = deque()
        self._told: str | None = None

    @property
    def transcribing(self) -> bool:
        """Whether a segment's words are being worked on."""
        return bool(self._waiting)

    def run(self) -> Iterator[Message]:
        """Every message of the session, in order; ends with the source.

        Raises
        ------
        SourceError
            When the source broke on the way, after everything heard until then has been yielded.
        """
        yield Opening(
            self.source.name, self.bundle.identity, self.bundle.labels, self.source.duration, self.source.synthetic
        )
        known = list(self.source.notices())
        yield from (Notice(0.0, text) for text in known)
        broken: SourceError | None = None
        try:
            for event in self.pacer.follow(self.source.events()):
                if isinstance(event, SensorNotice):
                    yield Notice(event.t, event.text)
                elif not isinstance(event, Command):
                    self._hear(event)
                yield from self._due()
        except SourceError as error:
            broken = error
        yield from self._finish()
        yield from (Notice(self.now, text) for text in self.source.notices()[len(known) :])
        self.finished = True
        if broken:
            raise broken

    def _absent(self, body: set[str], no_words: str) -> dict[Modality, str]:
        absent: dict[Modality, str] = {}
        if not body:
            absent["bio"] = "no sensor in this source"
        if self._words is None:
            absent["text"] = no_words
        if "audio" not in self.source.rates:
            absent |= dict.fromkeys(("voice", "text"), "no microphone in this source")
        missing = set(MODALITIES) - self.bundle.models.keys()
        return dict.fromkeys(missing, "the bundle has no model") | absent

    def _hear(self, event: Block | Gap | Away) -> None:
        self.now = max(self.now, known_until(event))
        of_body = event.stream in BODY_STREAMS
        if isinstance(event, Gap):
            self.fusion.push(event, at=event.time + (ALLOWANCE_S if of_body else 0.0))
        if of_body:
            self._feel(self.body.push(event))
        elif event.stream == "audio":
            if isinstance(event, Block):
                self.loudness.add(event.time, loudness(event.values))
            self._listen(self.segmenter.push(event))

    def _listen(self, heard: list[SpeechEvent]) -> None:
        for one in self.voice.push(heard):
            self.fusion.push(one, at=one.end)
            self.latencies.add("voice", self.pacer.latency_ms(one.end))
        for segment in heard:
            if isinstance(segment, Segment):
                self._score(segment)

    def _score(self, segment: Segment) -> None:
        self.fusion.push(self.voice.last_window(segment), at=segment.closed_at)
        future = self._words.submit(segment) if self._words else None
        waiting = _Waiting(segment.closed_at + ALLOWANCE_S, segment, self.voice.segment_scores(segment), future)
        self._waiting.append(waiting)

    def _feel(self, scores: list[Scores]) -> None:
        for one in scores:
            self.fusion.push(one, at=one.end + ALLOWANCE_S)
            if self.body.facts.eda is not None:
                self.conductance.add(one.end, self.body.facts.eda)

    def _due(self) -> Iterator[Decision | Notice]:
        while self._waiting and (len(self._waiting) > MOST_WAITING or self._first_is_done()):
            self._collect()
        yield from self._timed(self.fusion.advance(self._known_until()))

    def _timed(self, decisions: Iterable[Decision]) -> Iterator[Decision | Notice]:
        """Add to each decision how late it comes."""
        for one in decisions:
            match one:
                case Label():
                    self.latencies.add("label", self.pacer.latency_ms(one.t))
                    yield one
                case SegmentResult():
                    yield replace(one, latency_ms=self._segment_latency(one.scored))
                    yield from self._new_notice(one.scored)
                case Gap():
                    yield one

    def _new_notice(self, scored: SegmentScores) -> Iterator[Notice]:
        """Tell once what there is to know about how segments are scored."""
        if scored.notice is not None and scored.notice != self._told:
            self._told = scored.notice
            yield Notice(scored.segment.closed_at, scored.notice)

    def _segment_latency(self, scored: SegmentScores) -> dict[str, float]:
        closing = (scored.segment.closed_at - scored.segment.end) * 1000.0
        shown = self.pacer.latency_ms(scored.segment.closed_at)
        if self.no_words is None:
            self.latencies.add("transcript", scored.transcribed_ms)
        self.latencies.add("segment", shown)
        return {"closing": closing, "transcript": scored.transcribed_ms, "segment": shown}

    def _first_is_done(self) -> bool:
        spoken = self._waiting[0].spoken
        return spoken is None or spoken.done()

    def _collect(self) -> None:
        """Hand the oldest waiting segment to the fusion, waiting for its words if need be."""
        one = self._waiting.popleft()
        if one.spoken is None:
            silent = Scores("text", one.segment.start, one.segment.end, None, 0.0, self.no_words)
            spoken = Spoken(Transcript("", 0.0, self.no_words), silent, 0.0)
        else:
            spoken = one.spoken.result()
        about = reference(self.source.utterances, one.segment.start, one.segment.end)
        scored = SegmentScores(
            segment=one.segment,
            voice=both_voices(one.voice, spoken.voice),
            text=spoken.scores,
            transcript=spoken.transcript,
            reference=about,
            no_body=self._other_body(about),
            voice_heard_anew=spoken.voice is not None,
            notice=spoken.notice,
            transcribed_ms=spoken.took_s * 1000.0,
        )
        self.fusion.push(scored, at=one.at)

    def _other_body(self, about: Utterance | None) -> str | None:
        """Return why the sensors say nothing about who speaks: in a dialogue, one person wears them."""
        person = self.source.person
        if about is None or person is None or about.speaker in (None, person):
            return None
        return f"sensors on {person}, {about.speaker} speaks"

    def _known_until(self) -> float:
        """Return the session time up to which nothing more can be pushed into the fusion."""
        times = []
        if "audio" in self.source.rates:
            times.append(self.segmenter.progress)
        if self.body.streams:
            times.append(self.body.progress + ALLOWANCE_S)
        if self._waiting:
            times.append(math.nextafter(self._waiting[0].at, -math.inf))
        until = min(times, default=math.inf)
        return until if until < math.inf else self.now  # every stream is away: time itself goes on

    def _finish(self) -> Iterator[Decision | Notice]:
        self._listen(self.segmenter.flush())
        self._feel(self.body.flush())
        while self._waiting:
            self._collect()
            yield from self._timed(self.fusion.advance(self._known_until()))
        yield from self._timed(self.fusion.finish(self.now))


def known_until(event: Event) -> float:
    """Session time up to which an event tells about its stream, seconds."""
    match event:
        case Block():
            return event.end
        case Gap():
            return event.time + (event.duration or 0.0)
        case Away():
            return event.until
        case SensorNotice() | Command():
            return event.t
