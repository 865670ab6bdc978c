"""OpenSignals text files: every quirk of the format, with invented readings."""

import json

import numpy as np
import pytest

from devices.audio_file import AudioFile
from devices.opensignals import plux, read_opensignals
from devices.recording import Kind, open_audio, open_body, open_recordings, recognise
from devices.sensors.driver import Wanted
from devices.source import SourceNotFound, UnreadableSource
from tests.devices.files import sine, written
from tests.devices.streams import gaps, in_order, samples

RATE = 100


def bitalino(**changed):
    said = {
        "sensor": ["EDA", "ECG", "TEMP"],
        "device": "bitalino_rev",
        "column": ["nSeq", "I1", "I2", "O1", "O2", "A1", "A2", "A3"],
        "sampling rate": RATE,
        "resolution": [4, 1, 1, 1, 1, 10, 10, 10],
        "label": ["A1", "A2", "A3"],
        "date": "2031-6-11",
        "time": "7:6:40.500",
        "convertedValues": 0,
    }
    return said | changed


def file(path, devices, rows, tail="\t", form=". Version 1"):
    header = json.dumps({f"00:00:00:00:00:{number:02}": device for number, device in enumerate(devices)})
    text = f"# OpenSignals Text File Format{form}\n# {header}\n# EndOfHeader\n"
    text += "".join("\t".join(map(str, row)) + f"{tail}\n" for row in rows)
    path.write_text(text)
    return path


def rows(count, first=1):
    return [[(first + n) % 16, 1, 1, 0, 0, 200 + n % 100, 512, 703] for n in range(count)]


@pytest.fixture
def recording(tmp_path):
    return file(tmp_path / "talk.txt", [bitalino()], rows(40))


def test_sensors_named_in_the_header_become_streams(recording):
    """By the formulas of the board; the counter begins anywhere and wraps."""
    found = read_opensignals(recording)
    assert list(found.signals) == ["eda", "ecg", "temp"]
    assert {len(signal.values) for signal in found.signals.values()} == {40}
    assert {signal.rate for signal in found.signals.values()} == {RATE}
    assert found.signals["eda"].values[8] == pytest.approx(5.078125)
    assert found.signals["ecg"].values[0] == 0
    assert found.duration == pytest.approx(0.4)
    assert found.start % 60 == pytest.approx(40.5)


def test_a_formula_that_the_file_does_not_tell_is_said(recording):
    """The usual one is taken, with a notice that names it and the others; one that was named needs no notice."""
    (notice, temp) = read_opensignals(recording).notices
    assert "eda of A1 by bitalino.eda.rev2020: the file does not tell the sensor's formula" in notice
    assert "others: rev2016, sample2016, bitalino1, as in talk.txt?channels=eda:A1/rev2016" in notice
    assert "temp of A3 by bitalino.temp.tmp" in temp
    named = read_opensignals(recording, [Wanted("eda", "A1", "rev2016")])
    assert named.notices == ()
    assert named.signals["eda"].values[8] == pytest.approx(0.729640, abs=1e-6)


def test_raw_channels_have_to_be_named(tmp_path):
    """The message lists them and shows how."""
    raw = file(tmp_path / "raw.txt", [bitalino(sensor=["RAW"] * 3)], rows(9))
    with pytest.raises(UnreadableSource, match=r"A1 \(RAW\), A2 \(RAW\), A3 \(RAW\)\); say it, as in 'raw.txt"):
        read_opensignals(raw)
    assert list(open_body(tmp_path / "raw.txt?channels=eda:A3/rev2016,ecg:A2").rates) == ["eda", "ecg"]
    with pytest.raises(UnreadableSource, match="no channel 'A6'; there are A1"):
        open_body(tmp_path / "raw.txt?channels=eda:A6")
    with pytest.raises(UnreadableSource, match="no stream is called 'gsr'"):
        open_body(tmp_path / "raw.txt?channels=gsr:A1")
    with pytest.raises(UnreadableSource, match="no formula 'x' for eda; choose one of rev2020"):
        open_body(tmp_path / "raw.txt?channels=eda:A1/x")


def test_lost_samples_leave_holes_where_the_counter_has_them(tmp_path):
    """Never closed up; modulo 16 for a BITalino, and the notice says so."""
    kept = rows(40)
    found = read_opensignals(file(tmp_path / "talk.txt", [bitalino()], kept[:10] + kept[13:]))
    holes = np.flatnonzero(np.isnan(found.signals["ecg"].values))
    assert holes.tolist() == [10, 11, 12]
    assert len(found.signals["ecg"].values) == 40
    assert "talk.txt: 3 samples lost by the counter of device 1, modulo 16" in found.notices


def test_a_row_that_cannot_be_read_is_a_hole(tmp_path):
    """It is reported with its line, and the counter keeps its place; the last row may have been cut."""
    kept = rows(20)
    path = file(tmp_path / "talk.txt", [bitalino()], [*kept[:5], ["#?!"], *kept[6:]])
    path.write_text(path.read_text()[:-3])
    found = read_opensignals(path)
    assert np.flatnonzero(np.isnan(found.signals["ecg"].values)).tolist() == [5]
    assert len(found.signals["ecg"].values) == 19
    assert "talk.txt:9: row skipped" in found.notices


def test_a_biosignalsplux_has_its_own_formulas_and_lists(tmp_path):
    """Its lists name analog channels only, so they are aligned from the right; its counter does not wrap at 16."""
    said = bitalino(
        device="biosignalsplux",
        column=["nSeq", "DI", "CH1", "CH2"],
        sensor=["EDA", "ECG"],
        resolution=[16, 16],
        label=["CH1", "CH2"],
    )
    data = [[number, 0, 15198, 33060] for number in (0, 1, 2, 40, 41)]
    found = read_opensignals(file(tmp_path / "plux.txt", [said], data, tail="", form=""))
    assert found.signals["eda"].values[0] == pytest.approx(5.797577, abs=1e-6)
    assert found.signals["ecg"].values[0] == pytest.approx(0.013117, abs=1e-6)
    assert len(found.signals["eda"].values) == 42
    assert found.notices == ("plux.txt: 37 samples lost by the counter of device 1",)
    with pytest.raises(UnreadableSource, match="biosignalsplux has one formula for eda; leave /rev2016 out"):
        read_opensignals(tmp_path / "plux.txt", [Wanted("eda", "CH1", "rev2016")])
    assert plux("temp", 16).formula(np.array([32768.0])) == pytest.approx([25.0002], abs=1e-3)


def test_converted_values_are_taken_as_they_are(tmp_path):
    """They are physical already, whatever the board."""
    data = [[n % 16, 0, 0, 0, 0, 4.25, -0.5, 33.1] for n in range(9)]
    found = read_opensignals(file(tmp_path / "c.txt", [bitalino(convertedValues=1)], data))
    assert [found.signals[name].values[3] for name in ("eda", "ecg", "temp")] == pytest.approx([4.25, -0.5, 33.1])
    assert found.notices == ()


def test_devices_stand_side_by_side(tmp_path):
    """The second one's channels are named with its number, and its counter is its own."""
    first = bitalino(column=["nSeq", "A1"], sensor=["EDA"], resolution=[4, 10], label=["hand"])
    second = bitalino(column=["nSeq", "A1"], sensor=["ECG"], resolution=[4, 10], label=["chest"])
    data = [[n % 16, 208, (n + 7) % 16, 512] for n in range(20)]
    path = file(tmp_path / "two.txt", [first, second], data)
    assert list(read_opensignals(path).signals) == ["eda", "ecg"]
    by_name = read_opensignals(path, [Wanted("ecg", "2.A1"), Wanted("eda", "hand")])
    assert by_name.signals["ecg"].values[0] == 0
    assert by_name.signals["eda"].values[0] == pytest.approx(5.078125)


def test_a_six_bit_temperature_is_refused(tmp_path):
    """It comes in steps of five degrees."""
    path = file(tmp_path / "t.txt", [bitalino(resolution=[4, 1, 1, 1, 1, 10, 10, 6])], rows(9))
    with pytest.raises(UnreadableSource, match="temp at 6 bits"):
        read_opensignals(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello\n", "not an OpenSignals text file"),
        ("# OpenSignals Text File Format\n# {\n# EndOfHeader\n", "the header is not JSON"),
        ("# OpenSignals Text File Format\n# {}\n# EndOfHeader\n", "the header names no device"),
        ('# OpenSignals Text File Format\n# {"a": {"device": "x"}}\n# EndOfHeader\n', "device 'a' .* is incomplete"),
    ],
)
def test_a_broken_header_is_refused_in_one_line(tmp_path, text, says):
    """What is wrong, and where."""
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(UnreadableSource, match=says):
        read_opensignals(tmp_path / "x.txt")
    with pytest.raises(SourceNotFound):
        read_opensignals(tmp_path / "nothing.txt")


def test_it_is_replayed_beside_an_audio_file(tmp_path, recording):
    """As an E4 export is."""
    audio = written(tmp_path / "talk.wav", sine(1))
    source = open_audio(audio, recording)
    events = list(source.events())
    assert source.rates == {"audio": 16_000, "eda": RATE, "ecg": RATE, "temp": RATE}
    assert len(samples(events, "ecg")) == 40
    assert in_order(events)
    assert gaps(events, "ecg")[-1].reason == "the OpenSignals recording has ended"
    assert AudioFile(audio).duration == source.duration
    assert recognise(recording) is Kind.OPENSIGNALS


def test_it_is_replayed_alone(tmp_path, recording):
    """To its own end; channels that the file does not name are said behind its name."""
    (source,) = open_recordings(recording)
    assert source.duration == pytest.approx(0.4)
    assert len(samples(source.events(), "ecg")) == 40
    assert gaps(source.events(), "ecg") == []
    raw = file(tmp_path / "raw.txt", [bitalino(sensor=["RAW"] * 3)], rows(9))
    (named,) = open_recordings(tmp_path / "raw.txt?channels=eda:A3/rev2016")
    assert named.rates == {"eda": RATE}
    with pytest.raises(UnreadableSource, match="say it, as in"):
        open_recordings(raw)


def test_a_file_without_samples_gives_streams_without_samples(tmp_path):
    """A recording that was stopped at once is no error."""
    found = read_opensignals(file(tmp_path / "e.txt", [bitalino()], []))
    assert [len(signal.values) for signal in found.signals.values()] == [0, 0, 0]
    assert samples(open_audio(written(tmp_path / "a.wav", sine(1)), tmp_path / "e.txt").events(), "eda").size == 0
