"""XDF files, as recorders of Lab Streaming Layer write them, are sources."""

import struct
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from devices import xdf_format as xdf
from devices.block import Block, Gap
from devices.recording import Kind, open_recordings, recognise
from devices.sensors.driver import Wanted
from devices.sessions.recorded import RecordedSession
from devices.sessions.recorder import Recorder
from devices.sessions.xdf_export import export_xdf
from devices.source import SourceNotFound, UnreadableSource
from devices.xdf import XdfRecording
from devices.xdf_stream import ClockLine
from tests.devices.sessions.invented import Invented, write_all
from tests.devices.streams import gaps, in_order, samples, times

START = 5000.0
"""Of the sender's clock"""


def header(number, name, kind, rate, channels=(("x", "uS"),), form="float32"):
    described = [xdf.element("channel", label=label, unit=unit) for label, unit in channels]
    root = xdf.element(
        "info",
        xdf.element("desc", xdf.element("channels", *described)),
        name=name,
        type=kind,
        channel_count=len(channels),
        nominal_srate=rate,
        channel_format=form,
    )
    return xdf.chunk(xdf.Tag.STREAM_HEADER, xdf.xml(root), number)


def stamped(number, values, at):
    """Samples that all carry their time, as LabRecorder writes them."""
    rows = b"".join(b"\x08" + struct.pack("<d", t) + row.tobytes() for t, row in zip(at, values, strict=True))
    return xdf.chunk(xdf.Tag.SAMPLES, b"\x04" + struct.pack("<I", len(values)) + rows, number)


def offset(number, at, value):
    return xdf.chunk(xdf.Tag.CLOCK_OFFSET, struct.pack("<dd", at, value), number)


def written(path, *chunks):
    path.write_bytes(xdf.MAGIC + b"".join(chunks))
    return path


def even(number, values, rate, start=START, per_chunk=50):
    """Samples of a steady sender, some in each chunk."""
    values = np.asarray(values).reshape(len(values), -1)
    return b"".join(
        stamped(number, values[k : k + per_chunk], start + np.arange(k, min(k + per_chunk, len(values))) / rate)
        for k in range(0, len(values), per_chunk)
    )


def holes(events, stream):
    """Begin of each hole and what it cost; a long one may be told in parts."""
    of_stream = [event for event in events if event.stream == stream]
    runs = [list(run) for is_gap, run in groupby(of_stream, lambda event: isinstance(event, Gap)) if is_gap]
    return [(run[0].time, sum(gap.lost for gap in run)) for run in runs]


EDA = np.float32(2 + np.sin(np.arange(400) / 30))


def test_streams_are_known_by_type_name_or_label(tmp_path):
    path = written(
        tmp_path / "a.xdf",
        header(1, "BioSemi", "EEG", 512),
        header(2, "wrist", "GSR", 4),
        header(3, "chest ECG", "Biosignals", 100, [("one", "mV")]),
        header(4, "hub", "mixed", 10, [("light", ""), ("Temperature", "degC")]),
        even(2, EDA[:40], 4),
        even(3, EDA, 100),
        even(4, np.float32([[0, 36]] * 40), 10),
    )
    source = XdfRecording(path)
    assert source.rates == {"eda": 4.0, "ecg": 100.0, "temp": 10.0}
    events = list(source.events())
    assert np.array_equal(samples(events, "eda"), EDA[:40])
    assert np.array_equal(samples(events, "ecg"), EDA)
    assert set(samples(events, "temp")) == {36.0}
    assert in_order(events)


def test_units_are_converted(tmp_path):
    path = written(tmp_path / "a.xdf", header(1, "e", "ECG", 100, [("ECG", "microvolts")]), even(1, 1000 * EDA, 100))
    assert np.allclose(samples(XdfRecording(path).events(), "ecg"), EDA)


def test_unit_that_is_not_told_can_be_said(tmp_path):
    path = written(tmp_path / "a.xdf", header(1, "wrist", "EDA", 4, [("GSR", "")]), even(1, EDA, 4))
    with pytest.raises(UnreadableSource, match=r"a\.xdf: holds no sound .* gives no unit for GSR; .*wrist \(EDA\)"):
        XdfRecording(path)
    (source,) = open_recordings(Path(f"{path}?channels=eda:GSR/nS"))
    assert np.allclose(samples(source.events(), "eda"), EDA / 1000)
    with pytest.raises(UnreadableSource, match=r"no stream has a channel 'PPG' that gives eda in uS; its streams are"):
        XdfRecording(path, [Wanted("eda", "PPG", "uS")])


def test_clocks_of_senders_are_brought_together(tmp_path):
    """Two computers, an hour apart and one of them fast, felt the same thing at the same time."""
    seconds, fast = 300, 1 + 80e-6
    pulse = np.zeros(seconds * 100, np.float32)
    pulse[np.arange(500, len(pulse), 1000)] = 1
    other = START - 3600
    late = np.where(np.arange(60) % 7 == 3, 0.02, 0.0)
    path = written(
        tmp_path / "a.xdf",
        header(1, "one", "EDA", 100),
        header(2, "two", "ECG", 100, [("ECG", "mV")]),
        even(1, pulse, 100),
        even(2, pulse, 100 / fast, other),
        *(offset(1, START + 5 * k, 0.0) for k in range(60)),
        *(offset(2, other + 5 * k * fast, 3600 + 5 * k * (1 - fast) + late[k]) for k in range(60)),
    )
    events = list(XdfRecording(path).events())
    felt = {stream: times(events, stream)[samples(events, stream) == 1] for stream in ("eda", "ecg")}
    assert np.abs(felt["eda"] - felt["ecg"]).max() <= 0.005
    assert np.abs(felt["eda"] - np.arange(5, seconds, 10)).max() <= 0.005


def test_clock_line_is_that_of_pyxdf():
    pyxdf = pytest.importorskip("pyxdf.pyxdf", reason="pyxdf, the reference reader of XDF, is not installed")
    chance = np.random.default_rng(3)
    at = np.arange(0.0, 600.0, 5.0)
    values = -120.5 + 30e-6 * at + chance.exponential(2e-4, len(at)) + (chance.random(len(at)) < 0.05) * 0.05
    stamps = np.linspace(0, 600, 1000)
    reference = pyxdf._robust_fit(np.column_stack([np.ones(len(at)), at / 1e-4]), values / 1e-4)
    expected = stamps + reference[0] * 1e-4 + reference[1] * stamps
    line = ClockLine.through(list(zip(at, values, strict=True)))
    assert np.abs(line.recorded(stamps) - expected).max() <= 0.0005


@pytest.mark.parametrize(("form", "scale"), [("int16", 32768), ("float32", 1)])
@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_sound_becomes_16_khz_mono(tmp_path, form, scale, rate):
    """A click is where it was, within 5 ms."""
    sound = np.zeros((2 * rate, 2))
    sound[rate // 2 :: rate] = 0.5
    values = (sound * scale).astype(xdf.FORMATS[form])
    channels = [("left", ""), ("right", "")]
    path = written(
        tmp_path / "a.xdf", header(1, "mic", "Audio", rate, channels, form), even(1, values, rate, per_chunk=rate // 4)
    )
    source = XdfRecording(path)
    events = list(source.events())
    heard = samples(events, "audio")
    assert abs(len(heard) - 32_000) <= 2
    loud = times(events, "audio")[np.abs(heard) > 0.6 * np.abs(heard).max()]
    assert all(min(abs(time - 0.5), abs(time - 1.5)) <= 0.005 for time in loud)
    assert source.rates == {"audio": 16_000}
    assert source.duration == pytest.approx(2.0)
    assert source.notices() == (f"a.xdf: mic: {rate / 1000:g} kHz, 2 channels, converted to 16 kHz mono",)


def test_holes_are_gaps(tmp_path):
    """Where times jump or there is no value; also of streams that begin late or end early."""
    values = EDA.copy()
    values[100:110] = np.nan
    path = written(
        tmp_path / "a.xdf",
        header(1, "wrist", "EDA", 10),
        header(2, "hand", "Temperature", 10, [("t", "degC")]),
        even(1, values[:200], 10),
        even(1, values[200:], 10, START + 30.0),
        even(2, np.full(50, 36, np.float32), 10, START + 5),
    )
    events = list(XdfRecording(path).events())
    assert holes(events, "eda") == [(pytest.approx(10.0), 10), (pytest.approx(20.0), 100)]
    first, last = gaps(events, "temp")
    assert (first.time, first.duration, first.reason) == (0.0, pytest.approx(5.0), "the stream had not begun")
    assert (last.time, last.reason) == (pytest.approx(10.0), "the stream had ended")
    assert last.time + last.duration == pytest.approx(50.0)


def test_broken_file_is_used_as_far_as_it_goes(tmp_path):
    whole = written(tmp_path / "a.xdf", header(1, "wrist", "EDA", 10), even(1, EDA, 10))
    whole.write_bytes(whole.read_bytes()[:-100])
    source = XdfRecording(whole)
    assert np.array_equal(samples(source.events(), "eda"), EDA[:350])
    assert source.notices()[0].startswith("a.xdf: breaks off at byte ")


def test_reading_goes_on_after_damage(tmp_path):
    bound = xdf.chunk(xdf.Tag.BOUNDARY, xdf.BOUNDARY)
    damage = b"\x03\x00\x00garbage" * 5
    path = written(
        tmp_path / "a.xdf",
        header(1, "wrist", "EDA", 10),
        even(1, EDA[:200], 10),
        damage,
        bound,
        even(1, EDA[200:], 10, START + 20),
    )
    source = XdfRecording(path)
    assert np.array_equal(samples(source.events(), "eda"), EDA)
    assert "damaged at byte " in source.notices()[0]


def test_chunk_that_does_not_hold_what_it_says_is_left_out(tmp_path):
    path = written(
        tmp_path / "a.xdf",
        header(1, "wrist", "EDA", 10),
        even(1, EDA[:200], 10),
        xdf.chunk(xdf.Tag.SAMPLES, b"\x01\x32\x08\x00\x00", 1),
        even(1, EDA[200:], 10, START + 20),
    )
    source = XdfRecording(path)
    assert np.array_equal(samples(source.events(), "eda"), EDA)
    assert source.notices() == ("a.xdf: wrist: 1 damaged chunks are left out",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"RIFF1234", "begins with b'RIFF', not with b'XDF:'"),
        (b"", "an XDF file that can be read: cannot mmap an empty file"),
        (xdf.MAGIC, "holds no sound and no signal of a body; its streams are none"),
        (xdf.MAGIC + header(1, "cap", "EEG", 500), r"its streams are cap \(EEG\)"),
        (xdf.MAGIC + header(1, "wrist", "EDA", 4), r"wrist holds no samples; its streams are wrist \(EDA\)"),
    ],
)
def test_file_that_cannot_be_used_is_refused_in_one_line(tmp_path, content, said):
    (tmp_path / "a.xdf").write_bytes(content)
    with pytest.raises(UnreadableSource, match=said):
        XdfRecording(tmp_path / "a.xdf")
    with pytest.raises(SourceNotFound, match=r"b\.xdf: no such file"):
        XdfRecording(tmp_path / "b.xdf")


@given(
    st.sampled_from(["float32", "int16", "double64"]),
    st.integers(1, 3),
    st.lists(st.booleans(), max_size=12),
    st.data(),
)
def test_samples_with_and_without_times_are_read(form, channels, has_time, data):
    """In any mixture, as the specification allows."""
    dtype = np.dtype(xdf.FORMATS[form])
    values = data.draw(npst.arrays(dtype, (len(has_time), channels)))
    raw, expected, last = b"", [], 7.0
    for k, (one, row) in enumerate(zip(has_time, values, strict=True)):
        last = 100.0 + k if one else last + 0.25
        raw += (b"\x08" + struct.pack("<d", last) if one else b"\x00") + row.tobytes()
        expected.append(last)
    found, at = xdf.read_numbers(b"\x01" + bytes([len(has_time)]) + raw, xdf.FORMATS[form], channels, 7.0, 0.25)
    assert found.tobytes() == values.tobytes()
    assert list(at) == expected


def test_own_export_comes_back(tmp_path):
    """A session that was exported is a source again: the same samples at the same times."""
    sound = [Block("audio", 512 * k, 0.032 * k, 16_000.0, np.float32([k % 100]).repeat(512) / 128) for k in range(500)]
    body = [Block("eda", 8 * k, 2.0 * k, 4.0, np.arange(8, dtype=np.float32)) for k in range(8)]
    beats = [Block("ibi", k, 0.8 * k, 0.0, np.float32([0.8])) for k in range(20)]
    del sound[200:203], sound[300:400], body[3]
    with Recorder(tmp_path, Invented(), {}) as recorder:
        write_all(recorder, [*sound, *body, *beats])
    export_xdf(RecordedSession(recorder.folder), tmp_path / "session.xdf")
    (source,) = open_recordings(tmp_path / "session.xdf")
    events = list(source.events())
    for stream, given_ in {"audio": sound, "eda": body, "ibi": beats}.items():
        assert np.array_equal(samples(events, stream), samples(given_, stream))
        assert np.abs(times(events, stream) - times(given_, stream)).max() <= 0.005
    assert [lost for _, lost in holes(events, "audio")] == [3 * 512, 100 * 512]
    assert [lost for _, lost in holes(events, "eda")] == [8]


def test_recordings_are_recognised(tmp_path):
    with Recorder(tmp_path, Invented(), {}) as recorder:
        recorder.write(Block("eda", 0, 0.0, 4.0, np.float32([1])))
    assert recognise(recorder.folder) is Kind.SESSION
    (source,) = open_recordings(recorder.folder)
    assert source.name == recorder.folder.name
    assert recognise(written(tmp_path / "a.xdf", header(1, "wrist", "EDA", 10))) is Kind.XDF
