"""Modalities that are there, go, and come back, through a whole session: the rest votes on, and it is said why."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from devices.block import Away, Block, Command, Event, Gap, Quality, known_until
from devices.source import Utterance
from models.scores import MODALITIES, Modality
from realtime.fusion import Label, SegmentResult
from realtime.jsonl import as_json
from realtime.pacing import Pacer
from realtime.reasons import Why
from realtime.segmenter import Segment, SegmenterOptions
from realtime.session import Session
from realtime.vote import VoteOptions
from realtime.whisper import Transcript
from realtime.words import Transcribe, Words
from tests.realtime.conftest import RATE, blocks, hush, vowels
from tests.realtime.summing import Summing, summing_bundle, summing_models


class Quick(Summing):
    """Notices differences too, and costs next to nothing."""

    def predict(self, features: np.ndarray) -> np.ndarray:
        parts = np.array_split(np.asarray(features, np.float64).ravel(), 7)
        sums = np.abs([part.sum() for part in parts]) + 0.01
        return (sums / sums.sum()).astype(np.float32)


MODELS = summing_models(*MODALITIES, of=Quick)
OPTIONS = VoteOptions()
HEADS = frozenset(Why)
END = 60.0
SPEECH = np.concatenate([part for n in range(12) for part in (vowels(3.5, n), hush(1.5, n))])
"""A minute: somebody speaks for 3.5 s in every 5 s"""
SKIN = (3 + np.sin(0.3 * np.arange(4 * 60) / 4)).astype(np.float32)


@dataclass
class Scene:
    """A minute with a microphone and an EDA sensor, as far as they are there."""

    given: Sequence[Event] = field(repr=False)
    rates: Mapping[str, float] = field(default_factory=lambda: {"audio": RATE, "eda": 4.0})
    name: str = "scene"
    duration: float | None = END
    utterances: Sequence[Utterance] = ()
    person: str | None = None
    synthetic: bool = True

    def notices(self) -> Sequence[str]:
        return ()

    def events(self) -> Iterator[Event]:
        return iter(self.given)


def heard(size: int = 512, start: float = 0.0, stop: float = END) -> list[Event]:
    """Speech between two moments."""
    first, last = round(start * RATE), round(stop * RATE)
    return list(blocks(SPEECH[first:last], [size], index=first))


def felt(start: float = 0.0, stop: float = END, flags: Quality = Quality.OK) -> list[Event]:
    """Conductance between two moments, a second at a time."""
    return [Block("eda", 4 * t, float(t), 4.0, SKIN[4 * t : 4 * t + 4], flags) for t in range(int(start), int(stop))]


def away(stream: str, start: float, stop: float) -> list[Event]:
    """What a live device says while it is unplugged: that it went, often that it is away, and that it is back."""
    lost = round((stop - start) * (RATE if stream == "audio" else 4))
    waits = [Away(stream, float(t)) for t in np.arange(start + 1, stop, 0.1)]
    return [Gap(stream, start, None, None, "USB"), *waits, Gap(stream, start, lost, stop - start, "USB")]


def reached(event: Event) -> float:
    return event.time + 1.0 if isinstance(event, Gap) and event.duration is None else known_until(event)


def scene(*parts: list[Event], **more: object) -> Scene:
    """Parts in the order in which a live session would deliver them."""
    return Scene(sorted((event for part in parts for event in part), key=reached), **more)


def spoken(_segment: Segment) -> Transcript:
    return Transcript("네 좋아요", 0.9)


@dataclass
class Run:
    """What came out of a session."""

    labels: list[Label]
    segments: list[SegmentResult]
    lines: list[Mapping[str, object]]
    session: Session

    def weights(self, modality: Modality, start: float, stop: float) -> list[float]:
        """Of the labels after `start` up to `stop`."""
        return [one.ballot.votes[modality].weight for one in self.labels if start < one.t <= stop]

    def reasons(self, modality: Modality, start: float, stop: float) -> set[str | None]:
        """Of the same labels."""
        return {one.ballot.votes[modality].reason for one in self.labels if start < one.t <= stop}


def slowly(segment: Segment) -> Transcript:
    """Words that come when the session is long past them."""
    threading.Event().wait(0.2)
    return spoken(segment)


def run(source: Scene, present: Sequence[Modality] = MODALITIES, transcribe: Transcribe = spoken) -> Run:
    """A session with models for these modalities."""
    with Words(transcribe, MODELS["text"]) as words:
        bundle = summing_bundle({modality: MODELS[modality] for modality in present})
        session = Session(source, bundle, words if "text" in present else Why.NO_TRANSCRIPTS, Pacer(None))
        messages = list(session.run())
    labels = [one for one in messages if isinstance(one, Label)]
    lines = [as_json(one) for one in messages]
    for one in lines:
        one.pop("latency_ms", None)
    return Run(labels, [one for one in messages if isinstance(one, SegmentResult)], lines, session)


def check_every_label(made: Run) -> None:
    """Probabilities sum to 1; where a weight is 0 a reason of the one list says why; below the floor nobody guesses."""
    for one in made.labels:
        total = sum(vote.weight for vote in one.ballot.votes.values())
        assert (one.ballot.probabilities is None) == (total <= OPTIONS.floor)
        if one.ballot.probabilities is not None:
            assert one.ballot.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        else:
            assert (one.label, one.state) == (None, "uncertain")
        for vote in one.ballot.votes.values():
            assert 0 <= vote.weight <= 1
            assert vote.weight > 0 or str(vote.reason).partition(":")[0] in HEADS


@pytest.mark.parametrize("pattern", range(8))
def test_every_pattern_of_modalities_votes_over_what_is_there(pattern: int) -> None:
    """Those present vote, the others say why not; with none of them there is no label at all."""
    present = [modality for bit, modality in enumerate(MODALITIES) if pattern >> bit & 1]
    made = run(scene(heard(), felt()), present)
    check_every_label(made)
    assert [one.t for one in made.labels] == list(np.arange(0.5, END + 0.1, 0.5))
    for modality in MODALITIES:
        assert (max(made.weights(modality, 20, 60)) > 0) == (modality in present)
    assert any(one.ballot.probabilities is not None for one in made.labels) == bool(present)
    assert {one.label is None for one in made.segments if one.scored.segment.start > 30} == {not present}


@pytest.mark.parametrize("there", [("audio",), ("eda",), ("audio", "eda")], ids=str)
def test_devices_that_a_source_does_not_have_are_named(there: tuple[str, ...]) -> None:
    parts = {"audio": heard(), "eda": felt()}
    made = run(scene(*(parts[one] for one in there), rates={one: {"audio": RATE, "eda": 4.0}[one] for one in there}))
    check_every_label(made)
    if "audio" not in there:
        assert made.reasons("voice", 0, 60) == {Why.NO_MICROPHONE}
    if "eda" not in there:
        assert made.reasons("bio", 0, 60) == {Why.NO_SENSOR}


def test_a_microphone_that_goes_and_comes_back_fades_within_its_window_and_votes_again() -> None:
    made = run(scene(heard(stop=23), away("audio", 23.0, 46.0), heard(start=46), felt()))
    check_every_label(made)
    for modality in ("voice", "text"):
        silent = 23 + OPTIONS.window(modality)
        assert max(made.weights(modality, 15, 23)) > 0
        assert made.weights(modality, silent, 46) == [0.0] * len(made.weights(modality, silent, 46))
        assert made.reasons(modality, 24, 45.5) == {"unplugged: USB"}
        assert max(made.weights(modality, 47, 60)) > 0
    assert min(made.weights("bio", 23, 46)) > 0


def test_a_sensor_that_goes_and_comes_back_fades_within_its_window_and_votes_again() -> None:
    made = run(scene(heard(), felt(stop=24), away("eda", 24.0, 56.0), felt(start=56)))
    check_every_label(made)
    silent = 24 + OPTIONS.bio_window_s
    assert min(made.weights("bio", 23, 24)) > 0
    assert made.weights("bio", silent, 55.5) == [0.0] * len(made.weights("bio", silent, 55.5))
    assert made.reasons("bio", 25, 55.5) == {"unplugged: USB"}
    assert max(made.weights("voice", 24, 56)) > 0
    assert Why.UNPLUGGED not in {str(reason).partition(":")[0] for reason in made.reasons("bio", 57, 60)}


def test_a_sensor_that_is_taken_off_says_so() -> None:
    """It delivers, but touches nobody."""
    made = run(scene(heard(), felt(flags=Quality.NO_CONTACT)))
    check_every_label(made)
    assert made.reasons("bio", 2, 60) == {Why.NOT_WORN}


def test_speech_does_not_stick_when_audio_stalls_and_nobody_says_so() -> None:
    """The microphone stops in the middle of a word; the body carries time on, the segment ends, and labels come."""
    source = scene(heard(stop=22.0), felt())
    made = run(source)
    check_every_label(made)
    assert not made.session.pipeline.segmenter.speaking
    last = made.segments[-1].scored.segment
    assert (last.reason, last.end) == ("stream lost", pytest.approx(22.0, abs=0.05))
    assert made.labels[-1].t >= END - SegmenterOptions().stall_s - 0.5
    late = 22 + OPTIONS.voice_half_life_s * OPTIONS.forget_after
    assert set(made.weights("voice", late, 60)) == {0.0}
    assert {str(one).partition(":")[0] for one in made.reasons("voice", late, 60)} == {Why.NO_SPEECH}


def test_labels_go_on_while_audio_stalls() -> None:
    """Not only at the end: each comes before the body is 3 s further."""
    source = scene(heard(stop=22.0), felt())
    session = Session(source, summing_bundle(MODELS), Why.NO_TRANSCRIPTS, Pacer(None))
    late = [session.now - one.t for one in session.run() if isinstance(one, Label) and one.t < END - 3]
    assert max(late) <= 3.0


def test_an_absence_ends_speech() -> None:
    made = run(scene(heard(stop=22.0), away("audio", 22.0, 60.0)[:-1], felt()))
    assert not made.session.pipeline.segmenter.speaking
    assert made.segments[-1].scored.segment.reason == "stream lost"


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_muted_modality_has_no_vote_until_it_is_unmuted(modality: Modality) -> None:
    """Neither in the rolling label nor in those of segments; what it scores meanwhile counts at once afterwards."""
    orders = [Command(20.1, "mute", modality), Command(40.1, "unmute", modality), Command(41.1, "mark", "here")]
    made = run(scene(heard(), felt(), orders))
    check_every_label(made)
    assert set(made.weights(modality, 20.1, 40.1)) == {0.0}
    assert made.reasons(modality, 20.1, 40.1) == {Why.MUTED}
    assert max(made.weights(modality, 40.1, 45)) > 0
    muted = [one for one in made.segments if 20 < one.scored.segment.closed_at < 39]
    assert {one.ballot.votes[modality].reason for one in muted} == {Why.MUTED}
    assert all(one.label is not None for one in muted)


def test_noise_and_clipping_take_the_voice_out_of_the_vote() -> None:
    """A microphone that is far too loud says that it is clipped, instead of guessing."""
    loud = [Block(b.stream, b.index, b.time, b.rate, np.clip(b.values * 300, -1, 1)) for b in heard()]
    made = run(scene(loud, felt()))
    check_every_label(made)
    assert set(made.weights("voice", 5, 60)) == {0.0}
    assert {str(one).partition(":")[0] for one in made.reasons("voice", 5, 60)} == {Why.CLIPPED}


def test_chunking_and_slow_words_change_nothing_through_losses_and_mutes() -> None:
    def lines(size: int, transcribe: Transcribe = spoken) -> list[Mapping[str, object]]:
        orders = [Command(12.1, "mute", "voice"), Command(15.1, "unmute", "voice")]
        parts = [heard(size, stop=22), away("audio", 22.0, 30.0), heard(size, start=30, stop=41), felt(stop=50), orders]
        kinds = ("label", "segment", "gap", "notice")
        return [one for one in run(scene(*parts), transcribe=transcribe).lines if one["type"] in kinds]

    expected = lines(512)
    assert lines(37) == expected
    assert lines(4096, slowly) == expected
