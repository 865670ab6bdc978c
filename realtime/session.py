"""One session: the source's events and whatever else happens go through the pipeline, in one thread.

    Source - Pacer - Pipeline - messages
                       |   ^
                       Desk (words, one worker)

The pipeline decides by the items alone; here is all that looks at a clock: when labels wait no longer for words, when
windows are left out because the computer is behind, and how old everything is.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from devices.backlog import TOO_SLOW
from devices.block import Block, Command, DeviceState
from devices.source import About, SourceError
from models.bundle import Bundle
from models.scores import Scores
from realtime.accounts import Account
from realtime.arrivals import Arrival, Behind, Ended, Item, WordsWanted
from realtime.controls import Controls
from realtime.desk import Desk, PatientDesk, PromptDesk, ToldDesk
from realtime.fusion import Label, SegmentResult
from realtime.latency import Ages, Latencies
from realtime.meter import Meter, loudness
from realtime.pacing import LOOK_S, Pacer
from realtime.pipeline import Decision, Notice, Outcome, Pipeline, SessionOptions
from realtime.words import Words

__all__ = ["Message", "Notice", "Opening", "Session", "SessionOptions"]

MAX_AGE_S = 2.0
"""Labels of a live session must not be older, seconds"""
LEAVE_S = 1.0
"""Who ends a session waits no longer for words, seconds"""


@dataclass(frozen=True, slots=True)
class Opening:
    """The session begins."""

    source: str
    bundle: str
    labels: tuple[str, ...]
    duration: float | None
    synthetic: bool


Message = Opening | Notice | DeviceState | Command | Decision


class Tap(Protocol):
    """Somebody who is told of everything that goes into a session and comes out of it."""

    @property
    def badge(self) -> str:
        """What the screen must always show of it; empty for nothing."""
        ...

    def item(self, item: Item) -> None:
        """Take what the pipeline takes next."""
        ...

    def message(self, message: Message) -> None:
        """Take what the session says next."""
        ...

    def news(self, *, finished: bool) -> str | None:
        """Say what people should know of it, once."""
        ...


class Flow(About, Protocol):
    """A source, or a recording that also tells what came when."""

    def events(self) -> Iterator[Item]:
        """Everything that comes, in order."""
        ...


class Session:
    """The pipeline from the events of one source to labels.

    Parameters
    ----------
    source
        What is heard and felt.
    bundle
        The models; a modality without a model is absent from the vote, with the reason.
    words
        Transcribes and scores segments, or takes them where their words come from elsewhere; or why there are none.
    max_age_s
        Of the labels of a live session, seconds.
    waited_s
        How long the newest event of a live source has waited for us, seconds; None for a recording, which waits.
    delivery
        Samples of a live source by stream: those that came, those left out, those that wait.
    controls
        What the people before it ask for.
    taps
        Told of every item before the pipeline takes it, and of every message.
    """

    def __init__(
        self,
        source: Flow,
        bundle: Bundle,
        words: Words | Desk | str,
        pacer: Pacer,
        options: SessionOptions | None = None,
        max_age_s: float = MAX_AGE_S,
        waited_s: Callable[[], float] | None = None,
        delivery: Callable[[], Mapping[str, tuple[int, int, int]]] = dict,
        controls: Controls | None = None,
        taps: Sequence[Tap] = (),
    ) -> None:
        self.source, self.bundle, self.pacer = source, bundle, pacer
        no_words = words if isinstance(words, str) else None
        self.pipeline = Pipeline(source, bundle, options or SessionOptions(), no_words, pacer.since, self._scored)
        self.desk = _desk(words, pacer, max_age_s)
        self.controls = controls or Controls(pacer)
        self.latencies, self.ages = Latencies(), Ages(pacer)
        self.loudness, self.conductance = Meter(0.2), Meter(1.0)
        self.finished = False
        self._max_age_s = max_age_s
        self._waited_s = waited_s
        self._delivery = delivery
        self._taken: Counter[str] = Counter()
        self._behind = False
        self._taps = taps

    @property
    def now(self) -> float:
        """Session time of the newest sample, seconds."""
        return self.pipeline.now

    @property
    def no_words(self) -> str | None:
        """Why segments have no words; None when they are transcribed."""
        return self.pipeline.without_words

    def accounts(self) -> list[Account]:
        """Where everything went, stage by stage; each must balance."""
        return [*(self._stream(stream) for stream in sorted(self._taken)), *self.pipeline.accounts()]

    def _stream(self, stream: str) -> Account:
        """The samples of one stream, from its device to the models."""
        taken = self._taken[stream]
        came, left_out, waits = self._delivery().get(stream, (taken, 0, 0))
        ear = self.pipeline.segmenter
        done, queued = (ear.judged, ear.waiting) if stream == "audio" else (taken, 0)
        return Account(f"{stream} samples", came, done, {TOO_SLOW: left_out} if left_out else {}, queued + waits)

    @property
    def badges(self) -> tuple[str, ...]:
        """What the screen must always show."""
        return tuple(tap.badge for tap in self._taps if tap.badge)

    @property
    def transcribing(self) -> bool:
        """Whether a segment's words are being worked on."""
        return self.pipeline.waiting > 0

    def run(self) -> Iterator[Message]:
        """Every message of the session, in order; ends with the source.

        Raises
        ------
        SourceError
            When the source broke on the way, after everything heard until then has been yielded.
        """
        for message in self._run():
            for tap in self._taps:
                tap.message(message)
            yield message

    def _run(self) -> Iterator[Message]:
        yield Opening(
            self.source.name, self.bundle.identity, self.bundle.labels, self.source.duration, self.source.synthetic
        )
        known = list(self.source.notices())
        yield from (Notice(0.0, text) for text in known)
        broken: SourceError | None = None
        try:
            for item in self.pacer.follow(self.source.events()):
                yield from self._take(item)
        except SourceError as error:
            broken = error
        yield from self._finish()
        yield from (Notice(self.now, text) for text in self.source.notices()[len(known) :])
        yield from self._news(finished=True)
        self.finished = True
        if broken:
            raise broken

    def _take(self, item: Item) -> Iterator[Message]:
        """Push what has come, and what follows from the time at which it has."""
        for command in self.controls.commands(self.now):
            yield from self._push(command)
        yield from self._news()
        if isinstance(item, Block):
            self._taken[item.stream] += len(item.values)
            yield from self._catch_up()
            if item.stream == "audio":
                self.loudness.add(item.time, loudness(item.values))
        yield from self._push(item)
        for arrival in self.desk.come():
            yield from self._push(arrival)

    def _catch_up(self) -> Iterator[Message]:
        """Leave windows out from the moment at which samples are taken too late until they are taken in time again."""
        limit = self._max_age_s / (4 if self._behind else 2)
        if self._waited_s and (self._waited_s() > limit) != self._behind:
            self._behind = not self._behind
            yield from self._push(Behind(self._behind))

    def _finish(self) -> Iterator[Message]:
        for command in self.controls.commands(self.now):
            yield from self._push(command)
        if not self.pipeline.ended:
            yield from self._push(Ended())
        for arrival in self._rest():
            yield from self._push(arrival)
        yield from self._told(self.pipeline.finish())

    def _rest(self) -> Iterator[Arrival]:
        """Words that are still to come; where somebody ends the session, those of the next moment."""
        if not self.pacer.stopped:
            yield from self.desk.rest()
        end = self.pacer.clock() + LEAVE_S
        while self.pipeline.waiting and self.pacer.stopped and self.pacer.clock() < end:
            yield from self.desk.come()
            self.pacer.sleep(LOOK_S)

    def _news(self, *, finished: bool = False) -> Iterator[Notice]:
        news = (tap.news(finished=finished) for tap in self._taps)
        yield from (Notice(self.now, text) for text in news if text)

    def _push(self, item: Item) -> Iterator[Message]:
        for tap in self._taps:
            tap.item(item)
        self.ages.begin()
        yield from self._told(self.pipeline.push(item))

    def _told(self, outcomes: Iterator[Outcome]) -> Iterator[Message]:
        """Pass outcomes on, each with how late it comes; orders for words go to the desk."""
        for one in outcomes:
            match one:
                case WordsWanted():
                    self.desk.take(one)
                case Label():
                    known = min(one.t, self.now)  # without sound, a label's moment may be still to come
                    self.latencies.add("label", self.pacer.latency_ms(known))
                    yield replace(one, latency_ms=self.ages.count(one.t, one.ballot, known))
                case SegmentResult():
                    yield replace(one, latency_ms=self._segment_latency(one))
                case _:
                    yield one

    def _scored(self, made: Sequence[Scores]) -> None:
        self.ages.scored(self.pipeline.heard_until)
        for one in made:
            if one.modality == "voice":
                self.latencies.add("voice", self.pacer.latency_ms(one.end))
            elif self.pipeline.body.facts.eda is not None:
                self.conductance.add(one.end, self.pipeline.body.facts.eda)

    def _segment_latency(self, result: SegmentResult) -> dict[str, float]:
        segment, transcribed_ms = result.scored.segment, result.scored.transcribed_ms
        shown = self.pacer.latency_ms(segment.closed_at)
        if self.no_words is None:
            self.latencies.add("transcript", transcribed_ms)
        self.latencies.add("segment", shown)
        return {"closing": (segment.closed_at - segment.end) * 1000.0, "transcript": transcribed_ms, "segment": shown}


def _desk(words: Words | Desk | str, pacer: Pacer, max_age_s: float) -> Desk:
    if isinstance(words, str):
        return ToldDesk()
    if not isinstance(words, Words):
        return words
    return PromptDesk(words, pacer, max_age_s) if pacer.live else PatientDesk(words)
