"""Empatica E4 exports: every file, every quirk."""

import numpy as np
import pytest

from devices.empatica import read_e4
from devices.source import SourceNotFound, UnreadableSource
from tests.devices.files import START, export


def test_signals_carry_start_rate_and_values(tmp_path):
    recording = read_e4(export(tmp_path))
    eda = recording.signals["eda"]
    assert (recording.start, eda.start, eda.rate) == (START, START, 4.0)
    assert eda.values.tolist() == pytest.approx([0.0, 1.227851, 1.230414, 1.232976])
    assert recording.ibi.times.tolist() == [0.5, 1.0625]
    assert recording.ibi.intervals.tolist() == [0.5, 0.5625]
    assert recording.end == START + 1.0625
    assert recording.notices == ()


def test_signals_that_began_later_keep_their_own_start(tmp_path):
    recording = read_e4(export(tmp_path, HR=f"{START + 10}.000000\n1.000000\n90.00\n"), ("eda", "hr"))
    assert recording.start == START
    assert recording.signals["hr"].start == START + 10


def test_acceleration_has_three_columns(tmp_path):
    head = f"{START}.0, {START}.0, {START}.0\n32.0, 32.0, 32.0\n"
    recording = read_e4(export(tmp_path, ACC=head + "-61,25,6\n-35,44,32\n"), ("acc",))
    assert recording.signals["acc"].values.tolist() == [[-61, 25, 6], [-35, 44, 32]]


def test_decimal_commas_are_read(tmp_path):
    plain = read_e4(export(tmp_path / "points"))
    folder = export(tmp_path / "commas")
    for path in folder.iterdir():
        path.write_text(path.read_text().replace(".", ","))
    commas = read_e4(folder)
    assert commas.start == plain.start
    assert all(np.array_equal(commas.signals[name].values, plain.signals[name].values) for name in plain.signals)
    assert np.array_equal(commas.ibi.intervals, plain.ibi.intervals)


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path, change):
    folder = export(tmp_path)
    plain = read_e4(folder)
    for path in folder.iterdir():
        path.write_text(change(path.read_text()), encoding="utf-8", newline="")
    changed = read_e4(folder)
    assert changed.notices == ()
    assert np.array_equal(changed.signals["temp"].values, plain.signals["temp"].values)


def test_a_garbage_row_keeps_its_place_in_time_and_is_reported(tmp_path):
    recording = read_e4(export(tmp_path, TEMP=f"{START}.0\n4.0\n31.61\n#?!\n31.63\n"))
    values = recording.signals["temp"].values
    assert np.isnan(values).tolist() == [False, True, False]
    assert recording.notices == ("TEMP.csv:4: row skipped: '#?!'",)


def test_many_garbage_rows_are_counted_not_listed(tmp_path):
    recording = read_e4(export(tmp_path, TEMP=f"{START}.0\n4.0\n31.61\n" + "x\n" * 100 + "31.63\n"))
    assert len(recording.notices) == 4
    assert recording.notices[-1] == "TEMP.csv: 97 more rows skipped, 100 in all"


def test_a_last_row_that_was_cut_is_dropped_and_reported(tmp_path):
    recording = read_e4(export(tmp_path, EDA=f"{START}.0\n4.0\n1.227851\n1.23"))
    assert np.isnan(recording.signals["eda"].values).tolist() == [False, True]
    assert recording.notices == ("EDA.csv:4: row skipped: '1.23'",)


def test_a_missing_final_newline_loses_nothing(tmp_path):
    recording = read_e4(export(tmp_path, EDA=f"{START}.0\n4.0\n1.227851\n1.230414"))
    assert len(recording.signals["eda"].values) == 2
    assert recording.notices == ()


@pytest.mark.parametrize("text", ["", f"{START}.0, IBI\n"])
def test_no_beats_is_no_error(tmp_path, text):
    recording = read_e4(export(tmp_path, IBI=text))
    assert recording.ibi is None or not len(recording.ibi.times)
    assert "eda" in recording.signals


def test_a_missing_file_is_reported(tmp_path):
    recording = read_e4(export(tmp_path, TEMP=None))
    assert "temp" not in recording.signals
    assert recording.notices == ("no temp: TEMP.csv is missing",)


def test_a_folder_without_any_signal_is_refused(tmp_path):
    with pytest.raises(UnreadableSource, match=r"not an Empatica E4 export: it has data in none of EDA\.csv TEMP"):
        read_e4(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(SourceNotFound, match="nowhere: no such folder"):
        read_e4(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("garbage\n4.0\n1.0\n", r"EDA\.csv:1: expected a start time in Unix seconds, found 'garbage'"),
        (f"{START}.0\n", r"EDA\.csv:2: expected a rate in hertz, found ''"),
        (f"{START}.0\n0.0\n1.0\n", r"EDA\.csv:2: expected a rate in hertz, found '0\.0'"),
    ],
)
def test_a_broken_head_is_refused_with_file_and_line(tmp_path, text, complaint):
    with pytest.raises(UnreadableSource, match=complaint):
        read_e4(export(tmp_path, EDA=text))


def test_real_exports_are_read_whole(shared_data):
    folders = [*(shared_data / "bio").glob("e4_*_sample"), shared_data / "bio/stress_predict_e4/S16"]
    for folder in folders:
        recording = read_e4(folder)
        assert recording.notices == ()
        assert np.isfinite(recording.signals["eda"].values).all()
        assert len(recording.ibi.times) > 500
        assert (np.diff(recording.ibi.times) > 0).all()
