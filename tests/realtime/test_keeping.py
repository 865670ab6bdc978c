"""What becomes of recorded sessions: looked at, checked, given to other programs, corrected, forgotten, or damaged."""

import csv
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from devices.block import Block
from devices.sessions.recorded import RecordedSession
from models.profile import Profile
from models.scores import Scores
from realtime.cli import main
from realtime.controls import Controls
from realtime.desk import PatientDesk
from realtime.ending import DONE, FAILED, USAGE
from realtime.fusion import Label, SegmentResult
from realtime.keys import Wish
from realtime.pacing import Pacer
from realtime.recording import recording
from realtime.session import Session, SessionOptions
from realtime.whisper import Transcript
from realtime.words import Spoken
from tests.realtime.conftest import Microphone, blocks, hush, vowels
from tests.realtime.summing import summing_bundle, summing_models
from training.speech_corpora import read_clips

TRAIN = (sys.executable, "-c", "import sys; from training.cli import main; sys.exit(main())")
UTTERANCES = [part for n in range(3) for part in (vowels(1.5 + 0.4 * n, n), hush(0.9, n))]
SPEECH = np.concatenate([*UTTERANCES, hush(17.0), vowels(1.5, 7), hush(0.9)])
JIWOO = Profile(1, "Jiwoo", "2026-11-23T12:00:00Z", None, 45.0, "0", {}, None, None)
BUNDLE = summing_bundle(summing_models("voice", "text"))


class Said(Microphone):
    """What was said into it."""

    def events(self) -> Iterator[Block]:
        yield from blocks(SPEECH, (1600,))


class Heard:
    """Words that are there at once."""

    def submit(self, segment) -> Future:
        spoken: Future = Future()
        text = Transcript(f"들린 말, {segment.start:.1f}", 0.9)
        spoken.set_result(Spoken(text, Scores("text", segment.start, segment.end, None, 0.0, "no model"), 0.0))
        return spoken


def spoken(place: Path, presses: dict[int, str], person: Profile | None = None, rolling: str = "") -> Path:
    """Record a session in which somebody corrects segments by their number, and the rolling label in the long pause."""
    controls = Controls(pacer := Pacer(None))
    bundle = SimpleNamespace(**vars(BUNDLE) | {"person": person})
    with recording(place, Said(), bundle, SessionOptions(), None) as taps:
        session = Session(Said(), BUNDLE, PatientDesk(Heard()), pacer, controls=controls, taps=taps)
        shown, closed = 0, 0.0
        for message in session.run():
            match message:
                case SegmentResult():
                    shown, closed = shown + 1, message.scored.segment.closed_at
                    for label in presses.get(shown, "").split():
                        controls.wish(Wish("correct", label))
                case Label() if rolling and closed and message.t > closed + 15.0:
                    controls.wish(Wish("correct", rolling))
                    rolling = ""
    return max(place.iterdir(), key=lambda folder: folder.stat().st_mtime_ns)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """The built-in session, recorded."""
    place = tmp_path_factory.mktemp("recordings")
    labels = str(tmp_path_factory.mktemp("live") / "labels.jsonl")
    command = ["demo", "--speed", "max", "--transcripts", "given", "--record", str(place), "--labels", labels]
    assert main(command) == DONE
    (folder,) = place.iterdir()
    return folder


@pytest.fixture
def recorded(demo, tmp_path) -> Path:
    """A copy of it, for us to damage."""
    return shutil.copytree(demo, tmp_path / "recorded")


@pytest.fixture(scope="module")
def corrected(tmp_path_factory) -> Path:
    """A session of Jiwoo's: the first segment corrected, the second twice, and the rolling label in a long pause."""
    place = tmp_path_factory.mktemp("corrected")
    return spoken(place, {1: "sad", 2: "fear happy"}, JIWOO, rolling="angry")


@pytest.fixture
def said(capsys):
    """Run `maeum`; what it says on standard output and on standard error, if it ends as expected."""

    def run(code: int, *arguments: object) -> tuple[str, str]:
        capsys.readouterr()
        assert main([str(one) for one in arguments]) == code
        return tuple(capsys.readouterr())

    return run


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Recordings that are not what they should be


def replayed(folder: Path, labels: Path) -> list[dict]:
    """Play it again through the command; what it wrote, line by line."""
    assert main(["replay", str(folder), "--speed", "max", "--labels", str(labels)]) == DONE
    return [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]


def labelled(lines: list[dict], begin: float, end: float) -> int:
    """How many segments and rolling labels are of this part of the session."""
    times = [one["start"] if one["type"] == "segment" else one["t"] for one in lines if one.get("label")]
    return sum(begin <= t < end for t in times)


def test_missing_chunk_is_named_and_the_others_are_played(recorded, tmp_path, said):
    for path in recorded.glob("00001.*"):
        path.unlink()
    lines = replayed(recorded, tmp_path / "labels.jsonl")
    missing = "00001.events.jsonl: the file is missing"
    assert missing in [one.get("text") for one in lines]
    assert {one["reason"] for one in lines if one["type"] == "gap"} == {missing}
    assert labelled(lines, 0, 60) > 80
    assert labelled(lines, 120, 130) > 5
    (verdict,) = [one["text"] for one in lines if "labels differ" in one.get("text", "")]
    assert float(verdict.split(" at ")[1].removesuffix(" s")) >= 60.0
    assert missing in said(FAILED, "check", recorded)[0].splitlines()


def test_damaged_samples_are_named_and_the_rest_is_played(recorded, tmp_path, said):
    flip(recorded / "00001.audio.wav", 100_000)
    lines = replayed(recorded, tmp_path / "labels.jsonl")
    (gap,) = [one for one in lines if one["type"] == "gap"]
    assert gap["stream"] == "audio"
    assert gap["reason"].startswith("00001.audio.wav: wrong hash: expected SHA-256 ")
    assert gap["reason"] in [one.get("text") for one in lines]
    assert labelled(lines, 0, 60) > 80
    assert labelled(lines, 120, 130) > 5
    found = said(FAILED, "check", recorded)[0].splitlines()
    assert found[0] == gap["reason"]
    assert found[1].endswith("damaged; maeum replay plays the rest")


def test_lines_with_a_wrong_hash_are_named_and_not_used(recorded, tmp_path, said):
    change(recorded / "00002.events.jsonl", '"rate": 16000', '"rate": 16001')
    lines = replayed(recorded, tmp_path / "labels.jsonl")
    assert any(one.get("text", "").startswith("00002.events.jsonl: wrong hash") for one in lines)
    assert labelled(lines, 0, 120) > 160
    assert said(FAILED, "check", recorded)[0].startswith("00002.events.jsonl: wrong hash")


def test_a_note_that_is_damaged_unnoticed_is_named_and_not_used(recorded, tmp_path):
    """There is no index whose hashes would tell."""
    (recorded / "chunks.jsonl").unlink()
    change(recorded / "00001.events.jsonl", '"note": "words", "number"', '"note": "words", "numbr"')
    lines = replayed(recorded, tmp_path / "labels.jsonl")
    told = [one["text"] for one in lines if one["type"] == "notice"]
    assert "recorded: a note 'words' cannot be read and is not used: KeyError 'number'" in told
    assert labelled(lines, 70, 130) > 90


def test_unknown_keys_are_named_and_everything_is_played(recorded, tmp_path, said):
    change(recorded / "manifest.json", '"chunk_s"', '"colour": "red", "chunk_s"')
    change(recorded / "chunks.jsonl", '{"chunk": 0,', '{"weight": 1, "chunk": 0,')
    lines = replayed(recorded, tmp_path / "labels.jsonl")
    told = [one.get("text") for one in lines]
    *named, result = said(DONE, "check", recorded)[0].splitlines()
    assert named == [
        "manifest.json: unknown key 'colour' is not used",
        "chunks.jsonl:1: unknown key 'weight' is not used",
    ]
    assert set(named) <= set(told)
    assert "all 295 labels as they were live" in told
    assert result.endswith("all as they were written")


@pytest.mark.parametrize("command", ["replay", "check", "export"])
def test_recording_of_another_version_is_refused(recorded, tmp_path, said, command):
    change(recorded / "manifest.json", '"version": 1', '"version": 2')
    output = ["--csv", tmp_path / "tables"] if command == "export" else []
    complaint = said(FAILED, command, recorded, *output)[1]
    path = recorded / "manifest.json"
    assert complaint == f"maeum: {path}: a recording of version 2; this program reads version 1\n"
    assert not (tmp_path / "tables").exists()


@pytest.mark.parametrize("command", [["check"], ["forget", "--yes"], ["export", "--xdf", "session.xdf"]])
def test_what_is_no_recording_is_refused(tmp_path, said, command):
    (tmp_path / "mine.txt").write_text("mine")
    complaint = said(FAILED, command[0], tmp_path, *command[1:])[1]
    assert complaint.startswith(f"maeum: {tmp_path}: not the recording of a session")
    assert complaint.count("\n") == 1
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert said(USAGE, command[0], tmp_path / "nothing", *command[1:])[1].endswith("nothing: no such folder\n")


def test_a_place_that_takes_no_recording_is_told(tmp_path, said):
    (tmp_path / "file").write_text("mine")
    complaint = said(FAILED, "demo", "--speed", "max", "--record", tmp_path / "file" / "here")[1]
    assert complaint.startswith(f"maeum: {tmp_path / 'file' / 'here'}: no recording can be made here: ")


# Looking at them


def test_a_recording_as_it_was_written_passes_the_check(demo, said):
    assert said(DONE, "check", demo)[0] == f"{demo.name}: 15 files, 8.8 MB, 2:09: all as they were written\n"


def test_a_recording_that_was_cut_off_is_good_up_to_there(recorded, said):
    index = recorded / "chunks.jsonl"
    index.write_text("".join(line + "\n" for line in index.read_text().splitlines()[:2]))
    events = recorded / "00002.events.jsonl"
    events.write_bytes(events.read_bytes()[:20_000])
    told, result = said(DONE, "check", recorded)[0].splitlines()
    assert told.startswith("recorded: the recording was cut off at 12")
    assert result.endswith("all as they were written")


def test_recordings_are_listed(demo, recorded, said):
    change(recorded / "manifest.json", '"version": 1', '"version": 2')
    table = said(DONE, "recordings", demo.parent)[0]
    assert demo.name in table
    assert "8.8 MB" in table
    assert "closed" in table
    assert "version 2" in " ".join(said(DONE, "recordings", recorded.parent)[0].split())
    assert said(DONE, "recordings", demo)[0].endswith("no recorded session\n")
    assert said(USAGE, "recordings", demo / "nothing")[1].count("\n") == 1


# Giving them away


def test_tables_and_xdf_are_written_once(demo, tmp_path, said):
    for option, path in (("--csv", tmp_path / "tables"), ("--xdf", tmp_path / "session.xdf")):
        assert said(DONE, "export", demo, option, path)[0] == f"{path}: 2:09 of {demo.name}\n"
        assert said(FAILED, "export", demo, option, path)[1] == (
            f"maeum: {path} exists already; nothing is overwritten\n"
        )
    assert (tmp_path / "tables" / "labels.csv").is_file()


def test_a_damaged_recording_is_exported_as_far_as_it_goes(recorded, tmp_path, said):
    (recorded / "00001.audio.wav").unlink()
    complaint = said(DONE, "export", recorded, "--csv", tmp_path / "tables")[1]
    assert complaint == "recorded: 00001.audio.wav: the file is missing\n"
    sound, rate = soundfile.read(tmp_path / "tables" / "audio.wav")
    assert not sound[70 * rate : 110 * rate].any()
    assert sound[125 * rate : 127 * rate].any()


def test_two_recordings_do_not_fit_one_file(demo, tmp_path, said):
    assert "one recording at a time" in said(USAGE, "export", demo, demo, "--xdf", tmp_path / "two.xdf")[1]


# Learning from corrections


def test_corrected_segments_become_a_corpus(corrected, tmp_path, said):
    """The last correction of a segment counts; the rolling label has no clip."""
    corpus = tmp_path / "corrections"
    told = said(DONE, "export", corrected, "--corpus", corpus)[0]
    assert told == f"{corpus}: corrected segments: 2; 1 more are of the rolling label alone, which has no clip\n"
    found = rows(corpus)
    assert [(row["label"], row["speaker"]) for row in found] == [("sad", "Jiwoo"), ("happy", "Jiwoo")]
    assert {row["session"] for row in found} == {RecordedSession(corrected).manifest.id}
    assert [row["transcript"] for row in found] == [f"들린 말, {float(row['start_s']):.1f}" for row in found]
    for row in found:
        heard, rate = soundfile.read(corpus / row["path"], dtype="float32")
        start = round(float(row["start_s"]) * rate)
        assert len(heard) == pytest.approx(float(row["duration_s"]) * rate, abs=8)
        assert np.allclose(heard, SPEECH[start : start + len(heard)], rtol=0, atol=2**-15)
    assert {stat.S_IMODE(path.stat().st_mode) for path in corpus.iterdir()} == {0o600}


def test_training_reads_the_corpus(corrected, tmp_path, said):
    corpus = tmp_path / "data" / "speech" / "corrections"
    said(DONE, "export", corrected, "--corpus", corpus)
    assert [(clip.label, clip.speaker) for clip in read_clips(tmp_path / "data")] == [
        ("sad", "corrections/Jiwoo"),
        ("happy", "corrections/Jiwoo"),
    ]
    report = json.loads(subprocess.check_output([*TRAIN, "inspect", str(corpus), "--json"]))
    assert report["kind"] == "speech corpus"
    assert report["facts"]["utterances"] == report["facts"]["transcripts"] == 2
    assert {label: n for label, n in report["classes"].items() if n} == {"happy": 1, "sad": 1}


def test_several_recordings_become_one_corpus(corrected, tmp_path, said):
    """Somebody without a profile is somebody else in each recording."""
    other = spoken(tmp_path / "other", {3: "disgust"})
    said(DONE, "export", corrected, other, "--corpus", tmp_path / "corpus")
    speakers = [row["speaker"] for row in rows(tmp_path / "corpus")]
    assert speakers == ["Jiwoo", "Jiwoo", RecordedSession(other).manifest.id]


def test_segments_whose_sound_is_lost_have_no_clip(corrected, tmp_path, said):
    damaged = shutil.copytree(corrected, tmp_path / "damaged")
    (damaged / "00000.audio.wav").unlink()
    complaint = said(FAILED, "export", damaged, "--corpus", tmp_path / "corpus")[1]
    assert "of 2 more the sound is lost" in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "corpus").exists()


def test_without_corrections_there_is_no_corpus(demo, tmp_path, said):
    complaint = said(FAILED, "export", demo, "--corpus", tmp_path / "corpus")[1]
    assert complaint.startswith("maeum: corrected segments: 0; while a session runs, w and a number")
    assert not (tmp_path / "corpus").exists()


def test_a_corpus_is_never_overwritten(corrected, tmp_path, said):
    said(DONE, "export", corrected, "--corpus", tmp_path / "corpus")
    before = (tmp_path / "corpus" / "manifest.csv").read_bytes()
    assert "exists already" in said(FAILED, "export", corrected, "--corpus", tmp_path / "corpus")[1]
    assert "exists already" in said(FAILED, "export", corrected, corrected, "--corpus", tmp_path / "twice")[1]
    assert (tmp_path / "corpus" / "manifest.csv").read_bytes() == before
    assert not (tmp_path / "twice").exists()


# Forgetting them


@pytest.fixture
def answer(monkeypatch):
    """Sit at a terminal and answer what will be asked."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        yield lambda text: os.write(ours, text)
    os.close(ours)


def test_forgetting_needs_a_yes(recorded, said, monkeypatch):
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: PTH123, SIM115 - a stream
    assert "--yes" in said(USAGE, "forget", recorded)[1]
    assert said(DONE, "check", recorded)
    told = said(DONE, "forget", recorded, "--yes")[0]
    assert told.startswith(f"{recorded}: removed (recorded 20")
    assert told.endswith("UTC, 2:09, 8.8 MB)\n")
    assert not recorded.exists()


@pytest.mark.parametrize("reply", [b"\n", b"n\n", b"\x04"])
def test_whoever_does_not_say_yes_keeps_the_recording(recorded, said, answer, reply):
    answer(reply)
    question, complaint = said(FAILED, "forget", recorded)
    assert "2:09, 8.8 MB. Remove it for good? [y/N]" in question
    assert complaint == "maeum: nothing was removed\n"
    assert said(DONE, "check", recorded)


def test_whoever_says_yes_is_rid_of_it(recorded, said, answer):
    answer(b"y\n")
    assert "removed" in said(DONE, "forget", recorded)[0]
    assert not recorded.exists()


def test_a_recording_that_cannot_be_read_can_be_forgotten(recorded, said):
    change(recorded / "manifest.json", '"version": 1', '"version": 2')
    assert "(a recording that cannot be read, 8.8 MB)" in said(DONE, "forget", recorded, "--yes")[0]
    assert not recorded.exists()


def test_what_is_not_of_the_recording_is_left_and_told(recorded, said):
    (recorded / "diary.txt").write_text("mine")
    told = said(DONE, "forget", recorded, "--yes")[0]
    assert told.endswith("; left, because it is not of the recording: diary.txt\n")
    assert told.count("\n") == 1
    assert [path.name for path in recorded.iterdir()] == ["diary.txt"]
