"""A recorded session run again: what it was told by when things came, and whether it says the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from devices.sessions.lines import Note
from devices.sessions.recorded import RecordedSession
from devices.source import SourceError, UnreadableSource, Utterance
from models.bundle import Bundle
from models.profile import Profile, read_profile
from models.scores import Modality, Scores
from realtime.arrivals import Arrival, Behind, Ended, Item, WordsCome, WordsLate
from realtime.fusion import Label, SegmentResult
from realtime.jsonl import as_json
from realtime.session import Message
from realtime.whisper import Transcript
from realtime.words import Spoken

Json = dict[str, Any]

Moment = tuple[str, str]
"""What a label or the result of a segment is of: its kind, and its time or that of the segment"""

MESSAGE = "message"
"""Kind of the notes that hold what a session decided"""


class OtherBundle(SourceError, ValueError):
    """A session cannot be run again with other models."""


def as_note(arrival: Arrival) -> tuple[str, Json]:
    """Kind and fields of the note for an arrival."""
    match arrival:
        case WordsCome():
            return "words", {"number": arrival.number, **_spoken(arrival.spoken)}
        case WordsLate():
            return "late", {"number": arrival.number}
        case Behind():
            return "behind", {"on": arrival.on}
        case Ended():
            return "ended", {}


def from_note(note: Note) -> Arrival | None:
    """The arrival that a note tells of; None when it tells of something else.

    Raises
    ------
    KeyError, TypeError, ValueError
        When the note is damaged.
    """
    values: Mapping[str, Any] = note.fields
    match note.kind:
        case "words":
            return WordsCome(int(values["number"]), _from_spoken(values))
        case "late":
            return WordsLate(int(values["number"]))
        case "behind":
            return Behind(bool(values["on"]))
        case "ended":
            return Ended()
    return None


def decided(message: Message) -> Json | None:
    """What a message says about emotion, without how long it took; None when it says nothing about it."""
    if not isinstance(message, Label | SegmentResult):
        return None
    return {key: value for key, value in as_json(message).items() if key != "latency_ms"}


def _moment(body: Mapping[str, Any]) -> Moment:
    return str(body.get("type")), str(body.get("t", body.get("start")))


def _spoken(spoken: Spoken) -> Json:
    transcript = spoken.transcript
    return {
        "text": transcript.text,
        "confidence": transcript.confidence,
        "reason": transcript.reason,
        "scores": _scores(spoken.scores),
        "voice": None if spoken.voice is None else _scores(spoken.voice),
        "notice": spoken.notice,
        "took_s": spoken.took_s,
    }


def _from_spoken(values: Mapping[str, Any]) -> Spoken:
    transcript = Transcript(values["text"], values["confidence"], values["reason"])
    voice = None if values["voice"] is None else _from_scores("voice", values["voice"])
    return Spoken(transcript, _from_scores("text", values["scores"]), values["took_s"], voice, values["notice"])


def _scores(scores: Scores) -> Json:
    known = None if scores.probabilities is None else [float(value) for value in scores.probabilities]
    return {
        "start": scores.start,
        "end": scores.end,
        "probabilities": known,
        "quality": float(scores.quality),
        "reason": scores.reason,
    }


def _from_scores(modality: Modality, values: Mapping[str, Any]) -> Scores:
    known = values["probabilities"]
    probabilities = None if known is None else np.array(known, np.float32)
    return Scores(modality, values["start"], values["end"], probabilities, values["quality"], values["reason"])


class Retold:
    """A recording as a source that also tells what came when: the session has only to listen."""

    badge = ""

    def __init__(self, recorded: RecordedSession, *, whole: bool = True) -> None:
        self.recorded, self._whole = recorded, whole
        self.name, self.duration, self.person = recorded.name, recorded.duration, recorded.person
        self.synthetic, self.rates = recorded.synthetic, recorded.rates
        self.utterances: Sequence[Utterance] = recorded.utterances
        self.compared = self.differing = 0
        """Labels and segment results that the recording holds, and of them those that came out otherwise now"""
        self.first: str | None = None
        """The first difference, in words"""
        self._damaged: list[str] = []
        self._expected: dict[Moment, Json] = {}
        self._made: dict[Moment, Json] = {}

    def notices(self) -> Sequence[str]:
        """What is to be known of the recording; at the end, whether its labels came out the same."""
        return (*self.recorded.notices(), *self._damaged)

    @property
    def no_words(self) -> str | None:
        """Why the session had no words; None when it had."""
        reason = self.recorded.manifest.facts.get("no_words")
        return None if reason is None else str(reason)

    @property
    def profile(self) -> Profile | None:
        """Whose session it was; None when that was not said."""
        text = self.recorded.manifest.facts.get("profile")
        return None if text is None else read_profile(str(text), f"profile in {self.name}")

    def settings(self, bundle: Bundle) -> list[str]:
        """Options of the session, as `--set` takes them.

        Raises
        ------
        OtherBundle
            When the session ran with other models.
        UnreadableSource
            When they are none.
        """
        facts: Mapping[str, Any] = self.recorded.manifest.facts
        if facts.get("bundle") != bundle.identity:
            raise OtherBundle(
                f"{self.name} was recorded with the bundle {facts.get('bundle')}, this is {bundle.identity}; "
                "name that one with --bundle, or use --reprocess"
            )
        settings = facts.get("settings", [])
        if not isinstance(settings, list):
            found = f"expected settings to be a list; found {settings!r:.40}"
            raise UnreadableSource(f"{self.name}: manifest.json: {found}")
        return [str(one) for one in settings]

    def since(self, t: float) -> "Retold":
        """The same from a session time on."""
        return Retold(self.recorded.since(t), whole=t <= 0.0)

    def events(self) -> Iterator[Item]:
        """Everything that came, decisions included, in the order in which it came."""
        for entry in self.recorded.entries():
            if not isinstance(entry, Note):
                yield entry
            elif entry.kind == MESSAGE:
                if self._whole:
                    self._expect(entry.fields)
            else:
                yield from self._arrival(entry)

    def _arrival(self, note: Note) -> Iterator[Arrival]:
        """What came, as far as that can be read: where there is no hash, a note may be damaged unnoticed."""
        try:
            arrival = from_note(note)
        except (KeyError, TypeError, ValueError) as error:
            damage = f"{type(error).__name__} {error}"
            self._damaged.append(f"{self.name}: a note {note.kind!r} cannot be read and is not used: {damage}")
        else:
            if arrival is not None:
                yield arrival

    def item(self, item: Item) -> None:
        """Nothing: it comes from here."""

    def message(self, message: Message) -> None:
        """Compare what is decided now with what was decided then."""
        if self._whole and (made := decided(message)) is not None:
            self._made[_moment(made)] = made
            self._compare(_moment(made))

    def _expect(self, values: Mapping[str, Any]) -> None:
        self._expected[_moment(values)] = dict(values)
        self._compare(_moment(values))

    def _compare(self, moment: Moment) -> None:
        """Compare what is of one moment, once both are known: of a damaged recording some are not."""
        if moment in self._expected and moment in self._made:
            then, now = self._expected.pop(moment), self._made.pop(moment)
            self.compared += 1
            if then != now:
                self.differing += 1
                self.first = self.first or f"{then['type']} at {then.get('t', then.get('closed'))} s"

    def news(self, *, finished: bool) -> str | None:
        """At the end, whether the labels came out as they were."""
        return self.verdict if finished and self._whole else None

    @property
    def verdict(self) -> str:
        """Whether the labels came out as they were, in words."""
        missing = len(self._expected)
        if self.differing or missing:
            first = self.first or f"{missing} are missing"
            return f"{self.differing + missing} of {self.compared + missing} labels differ from the live ones: {first}"
        return f"all {self.compared} labels as they were live"
