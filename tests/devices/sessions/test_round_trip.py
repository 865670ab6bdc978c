"""Sessions written down and read back."""

import stat
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from devices.block import Away, Block, Gap, SensorNotice, known_until
from devices.sessions.lines import Note
from devices.sessions.recorded import RecordedSession
from devices.sessions.recorder import CannotRecord, Recorder
from tests.devices.sessions.invented import Invented, plain, sessions, steady, write_all


def recorded(place, entries, chunk_s=60.0, facts=None, source=None):
    with Recorder(place, source or Invented(), facts or {}, chunk_s) as recorder:
        write_all(recorder, entries)
    assert recorder.problem is None
    return recorder.folder


@given(sessions, st.floats(0.01, 1e5))
@settings(max_examples=60)
def test_any_session_comes_back_bit_by_bit_whatever_the_length_of_chunks(entries, chunk_s):
    with tempfile.TemporaryDirectory() as place:
        session = RecordedSession(recorded(Path(place), entries, chunk_s))
        assert plain(session.entries()) == plain(entries)
        assert plain(session.events()) == plain(entry for entry in entries if not isinstance(entry, Note))
        assert not [checked.wrong for checked in session.verify() if checked.wrong]
        assert session.notices() == tuple(Invented().said)


def test_source_is_as_it_was(tmp_path):
    """Whoever runs the session again finds the streams, the reference and the notices of the source."""
    source = Invented()
    with Recorder(tmp_path, source, {"bundle": "sha256:ab", "devices": [{"name": "wrist"}]}) as recorder:
        write_all(recorder, steady(3.2))
        source.said.append("eda: 3 samples dropped")
    session = RecordedSession(recorder.folder)
    assert (session.rates, session.person, session.synthetic) == (source.rates, "F", True)
    assert tuple(session.utterances) == source.utterances
    assert session.manifest.facts == {"bundle": "sha256:ab", "devices": [{"name": "wrist"}]}
    assert session.duration == pytest.approx(3.2)
    assert session.is_whole
    assert session.notices() == ("eda: no contact at the start",)
    list(session.events())
    assert session.notices() == ("eda: no contact at the start", "eda: 3 samples dropped")


def test_only_the_owner_can_read_it(tmp_path):
    folder = recorded(tmp_path / "new", steady(3.0), 1.0)
    with Recorder(tmp_path / "new", Invented(), {}) as other:
        other.capture("eda", "serial:///dev/x", lambda: 0.0)
    for place in (tmp_path / "new", folder, other.folder, other.folder / "raw"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert len(files) > 12
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_each_recording_has_a_folder_of_its_own(tmp_path):
    """Within one second too: none is ever overwritten, and nothing else lies beside them."""
    folders = [recorded(tmp_path, steady(0.5)) for _ in range(3)]
    assert sorted(tmp_path.iterdir()) == sorted(set(folders))


def test_sound_is_a_wav_file_for_other_programs(tmp_path):
    folder = recorded(tmp_path, steady(64.0))
    expected = np.arange(64 * 16_000, dtype=np.float32) / 2**24
    first, rate = soundfile.read(folder / "00000.audio.wav", dtype="float32")
    second_rate, second = wavfile.read(folder / "00001.audio.wav")
    assert (rate, second_rate) == (16_000, 16_000)
    assert np.array_equal(np.concatenate([first, second]), expected)


def test_session_time_can_be_sought(tmp_path):
    """From a time on comes what ends after it, without reading what lies in chunks before."""
    entries = list(steady(20.0))
    folder = recorded(tmp_path, entries, 2.0)
    (folder / "00000.audio.wav").write_bytes(b"")
    for t in (6.0, 6.01, 7.99, 8.0, 13.37, 19.99, 30.0):
        wanted = [entry for entry in entries if known_until(entry) > t]
        later = RecordedSession(folder).since(t)
        assert plain(later.events()) == plain(wanted)
        assert not [notice for notice in later.notices() if "00000" in notice]


def test_notes_stand_where_they_were(tmp_path):
    entries = list(steady(2.0))
    entries[10:10] = [Note("label", {"t": 0.2, "label": "happy", "p": 0.1 + 0.2})]
    session = RecordedSession(recorded(tmp_path, entries))
    assert list(session.entries())[10] == entries[10]


def test_note_that_is_not_json_is_refused_at_once(tmp_path):
    with Recorder(tmp_path, Invented(), {}) as recorder:
        with pytest.raises(TypeError, match="not JSON"):
            recorder.note("label", source=recorder)
        with pytest.raises(ValueError, match="field 'note'"):
            recorder.note("label", note=1)
        recorder.note("label", p=np.float32(0.1), n=np.int64(2))
    assert list(RecordedSession(recorder.folder).entries()) == [Note("label", {"p": float(np.float32(0.1)), "n": 2})]


def test_numbers_of_numpy_are_numbers(tmp_path):
    block = Block("ecg", np.int64(5), np.float64(0.1), np.float64(250), np.arange(3.0), 4)
    gap = Gap("ecg", np.float64(0.2), np.int64(3), np.float64(0.3), "lost")
    back = list(RecordedSession(recorded(tmp_path, [block, gap])).events())
    assert plain(back) == plain([replace(block, index=5, time=0.1), Gap("ecg", 0.2, 3, 0.3, "lost")])


def test_captures_belong_to_the_recording(tmp_path):
    """Bytes of a device are flushed with the rest, closed with it, and their hash is checked."""
    with Recorder(tmp_path, Invented(), {}) as recorder:
        capture = recorder.capture("eda 1", "serial:///dev/x", lambda: 1.5, {"name": "wrist"})
        capture.read(b"\x01\x02")
        with pytest.raises(CannotRecord, match="File exists"):
            recorder.capture("eda 1", "serial:///dev/x", lambda: 1.5)
    capture.read(b"\x03")
    session = RecordedSession(recorder.folder)
    assert [path.name for path in session.captures] == ["eda 1.capture"]
    assert session.captures[0].read_text().endswith("1.500000000 < 0102\n")
    session.captures[0].write_text("")
    assert [checked.wrong for checked in session.verify() if checked.wrong]


def test_place_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRecord, match="file: no recording can be made here: "):
        Recorder(tmp_path / "file", Invented(), {})


def test_recording_without_events_is_empty(tmp_path):
    session = RecordedSession(recorded(tmp_path, []))
    assert (list(session.entries()), session.duration, session.is_whole) == ([], 0.0, True)


def test_devices_that_come_and_go_stay_as_they_were(tmp_path):
    """A stream that is away over several chunks makes no gaps but its own."""
    entries = [
        Block("eda", 0, 0.0, 4.0, np.float32([1, 2])),
        Gap("eda", 0.5, None, None, "unplugged"),
        *(Away("eda", 0.6 + 0.1 * k) for k in range(40)),
        SensorNotice(4.6, "eda: back"),
        Gap("eda", 0.5, 18, 4.5, "unplugged"),
        Block("eda", 20, 5.0, 4.0, np.float32([3, 4])),
    ]
    session = RecordedSession(recorded(tmp_path, entries, 1.0))
    assert plain(session.entries()) == plain(entries)
