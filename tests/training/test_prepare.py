"""Preparing again, after a change, an interruption, on a full disk: features are made once, and never half."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.training.corpus import RATE, tone, write_corpus
from training import stages, voice_data
from training.errors import InvalidCorpus, NotPrepared
from training.shards import ITEMS
from training.speech_corpora import read_clips
from training.tasks import Workers
from training.voice_data import VoiceData

ROOT = Path(__file__).parents[2]


def prepare(data: Path, out: Path, jobs: int = 1) -> None:
    voice_data.prepare(data, out, 1, Workers(jobs), lambda *_: None, variations=1)


def shards(out: Path) -> dict[str, int]:
    return files(out / "voice-shards")


def windows(out: Path) -> list[np.ndarray]:
    data = VoiceData.load(out)
    clips, count = data.ends.shape
    return [data.window(clip, window) for clip in range(clips) for window in range(count)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def undisturbed(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    prepare(corpus, out, jobs=2)
    return out


def files(out: Path) -> dict[str, int]:
    """Names and times of change."""
    return {path.name: path.stat().st_mtime_ns for path in out.iterdir()}


def test_a_second_run_does_nothing_and_says_so(corpus: Path, tmp_path: Path) -> None:
    """The files stay, and the words name the folder."""
    told: list[str] = []
    stages.prepare("text", corpus, tmp_path, 1, Workers(1), lambda *_: None, told.append)
    before = files(tmp_path)
    stages.prepare("text", corpus, tmp_path, 1, Workers(1), lambda *_: None, told.append)
    assert told == [f"text: {tmp_path} is up to date; nothing to do"]
    assert files(tmp_path) == before


def test_a_changed_corpus_is_recognised_and_prepared_anew(tmp_path: Path) -> None:
    """The words say what has changed; all files are written again."""
    data, out, told = write_corpus(tmp_path / "data"), tmp_path / "out", list[str]()
    stages.prepare("text", data, out, 1, Workers(1), lambda *_: None, told.append)
    before = files(out)
    with (data / "text" / "kote.csv").open("a", encoding="utf-8") as file:
        file.write("완전히 새로운 문장,sad,kote/val\n")
    stages.prepare("text", data, out, 1, Workers(1), lambda *_: None, told.append)
    assert told == [f"text: the corpus changed since {out} was prepared; preparing anew"]
    assert before.keys() == files(out).keys()
    assert not before.items() & files(out).items()


def test_only_shards_of_changed_clips_are_made_again(tmp_path: Path) -> None:
    """One clip of the second shard is replaced: the first stays, the old second one is gone."""
    data, out = write_corpus(tmp_path / "data"), tmp_path / "out"
    prepare(data, out)
    before = shards(out)
    origin = voice_data.origin(data, 1)
    soundfile.write(read_clips(data)[ITEMS + 1].path, tone(300, 3, 2.0), RATE)
    assert voice_data.origin(data, 1) != origin
    prepare(data, out)
    kept = before.items() & shards(out).items()
    assert (len(before), len(shards(out)), len(kept)) == (2, 2, 1)
    assert VoiceData.load(out).ends.shape == (42, 4)


def test_an_interrupted_run_goes_on_where_it_stopped(undisturbed: Path, tmp_path: Path) -> None:
    """A run that ended before its last shard counts as not prepared; the next one makes what is missing, no more."""
    data, out = write_corpus(tmp_path / "data"), tmp_path / "out"
    broken = read_clips(data)[ITEMS + 1].path
    sound = broken.read_bytes()
    broken.write_bytes(b"no audio")
    with pytest.raises(InvalidCorpus, match=r"cannot be read"):
        prepare(data, out)
    first = shards(out)
    with pytest.raises(NotPrepared):
        VoiceData.load(out)
    broken.write_bytes(sound)
    prepare(data, out)
    assert len(first) == 1
    assert first.items() <= shards(out).items()
    assert all(map(np.array_equal, windows(out), windows(undisturbed)))


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


def test_a_full_disk_ends_the_run_in_one_line_and_leaves_nothing_half(corpus: Path, tmp_path: Path) -> None:
    """The file is named; with room again the same command goes on and ends well."""
    command = [sys.executable, "-m", "training.cli", "prepare", corpus, "--out", tmp_path, "--only", "voice"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False, preexec_fn=small_files
    )
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith(f"maeum-train: {tmp_path}/voice-shards/")
    assert "File too large; make room and run again" in last
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    prepare(corpus, tmp_path)
    assert len(VoiceData.load(tmp_path).label) == 42
