"""The whole pipeline inside one process: what comes out depends on the data, never on how or when it came."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from devices.block import Block, Gap
from devices.recording import open_audio
from devices.source import UnreadableSource, Utterance
from realtime.accounts import Account
from realtime.jsonl import as_json
from realtime.pacing import Pacer
from realtime.segmenter import Segment
from realtime.session import Session
from realtime.tally import Tally
from realtime.view import View
from realtime.whisper import Transcript
from realtime.words import Words
from tests.realtime.summing import summing_bundle, summing_models

BUNDLE = summing_bundle(summing_models("voice", "text", "bio"))


@dataclass
class Rechunked:
    """Another source's samples in blocks of other sizes."""

    source: object
    sizes: dict[str, int]

    def __getattr__(self, name: str):
        return getattr(self.source, name)

    def events(self) -> Iterator[Block | Gap]:
        cut = [piece for event in self.source.events() for piece in self._cut(event)]
        yield from sorted(cut, key=lambda one: one.end if isinstance(one, Block) else one.time)

    def _cut(self, event: Block | Gap) -> Iterator[Block | Gap]:
        size = self.sizes.get(event.stream)
        if isinstance(event, Gap) or not event.rate or size is None:
            yield event
            return
        for at in range(0, len(event.values), size):
            time = event.time + at / event.rate
            yield Block(event.stream, event.index + at, time, event.rate, event.values[at : at + size], event.flags)


def spoken(segment: Segment) -> Transcript:
    return Transcript("네 좋아요", float(np.clip(len(segment.audio) / 160000, 0.1, 1.0)))


def run(source, transcribe=spoken) -> list[dict]:
    with Words(transcribe, BUNDLE.models["text"]) as words:
        out = [as_json(one) for one in Session(source, BUNDLE, words, Pacer(None)).run()]
    for one in out:
        one.pop("latency_ms", None)
    return out


@pytest.fixture(scope="module")
def recording(shared_data: Path, tmp_path_factory) -> object:
    """Four spoken sentences with pauses, beside a real E4 export."""
    import soundfile

    file = tmp_path_factory.mktemp("speech") / "four.wav"
    clips = sorted((shared_data / "speech" / "deeply_ko_read_subset" / "audio").glob("*.flac"))[:4]
    audio = [part for clip in clips for part in (soundfile.read(clip)[0], np.zeros(16000))]
    soundfile.write(file, np.concatenate(audio), 16000)
    return open_audio(file, shared_data / "bio" / "e4_msr2023_sample")


@pytest.fixture(scope="module")
def expected(recording) -> list[dict]:
    return run(recording)


def test_the_recording_is_heard_in_all_three_modalities(expected):
    segments = [one for one in expected if one["type"] == "segment"]
    assert len(segments) >= 4
    assert all(one["modalities"]["voice"]["probabilities"] for one in segments)
    assert all(one["modalities"]["text"]["probabilities"] for one in segments)
    assert any(one["modalities"]["bio"]["probabilities"] for one in segments)


@pytest.mark.parametrize(
    "sizes",
    [{"audio": 37}, {"audio": 160}, {"audio": 511, "eda": 1}, {"audio": 4096, "temp": 1}, {"eda": 1, "temp": 2}],
    ids=str,
)
def test_any_chunking_gives_the_identical_lines(recording, expected, sizes):
    assert run(Rechunked(recording, sizes)) == expected


def test_slow_words_change_nothing(recording, expected):
    """A worker that finishes late, by the scheduler's whim, gives the same lines in the same order."""
    import threading

    turn = threading.Event()

    def slow(segment: Segment) -> Transcript:
        turn.wait(0.3)
        return spoken(segment)

    assert run(recording, slow) == expected


@dataclass
class Breaking:
    """A source that breaks after some events."""

    source: object
    after: int

    def __getattr__(self, name: str):
        return getattr(self.source, name)

    def events(self) -> Iterator[Block | Gap]:
        for count, event in enumerate(self.source.events()):
            if count == self.after:
                raise UnreadableSource("four.wav: unreadable from second 3 on")
            yield event


def test_a_source_that_breaks_loses_nothing_heard_before(recording):
    """Everything heard until then is scored and put out; then the error is raised."""
    out: list[dict] = []
    with Words(spoken, BUNDLE.models["text"]) as words:
        messages = Session(Breaking(recording, 200), BUNDLE, words, Pacer(None)).run()
        with pytest.raises(UnreadableSource, match="second 3"):
            out.extend(map(as_json, messages))
    labels = [one["t"] for one in out if one["type"] == "label"]
    assert labels[-1] >= 5.5
    assert any(one["type"] == "segment" for one in out)


def test_summary_counts_against_the_reference(recording):
    class Annotated(Rechunked):
        utterances = (Utterance("a", 0.0, 7.4, "F", "네", "happy"), Utterance("b", 7.4, 99.0, "M", None, None))

    session = Session(Annotated(recording, {}), BUNDLE, "transcripts are off", Pacer(None))
    tally, view = Tally(session), View(session)
    for message in session.run():
        tally.take(message)
        view.take(message)
    summary, snapshot = tally.summary(), view.snapshot()
    assert summary.segments == summary.scored >= 4
    assert summary.with_truth == sum(map(sum, summary.confusion)) == 1
    assert summary.modality_accuracy.keys() >= {"voice"}
    assert summary.dropped == {}
    assert [one.name for one in summary.accounts if one.missing] == []
    assert {"label", "age", "age: window", "age: vote"} <= summary.latency_ms.keys()
    assert "age" not in dict(snapshot.latency_ms)
    assert snapshot.has_reference
    assert len(snapshot.lines) == summary.segments
    assert {lane.modality: lane.reason for lane in snapshot.lanes}["text"] == "transcripts are off"
    assert snapshot.timeline[0].truth == "happy"


def test_an_account_tells_how_much_is_missing():
    assert Account("words", 5, 1, {"too slow": 1}, queued=1).missing == 2


def test_a_modality_without_model_is_absent_with_the_reason(recording):
    bundle = summing_bundle(summing_models("voice"))
    out = [as_json(one) for one in Session(recording, bundle, "no Whisper weights", Pacer(None)).run()]
    (last,) = [one for one in out if one["type"] == "label"][-1:]
    assert last["modalities"]["bio"]["reason"] == "the bundle has no model"
    assert last["modalities"]["text"]["reason"] == "transcripts are off: no Whisper weights"
