"""What the screen shows of a running session: messages in, an immutable snapshot out at any moment.

The pipeline's thread calls `take`, the screen's thread `snapshot`. Lists only grow and values are replaced whole, so
the reader needs no lock and the writer never waits for the screen.
"""

import math
from collections import deque

from devices.block import Command, Gap
from devices.live import states_of
from models.scores import MODALITIES, Modality
from realtime.fusion import Label, SegmentResult
from realtime.keys import HELP, REPLAY_HELP, Keys
from realtime.losses import loss
from realtime.reference import truth_at
from realtime.session import Message, Notice, Session
from realtime.snapshot import Lane, Moment, Snapshot, SpokenLine
from realtime.vote import Vote

_LINES = 50
_NOTICES = 20
_MOMENTS = 8192
"""Of the past that are drawn: an hour in full; then the older half is thinned out, which no screen is wide enough to
show"""


_TOLD = {"mute": "muted", "unmute": "heard again:", "mark": "marked", "correct": "corrected to", "snapshot": ""}
"""How a command is told of, by its action; others show by themselves"""


class View:
    """The state of one session as the dashboard wants it."""

    def __init__(self, session: Session, keys: Keys | None = None) -> None:
        self._session, self._keys = session, keys
        self._made = self._pictured = self._drawn = -math.inf  # when the newest label was made, pictured, drawn
        self._label: Label | None = None
        self._timeline: list[Moment] = []
        self._lines: deque[SpokenLine] = deque(maxlen=_LINES)
        self._notices: deque[str] = deque(maxlen=_NOTICES)
        self._segments = self._judged = self._correct = self._lost = 0
        self._confidence: deque[float] = deque(maxlen=64)

    def take(self, message: Message) -> None:
        """Remember what a message says."""
        match message:
            case Label():
                self._label, self._made = message, self._session.pacer.clock()
                truth = truth_at(self._session.source.utterances, message.t)
                self._remember(Moment(message.t, message.label, truth))
            case SegmentResult():
                self._take_segment(message)
            case Notice():
                self._notices.append(message.text)
            case Gap():
                self._lost += message.lost or 0
                if text := loss(message):
                    self._notices.append(text)
            case Command() if (text := _TOLD.get(message.action)) is not None:
                self._notices.append(f"{text} {message.value}".strip())
            case _:
                pass

    def _remember(self, moment: Moment) -> None:
        self._timeline.append(moment)
        if len(self._timeline) > _MOMENTS:
            half = _MOMENTS // 2
            self._timeline = [*self._timeline[:half:2], *self._timeline[half:]]

    def _take_segment(self, result: SegmentResult) -> None:
        scored = result.scored
        truth = scored.reference.label if scored.reference else None
        self._segments += 1
        self._judged += truth is not None
        self._correct += truth is not None and truth == result.label
        self._confidence.append(scored.transcript.confidence)
        transcript = scored.transcript
        line = SpokenLine(
            scored.segment.start, scored.segment.end, transcript.text, result.label, truth, transcript.reason
        )
        self._lines.append(line)

    def drawn(self) -> None:
        """Take that what was pictured last is on the screen now."""
        if self._pictured > self._drawn:
            self._drawn = self._pictured
            waited = self._session.pacer.clock() - self._pictured
            self._session.ages.taken.add("render", waited * 1000.0)

    def snapshot(self) -> Snapshot:
        """The session as it is now."""
        session, self._pictured, label = self._session, self._made, self._label
        probabilities = label.ballot.probabilities if label else None
        return Snapshot(
            source=session.source.name,
            bundle=session.bundle.name,
            labels=session.bundle.labels,
            t=session.now,
            duration=session.source.duration,
            speed=session.pacer.speed,
            lag=session.pacer.lag_s(session.now) if label and not session.pacer.paused else 0.0,
            label=label.label if label else None,
            state=label.state if label else "uncertain",
            probabilities=None if probabilities is None else tuple(map(float, probabilities)),
            lanes=tuple(self._lane(modality) for modality in MODALITIES),
            lines=tuple(self._lines),
            hearing=self._hearing(),
            timeline=tuple(self._timeline),
            has_reference=bool(session.source.utterances),
            synthetic=session.source.synthetic,
            counters=self._counters(),
            notices=tuple(self._notices),
            devices=states_of(session.source),
            finished=session.finished,
            latency_ms=tuple((name, p50) for name, (p50, _, _) in session.latencies.quantiles().items()),
            age_ms=session.ages.taken.quantiles().get("age"),
            badges=(*(("PAUSED",) if session.controls.paused else ()), *session.badges),
            prompt=self._keys.prompt if self._keys else "",
            keys=self._help(),
        )

    def _help(self) -> str:
        if self._keys is None:
            return ""
        return HELP if self._session.pacer.live else REPLAY_HELP

    def _lane(self, modality: Modality) -> Lane:
        level, detail = self._level(modality)
        if self._label is None:
            return Lane(modality, reason="starting", level=level, detail=detail)
        ballot = self._label.ballot
        vote: Vote = ballot.votes[modality]
        probabilities = None if vote.probabilities is None else tuple(map(float, vote.probabilities))
        return Lane(modality, probabilities, ballot.share(modality), vote.age, vote.reason, level, detail)

    def _level(self, modality: Modality) -> tuple[tuple[float, ...], str]:
        session = self._session
        match modality:
            case "voice":
                return session.loudness.recent(), self._sound()
            case "text":
                return tuple(self._confidence), ""
            case "bio":
                return session.conductance.relative(), _body_facts(session)

    def _sound(self) -> str:
        if "audio" not in self._session.source.rates:
            return ""
        return "speech" if self._session.pipeline.segmenter.speaking else "silence"

    def _hearing(self) -> str | None:
        if "audio" not in self._session.source.rates:
            return None
        if self._session.pipeline.segmenter.speaking:
            return "speech"
        return "transcribing" if self._session.transcribing else "listening"

    def _counters(self) -> tuple[tuple[str, str], ...]:
        counters = [("segments", str(self._segments))]
        if self._judged:
            counters.append(("correct", f"{self._correct}/{self._judged}"))
        if self._lost:
            counters.append(("lost", str(self._lost)))
        return tuple(counters)


def _body_facts(session: Session) -> str:
    facts = session.pipeline.body.facts
    known = [
        f"HR {facts.heart_rate:.0f}" if facts.heart_rate is not None else "",
        f"EDA {facts.eda:.1f} µS" if facts.eda is not None else "",
        f"{facts.temperature:.1f} °C" if facts.temperature is not None else "",
    ]
    return "  ".join(one for one in known if one)
