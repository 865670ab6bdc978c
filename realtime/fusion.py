"""Event-time merge of all modalities into rolling labels and segment results.

Scores come from stages that run at their own pace, transcripts from a worker that may be late. Each carries the session
time from which it may count; the fusion handles them in that order and no other, and never passes the time up to which
everything is known. So speed, chunk sizes and the scheduler cannot change a label.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from devices.block import Command, Gap
from devices.source import Utterance
from models.scores import LABELS, MODALITIES, Scores
from realtime.reasons import Why
from realtime.segmenter import Segment
from realtime.snapshot import State
from realtime.steady import Steady
from realtime.vote import Ballot, RollingVote, segment_vote
from realtime.whisper import Transcript


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """The rolling emotion at one moment."""

    t: float
    label: str | None
    """None when abstaining"""
    state: State
    ballot: Ballot
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    """Where its age comes from, in milliseconds (see `realtime.latency.Ages`)"""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentScores:
    """What voice and words say about one finished segment."""

    segment: Segment
    voice: Scores
    text: Scores
    transcript: Transcript
    reference: Utterance | None = None
    """What the recording says about the segment, if it says anything"""
    no_body: str | None = None
    """Why the body must not vote on this segment, if it must not"""
    voice_heard_anew: bool = False
    """Whether `voice` knows more than the windows that have voted already"""
    notice: str | None = None
    """What the user should know about how segments are scored"""
    transcribed_ms: float = 0.0
    """Milliseconds of wall time that the transcript took"""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentResult:
    """One utterance, finished: its words and its label."""

    scored: SegmentScores
    ballot: Ballot
    label: str | None
    """None when no modality could score it"""
    latency_ms: Mapping[str, float] = field(default_factory=dict)
    """How long each part took, in milliseconds"""


Timed = Scores | SegmentScores | Gap | Command


def _rank(item: Timed) -> str:
    match item:
        case Command():
            return "0"
        case Gap():
            return f"0 {item.stream}"
        case Scores():
            return f"1 {item.modality}"
        case SegmentScores():
            return "2"


@dataclass(slots=True)
class Fusion:
    """Scores with the time from which they count in; labels every `hop_s` and segment results out, in event order.

    Gaps pass through at their own time. A modality fades while all of its streams are away, and counts nothing while it
    is muted: commands `mute` and `unmute` name it.
    """

    vote: RollingVote
    steady: Steady
    body: frozenset[str] = frozenset()
    """Streams of the body's sensors; audio is that of voice and words"""
    hop_s: float = 0.5
    since: float = 0.0
    """Session time before which there is no label, seconds"""
    _agenda: list[tuple[float, str, int, Timed]] = field(default_factory=list)
    _away: set[str] = field(default_factory=set)
    _pushed: int = 0
    _ticks: int = 0

    def __post_init__(self) -> None:
        self._ticks = int(self.since // self.hop_s) + 1

    def push(self, item: Timed, at: float) -> None:
        """Let `item` count from session time `at`; where labels have gone past it already, from the next one on.

        Of a recording nothing comes after its time; a live device may be late.
        Items of one time are taken in the order of their kinds (commands, gaps, body, voice, segments with their
        words), and those of one kind in the order in which they were pushed.
        """
        self._pushed += 1
        heapq.heappush(self._agenda, (at, _rank(item), self._pushed, item))

    def advance(self, to: float) -> Iterator[Label | SegmentResult | Gap]:
        """Everything due up to session time `to`, the time up to which nothing more is expected."""
        while (due := min(self._next_item(), self._next_tick())) <= to:
            if self._next_item() <= due:
                yield from self._take(heapq.heappop(self._agenda)[-1])
            else:
                self._ticks += 1
                yield self._label(due)

    def finish(self, end: float) -> Iterator[Label | SegmentResult | Gap]:
        """Everything that is left: labels up to `end`, and results that count from later on."""
        yield from self.advance(end)
        while self._agenda:
            yield from self._take(heapq.heappop(self._agenda)[-1])

    def _next_item(self) -> float:
        return self._agenda[0][0] if self._agenda else float("inf")

    def _next_tick(self) -> float:
        return self._ticks * self.hop_s

    def _take(self, item: Timed) -> Iterator[SegmentResult | Gap]:
        match item:
            case Scores():
                self.vote.push(item)
            case SegmentScores():
                self.vote.push(item.text)
                self._hear_anew(item)
                yield self._segment_result(item)
            case Gap():
                self._connect(item)
                yield item
            case Command():
                self._obey(item)

    def _connect(self, gap: Gap) -> None:
        """Tell the vote which modalities have lost all their streams, and which have one again."""
        if gap.duration is None:
            self._away.add(gap.stream)
        else:
            self._away.discard(gap.stream)
        for modality in MODALITIES:
            streams = self.body if modality == "bio" else frozenset({"audio"})
            if gap.stream in streams and gap.duration is None and streams <= self._away:
                self.vote.lose(modality, gap.time, gap.reason)
            elif gap.stream in streams and gap.duration is not None:
                self.vote.regain(modality, gap.time + gap.duration)

    def _obey(self, command: Command) -> None:
        """Mute or unmute the modality that is named; other commands are not for the vote."""
        named = {modality for modality in MODALITIES if modality == command.value}
        if command.action == "mute":
            self.vote.muted |= named
        elif command.action == "unmute":
            self.vote.muted -= named

    def _hear_anew(self, item: SegmentScores) -> None:
        """Let a segment's voice take the place of its windows', unless somebody speaks on already."""
        newest = self.vote.newest("voice")
        if item.voice_heard_anew and (newest is None or newest.end <= item.segment.end):
            self.vote.push(item.voice)

    def _segment_result(self, item: SegmentScores) -> SegmentResult:
        given = (item.voice, item.text, self._body(item))
        heard = {one.modality: self._unless_muted(one) for one in given}
        ballot = segment_vote(heard, item.segment.closed_at, self.vote.weights)
        winner = None if ballot.probabilities is None else LABELS[int(np.argmax(ballot.probabilities))]
        return SegmentResult(item, ballot, winner)

    def _body(self, item: SegmentScores) -> Scores:
        """Return the newest bio scores, if the body may vote and their window covers a part of the segment."""
        segment, newest = item.segment, self.vote.newest("bio")
        if newest is not None and newest.end > segment.start and item.no_body is None:
            return newest
        others = Why.OTHER_PERSON.because(item.no_body) if item.no_body else None
        return Scores("bio", segment.start, segment.end, None, 0.0, others or self.vote.why("bio") or Why.NO_DATA)

    def _unless_muted(self, scores: Scores) -> Scores:
        if scores.modality not in self.vote.muted:
            return scores
        return Scores(scores.modality, scores.start, scores.end, None, 0.0, Why.MUTED)

    def _label(self, t: float) -> Label:
        ballot = self.vote.at(t)
        label, state = self.steady.push(t, ballot.probabilities)
        return Label(t, label, state, ballot)
