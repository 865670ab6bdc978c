"""The pipeline from samples to labels: items in, outcomes out.

    Segmenter - VoiceStage ------------ Fusion - Label, SegmentResult
              + WordsWanted, WordsCome -+
    BioStage ---------------------------+

There is no clock in here and no thread: what comes out is a function of the items alone. Whatever depends on the time
at which something arrives is an item itself (`realtime.arrivals`).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from devices.block import Away, Block, Command, DeviceState, Gap, SensorNotice, known_until
from devices.source import About, Utterance
from models.bundle import Bundle
from models.scores import MODALITIES, Modality, Scores
from realtime.accounts import Account
from realtime.arrivals import Behind, Ended, Item, WordsCome, WordsLate, WordsWanted
from realtime.body import BODY_STREAMS, BioStage
from realtime.body_quality import BodyOptions
from realtime.fusion import Fusion, Label, SegmentResult, SegmentScores
from realtime.reasons import Why
from realtime.reference import reference
from realtime.segment_voice import both_voices
from realtime.segmenter import Segment, Segmenter, SegmenterOptions, SpeechEvent
from realtime.steady import Steady, SteadyOptions
from realtime.voice import VoiceOptions, VoiceStage
from realtime.vote import RollingVote, VoteOptions
from realtime.words import Spoken, no_words

ALLOWANCE_S = 0.5
"""Seconds of session time after which a transcript or a bio window counts in the vote: long enough for Whisper on most
segments, so that at real-time speed nothing waits, and the same at any speed, so that every replay votes alike"""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """Every setting of the pipeline, with its default."""

    speech: SegmenterOptions = field(default_factory=SegmenterOptions)
    voice: VoiceOptions = field(default_factory=VoiceOptions)
    body: BodyOptions = field(default_factory=BodyOptions)
    vote: VoteOptions = field(default_factory=VoteOptions)
    label: SteadyOptions = field(default_factory=SteadyOptions)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know."""

    t: float
    text: str


@dataclass(slots=True, eq=False)
class _Waiting:
    """A segment whose words are being worked on."""

    at: float
    segment: Segment
    voice: Scores
    late: bool = False


Decision = Label | SegmentResult | Gap
Outcome = Decision | Notice | DeviceState | Command | WordsWanted


class Pipeline:
    """Items of one session in, outcomes out.

    Parameters
    ----------
    source
        What is heard and felt: its streams, and what is known about it.
    bundle
        The models; a modality without a model is absent from the vote, with the reason.
    without_words
        Why segments have no words; None when somebody answers what is wanted with `WordsCome`.
    since
        Session time before which there is nothing, seconds.
    scored
        Called with what the models made of an item, before the vote.
    """

    def __init__(
        self,
        source: About,
        bundle: Bundle,
        options: SessionOptions,
        without_words: str | None,
        since: float = 0.0,
        scored: Callable[[Sequence[Scores]], None] = lambda _made: None,
    ) -> None:
        self._source = source
        self._hears = "audio" in source.rates
        body = {stream for stream in source.rates if stream in BODY_STREAMS}
        self.segmenter = Segmenter(options.speech)
        self.voice = VoiceStage(bundle.models.get("voice"), options.voice)
        self.body = BioStage(bundle.models.get("bio"), body, options.body, bundle.known)
        absent = _absent(source, bundle, body, without_words)
        self.without_words = absent.get("text")
        """Why segments have no words; None when they are transcribed"""
        weights = {one: model.weight for one, model in bundle.models.items() if one not in absent}
        vote, steady = RollingVote(weights, options.vote, absent), Steady(bundle.labels, options.label)
        self.fusion = Fusion(vote, steady, frozenset(body), since=since)
        self.now = since
        """Session time of the newest sample, seconds"""
        self.ended = False
        self._scored = scored
        self._made: list[Scores] = []
        self._scores: Counter[str] = Counter()
        self._wanted = self._worded = 0
        self._wordless: Counter[str] = Counter()
        self._waiting: dict[int, _Waiting] = {}
        self._told: str | None = None
        self._away: set[str] = set()

    def accounts(self) -> list[Account]:
        """Windows and words: what there was to do, and what came of it."""
        return [
            Account("voice windows", self.voice.due, self._scores["voice"], _too_slow(self.voice.skipped)),
            Account("body windows", self.body.due, self._scores["bio"], _too_slow(self.body.skipped)),
            Account("words", self._wanted, self._worded, dict(self._wordless), len(self._waiting)),
        ]

    @property
    def waiting(self) -> int:
        """Segments whose words are being worked on; from any thread."""
        return len(self._waiting)

    @property
    def heard_until(self) -> float:
        """Session time up to which the streams have been scored, seconds; words may be missing still."""
        times = []
        if self._hears:
            times.append(self.segmenter.progress)
        if self.body.streams:
            times.append(self.body.progress + ALLOWANCE_S)
        until = min(times, default=math.inf)
        return until if until < math.inf else self.now  # every stream is away: time itself goes on

    @property
    def _certain_until(self) -> float:
        """Session time up to which labels are made: nothing more is expected before it."""
        words = (math.nextafter(one.at, -math.inf) for one in self._waiting.values() if not one.late)
        return min(self.heard_until, *words, math.inf)

    def push(self, item: Item) -> Iterator[Outcome]:
        """Take the next item; every outcome that it makes certain."""
        match item:
            case SensorNotice():
                yield Notice(item.t, item.text)
            case DeviceState():
                yield item
            case Block() | Gap() | Away():
                yield from self._hear(item)
            case Command():
                self.fusion.push(item, at=item.t)
                yield item
            case WordsCome():
                self._take_words(item.number, item.spoken)
            case WordsLate():
                self._do_without(item.number)
            case Behind():
                yield from self._fall_behind(item.on)
            case Ended():
                yield from self._end()
        self._scored(self._made)
        if self._made:
            self._scores.update(one.modality for one in self._made)
            self._made.clear()
        yield from self._decided(self.fusion.advance(self._certain_until))

    def finish(self) -> Iterator[Outcome]:
        """What is left when no more words come."""
        for number, one in list(self._waiting.items()):
            self._take_words(number, no_words(one.segment, "its words never came"))
        yield from self._decided(self.fusion.finish(self.now))

    def _hear(self, event: Block | Gap | Away) -> Iterator[Outcome]:
        self.now = max(self.now, known_until(event))
        of_body = event.stream in BODY_STREAMS
        if isinstance(event, Gap):
            self.fusion.push(event, at=self._counts_from(event) + (ALLOWANCE_S if of_body else 0.0))
        if of_body:
            self._feel(self.body.push(event))
        elif event.stream == "audio":
            yield from self._listen(self.segmenter.push(event))
        if event.stream != "audio":
            yield from self._listen(self.segmenter.advance(self.now))

    def _counts_from(self, gap: Gap) -> float:
        """Session time from which labels know of a gap: of a live stream's when it was noticed, and when it ended."""
        if gap.duration is None:
            self._away.add(gap.stream)
            return max(gap.time, self.now)
        if gap.stream in self._away:
            self._away.remove(gap.stream)
            return gap.time + gap.duration
        return gap.time

    def _end(self) -> Iterator[Outcome]:
        self.ended = True
        yield from self._listen(self.segmenter.flush())
        self._feel(self.body.flush())

    def _listen(self, heard: list[SpeechEvent]) -> Iterator[WordsWanted]:
        for one in self.voice.push(heard):
            self._made.append(one)
            self.fusion.push(one, at=one.end)
        for segment in heard:
            if isinstance(segment, Segment):
                yield from self._close(segment)

    def _close(self, segment: Segment) -> Iterator[WordsWanted]:
        self.fusion.push(self.voice.last_window(segment), at=segment.closed_at)
        number, self._wanted = segment.index, self._wanted + 1
        voice = self.voice.segment_scores(segment)
        self._waiting[number] = _Waiting(segment.closed_at + ALLOWANCE_S, segment, voice)
        if self.without_words is None:
            yield WordsWanted(number, segment)
        else:
            self._take_words(number, no_words(segment, self.without_words))

    def _feel(self, scores: list[Scores]) -> None:
        for one in scores:
            self._made.append(one)
            self.fusion.push(one, at=one.end + ALLOWANCE_S)

    def _fall_behind(self, on: bool) -> Iterator[Notice]:
        self.voice.skipping = self.body.skipping = on
        if on:
            yield Notice(self.now, "the computer is too slow: windows are left out until it catches up")

    def _do_without(self, number: int) -> None:
        if number in self._waiting:
            self._waiting[number].late = True

    def _take_words(self, number: int, spoken: Spoken) -> None:
        """Hand a segment to the fusion, now that its words are known; a recording with holes may tell of others."""
        one = self._waiting.pop(number, None)
        if one is None:
            return
        if spoken.transcript.reason is None:
            self._worded += 1
        else:
            self._wordless[spoken.transcript.reason] += 1
        about = reference(self._source.utterances, one.segment.start, one.segment.end)
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
        person = self._source.person
        if about is None or person is None or about.speaker in (None, person):
            return None
        return f"sensors on {person}, {about.speaker} speaks"

    def _decided(self, decisions: Iterator[Decision]) -> Iterator[Decision | Notice]:
        for one in decisions:
            yield one
            if isinstance(one, SegmentResult):
                yield from self._new_notice(one.scored)

    def _new_notice(self, scored: SegmentScores) -> Iterator[Notice]:
        """Tell once what there is to know about how segments are scored."""
        if scored.notice is not None and scored.notice != self._told:
            self._told = scored.notice
            yield Notice(scored.segment.closed_at, scored.notice)


def _too_slow(skipped: int) -> dict[str, int]:
    return {"computer too slow": skipped} if skipped else {}


def _absent(source: About, bundle: Bundle, body: set[str], without_words: str | None) -> dict[Modality, str]:
    absent: dict[Modality, str] = {}
    if not body:
        absent["bio"] = Why.NO_SENSOR
    if without_words is not None:
        absent["text"] = without_words
    if "audio" not in source.rates:
        absent |= dict.fromkeys(("voice", "text"), Why.NO_MICROPHONE)
    missing = set(MODALITIES) - bundle.models.keys()
    return dict.fromkeys(missing, Why.NO_MODEL) | absent
