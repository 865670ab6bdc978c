"""Recordings that were cut, damaged, or are not what they seem."""

import json
import math

import numpy as np
import pytest

from devices.block import Gap
from devices.sessions.forgetting import forget
from devices.sessions.recorded import RecordedSession
from devices.sessions.recorder import Recorder
from devices.source import SourceNotFound, UnreadableSource
from tests.devices.sessions.invented import Invented, plain, steady, write_all
from tests.devices.streams import blocks, gaps, samples

ALL = list(steady(10.0))


@pytest.fixture
def folder(tmp_path):
    """Recording of ten seconds in chunks of two."""
    with Recorder(tmp_path, Invented(), {}, 2.0) as recorder:
        write_all(recorder, ALL)
    return recorder.folder


def played(folder):
    """Return what can still be read, and what is said to be wrong."""
    session = RecordedSession(folder)
    events = list(session.events())
    return events, [notice for notice in session.notices() if notice not in Invented().said]


def adds_up(events, streams=("audio", "eda")):
    """Tell whether blocks and gaps follow each other without a hole, and every sample is the right one."""
    whole = {stream: samples(ALL, stream) for stream in streams}
    for stream in streams:
        index, time = 0, 0.0
        for event in (event for event in events if getattr(event, "stream", None) == stream):
            if isinstance(event, Gap):
                assert event.time == pytest.approx(time)
                index, time = index + event.lost, time + event.duration
            else:
                assert (event.index, event.time) == (index, pytest.approx(time))
                assert np.array_equal(event.values, whole[stream][index : index + len(event.values)])
                index, time = index + len(event.values), event.end
        assert index == len(whole[stream])
    return True


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("chunk", [0, 2, 4])
def test_missing_chunk_becomes_a_gap_in_each_stream(folder, chunk):
    for path in folder.glob(f"{chunk:05}.*"):
        path.unlink()
    events, wrong = played(folder)
    reason = f"{chunk:05}.events.jsonl: the file is missing"
    assert wrong == [reason]
    assert [gap.stream for gap in gaps(events)] == ["audio", "eda", "ibi"]
    assert {gap.reason for gap in gaps(events)} == {reason}
    assert adds_up(events)


def test_missing_samples_of_one_stream_cost_only_these(folder):
    (folder / "00001.audio.wav").unlink()
    events, wrong = played(folder)
    assert wrong == ["00001.audio.wav: the file is missing"]
    assert [(gap.stream, gap.lost) for gap in gaps(events)] == [("audio", 512 * len(blocks(ALL, "audio")[62:125]))]
    assert np.array_equal(samples(events, "eda"), samples(ALL, "eda"))
    assert adds_up(events)


def test_wrong_hash_is_named_and_its_samples_are_not_used(folder):
    flip(folder / "00003.eda.f32", 5)
    events, wrong = played(folder)
    assert [gap.stream for gap in gaps(events)] == ["eda"]
    assert wrong[0].startswith("00003.eda.f32: wrong hash: expected SHA-256 ")
    assert adds_up(events)
    checked = list(RecordedSession(folder).verify())
    assert [one.file for one in checked if one.wrong] == ["00003.eda.f32"]
    assert checked[-1].bytes == checked[-1].of > 600_000


def test_lines_with_a_wrong_hash_are_not_used(folder):
    change(folder / "00001.events.jsonl", '"rate": 16000.0', '"rate": 16001.0')
    events, wrong = played(folder)
    assert wrong[0].startswith("00001.events.jsonl: wrong hash")
    assert adds_up(events)


def test_a_check_finds_what_no_hash_tells_of(folder):
    """Lines of the index that are damaged, and the chunks whose hashes they held."""
    change(folder / "chunks.jsonl", '{"chunk": 1,', '{"chunk": one,')
    change(folder / "00001.events.jsonl", '"n": 512', '"n": "512"')
    wrong = [(one.file, one.wrong) for one in RecordedSession(folder).verify() if one.wrong]
    assert [file for file, _ in wrong] == ["chunks.jsonl", "chunks.jsonl", "00001.events.jsonl"]
    assert "expected 'n' to be int; found '512'" in wrong[2][1]


def test_file_that_was_shortened_is_named(folder):
    path = folder / "00002.audio.wav"
    path.write_bytes(path.read_bytes()[:-100])
    events, wrong = played(folder)
    size = path.stat().st_size
    assert wrong == [f"00002.audio.wav: expected {size + 100} bytes; found {size}"]
    assert adds_up(events)


def test_damaged_line_costs_the_rest_of_its_chunk(folder):
    """Where there is no hash that tells of it: the index is gone too."""
    (folder / "chunks.jsonl").unlink()
    path = folder / "00001.events.jsonl"
    lines = path.read_text().split("\n")
    lines[9] = lines[9][:30] + "\x00" + lines[9][31:]
    path.write_text("\n".join(lines))
    events, wrong = played(folder)
    assert "00001.events.jsonl:10: expected a JSON object; found '{" in "\n".join(wrong)
    assert "cut off at 10.0 s" in "\n".join(wrong)
    assert adds_up(events)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"n": 512', '"n": "512"', "expected 'n' to be int; found '512'"),
        ('"index": ', '"indeks": ', "expected the key 'index'; it is missing"),
        ('"block"', '"blok"', "expected one of the keys block, gap, away"),
        ('"chunk": 1', '"chunk": 7', "expected chunk 1; found chunk 7"),
        ('"begins": {', '"begins": {"ecg": 3, ', "expected index and time of 'ecg'; found '3'"),
    ],
)
def test_line_says_what_was_expected(folder, old, new, said):
    (folder / "chunks.jsonl").unlink()
    change(folder / "00001.events.jsonl", old, new)
    events, wrong = played(folder)
    assert any(said in one and one.startswith("00001.events.jsonl:") for one in wrong)
    assert adds_up(events)


def test_unknown_keys_are_named_and_the_rest_is_used(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"colour": "red"}
    manifest["source"]["mood"] = 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    index = folder / "chunks.jsonl"
    lines = [json.loads(line) | {"weight": 1} for line in index.read_text().splitlines()]
    del lines[0]["files"]["00000.events.jsonl"]
    index.write_text("".join(json.dumps(line) + "\n" for line in lines[:1]))
    change(folder / "00000.events.jsonl", '"n": 512', '"n": 512, "mean": 0.1')
    events, wrong = played(folder)
    assert wrong[:3] == [
        "manifest.json: unknown key 'colour' is not used",
        "manifest.json: unknown key 'mood' of source is not used",
        "chunks.jsonl:1: unknown key 'weight' is not used",
    ]
    assert "00000.events.jsonl:2: unknown key 'mean' is not used" in wrong
    assert plain(events) == plain(ALL)


def test_damaged_index_is_named_and_the_chunks_are_used(folder):
    change(folder / "chunks.jsonl", '{"chunk": 1,', '{"chunk": one,')
    events, wrong = played(folder)
    assert wrong[0].startswith('chunks.jsonl:2: expected a JSON object; found \'{"chunk": one')
    assert wrong[1] == "chunks.jsonl: expected a line of chunk 1; there is none, so its files are not checked"
    assert plain(events) == plain(ALL)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"version": 1', '"version": 2', "manifest.json: a recording of version 2; this program reads version 1"),
        ('"session recording"', '"diary"', "manifest.json: not the manifest of a session recording of maeum"),
        ('"person": "F"', '"person": 7', "manifest.json: expected 'person' to be str or null; found '7'"),
        ('"chunk_s"', '"chunks"', "manifest.json: expected the key 'chunk_s'; it is missing"),
        ('"eda": 4.0', '"eda": "4"', "manifest.json: expected 'eda' to be int or float; found '4'"),
        ('"Sess01_1"', "1", "manifest.json: expected 'id' to be str; found '1'"),
        ("{", "", "manifest.json: expected the manifest of a recording; it is not JSON"),
    ],
)
def test_manifest_that_cannot_be_used_is_refused(folder, old, new, said):
    change(folder / "manifest.json", old, new)
    with pytest.raises(UnreadableSource, match=said.replace("(", r"\(")):
        RecordedSession(folder)


def test_what_is_no_recording_is_refused(tmp_path):
    with pytest.raises(SourceNotFound, match="nothing: no such folder"):
        RecordedSession(tmp_path / "nothing")
    with pytest.raises(UnreadableSource, match=r"not the recording of a session: manifest\.json: No such file"):
        RecordedSession(tmp_path)


@pytest.mark.parametrize("size", [0, 1, 50, 1000, 5000])
def test_cut_recording_goes_up_to_its_last_whole_line(folder, size):
    """Samples that no line counts are not used, and lines need samples."""
    index = folder / "chunks.jsonl"
    index.write_text("".join(line + "\n" for line in index.read_text().splitlines()[:2]))
    for path in folder.glob("0000[34].*"):
        path.unlink()
    path = folder / "00002.events.jsonl"
    path.write_bytes(path.read_bytes()[:size])
    events, wrong = played(folder)
    assert plain(events) == plain(ALL[: len(events)])
    assert events[-1].end >= 4.0 - 0.5
    assert len(wrong) == 1
    assert "the recording was cut off at" in wrong[0]


def test_forgotten_recording_is_gone(folder, tmp_path):
    with Recorder(tmp_path, Invented(), {}) as other:
        other.capture("eda", "serial:///dev/x", lambda: 0.0)
    assert forget(folder) == []
    assert list(tmp_path.iterdir()) == [other.folder]
    assert forget(other.folder) == []
    assert not other.folder.exists()


def test_what_does_not_belong_to_a_recording_is_kept(folder):
    """Whoever put something of their own beside it keeps that, and can do it again."""
    (folder / "diary.txt").write_text("mine")
    (folder / "raw").mkdir()
    (folder / "raw" / "notes.txt").write_text("mine too")
    assert forget(folder) == ["diary.txt", "raw"]
    assert sorted(path.name for path in folder.rglob("*")) == ["diary.txt", "notes.txt", "raw"]
    with pytest.raises(UnreadableSource, match="nothing was removed"):
        forget(folder)


def test_recording_of_any_version_can_be_forgotten(folder):
    change(folder / "manifest.json", '"version": 1', '"version": 2')
    assert forget(folder) == []


def test_only_recordings_are_forgotten(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    (tmp_path / "other").mkdir()
    for path in (link, tmp_path, tmp_path / "other"):
        with pytest.raises(UnreadableSource, match="nothing was removed"):
            forget(path)
    with pytest.raises(SourceNotFound):
        forget(tmp_path / "nothing")
    assert math.isclose(RecordedSession(folder).duration, 10.0, abs_tol=0.1)
