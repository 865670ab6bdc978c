"""KEMDy19 biosignal files: which column is time, what is missing, what cannot be read."""

import numpy as np
import pytest

from devices.kemdy_bio import read_scene_signal, read_signal, scene_offset
from devices.source import UnreadableSource
from tests.kemdy19_fixture import time_of_day, write


def rows(values, rate, *, swapped=False, tag="", since=0.0, elapsed_from=None):
    """Write consecutive rows; the first is `since` seconds after the sensor was switched on."""
    lines = []
    for n, value in enumerate(values):
        elapsed = f"{n / rate + (since if elapsed_from is None else elapsed_from):.3f}"
        pair = f"{elapsed},{value}" if swapped else f"{value},{elapsed}"
        lines.append(f"{pair},{time_of_day(since + n / rate)}{',' + tag if tag else ''}")
    return lines


def noise(n, step=0.00361505):
    return [f"{value * step:.8g}" for value in np.random.default_rng(99).integers(-500, 500, n)]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Sess99F.csv"

    def save(*parts, end="\n"):
        write(path, "\n".join(line for part in parts for line in part) + end)
        return path

    return save


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("stream", "rate"), [("eda", 4), ("ecg", 250)])
def test_time_is_recognised_in_either_column_of_any_stream(file, swapped, stream, rate):
    values = noise(1000)
    signal = read_signal(file(rows(values, rate, swapped=swapped)), stream)
    assert signal.values.tolist() == pytest.approx([float(value) for value in values])
    assert signal.elapsed[4] == pytest.approx(4 / rate)


def test_a_constant_temperature_is_not_taken_for_time(file):
    assert set(read_signal(file(rows(["30.02"] * 400, 4)), "temp").values) == {np.float32(30.02)}


def test_an_ecg_that_climbs_by_one_quantum_a_sample_is_not_taken_for_time(file):
    climb = [f"{n * 0.00361505:.8g}" for n in range(300)]
    signal = read_signal(file(rows(climb + noise(600), 250, swapped=True)), "ecg")
    assert signal.values[299] == pytest.approx(299 * 0.00361505)


def test_time_printed_with_two_decimals_is_still_time(file):
    lines = [f"{n / 250:.2f},{value},{time_of_day(n / 250)}" for n, value in enumerate(noise(1000))]
    assert abs(read_signal(file(lines), "ecg").values).max() < 3


def test_a_column_that_only_rises_decides_where_the_clock_does_not(file):
    late = [0.005 if n % 5 > 2 else 0.0 for n in range(40)]
    lines = [f"{n / 4:.2f},{value},{time_of_day(n / 4 + late[n])}" for n, value in enumerate(noise(40))]
    assert read_signal(file(lines), "eda").elapsed[3] == 0.75


@pytest.mark.parametrize("which", ["both", "neither"])
def test_a_file_in_which_time_cannot_be_told_is_refused_by_name(file, which):
    values = [f"{n / 4}" for n in range(100)] if which == "both" else noise(100)
    lines = rows(values, 4) if which == "both" else [f"{v},{v},{time_of_day(n / 4)}" for n, v in enumerate(values)]
    with pytest.raises(UnreadableSource, match=rf"Sess99F\.csv: {which} of the first two columns"):
        read_signal(file(lines), "eda")


def test_a_file_of_another_sensor_is_refused(file):
    with pytest.raises(UnreadableSource, match=r"Sess99F\.csv: 250 .* a second where 4 are due"):
        read_signal(file(rows(noise(1000), 250, swapped=True)), "eda")


def test_missing_rows_are_a_gap_of_their_exact_length(file):
    signal = read_signal(file(rows(noise(40), 4), rows(noise(40), 4, since=59.25)), "eda")
    first, second = signal.stretches(signal.clock[0])
    assert (len(first.values), len(second.values)) == (40, 40)
    assert second.time == 59.25
    assert second.lost_because == "no rows in the file"


def test_a_recording_started_anew_begins_a_new_stretch_although_elapsed_repeats(file):
    signal = read_signal(file(rows(noise(400), 4), rows(noise(40), 4, since=100.0, elapsed_from=0.25)), "eda")
    first, second = signal.stretches(signal.clock[0])
    assert second.time == first.time + 100.0
    assert second.lost_because == "the sensor's recording was started anew"


def test_time_goes_on_past_midnight(file):
    before_midnight = 14.5 * 3600 - 5
    signal = read_signal(file(rows(noise(80), 4, since=before_midnight)), "eda")
    assert len(signal.stretches(signal.clock[0])) == 1


def test_garbage_rows_are_skipped_and_reported_with_file_and_line(file):
    lines = rows(noise(40), 4)
    lines[7] = "##,##"
    lines[9] = lines[9].replace("09:", "99-")
    signal = read_signal(file(lines), "eda")
    assert len(signal.values) == 38
    assert signal.notices == (
        "Sess99F.csv:8: row skipped: '##,##'",
        f"Sess99F.csv:10: row skipped: {lines[9]!r}",
    )


@pytest.mark.parametrize("stray", [3600.0, -3600.0])
def test_one_row_with_a_wrong_time_is_skipped_and_moves_no_other(file, stray):
    lines = rows(noise(40), 4, since=10.0)
    lines[20] = lines[20].replace(time_of_day(15.0), time_of_day(15.0 + stray))
    signal = read_signal(file(lines), "eda")
    assert signal.clock[-1] - signal.clock[0] == pytest.approx(39 / 4)
    assert signal.notices == ("Sess99F.csv:21: row skipped: its time of day is out of order",)


def test_a_truncated_last_row_is_dropped_and_reported(file):
    lines = rows(noise(40), 4, tag="Sess99_script01_F001")
    signal = read_signal(file(lines[:-1], [lines[-1][:-2]], end=""), "eda")
    assert len(signal.values) == 39
    assert signal.notices[0].startswith("Sess99F.csv:40: truncated last row dropped: ")


def test_a_missing_final_newline_and_other_line_ends_lose_nothing(file):
    lines = rows(noise(40), 4)
    assert len(read_signal(file([line + "\r" for line in lines], end=""), "eda").values) == 40


def test_a_header_is_skipped_and_reported(file):
    signal = read_signal(file(["value,time,clock"], rows(noise(40), 4)), "eda")
    assert signal.notices == ("Sess99F.csv:1: header skipped: 'value,time,clock'",)
    assert len(signal.values) == 40


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_file_holds_no_signal(tmp_path, text):
    path = tmp_path / "Sess99F.csv"
    path.write_text(text)
    assert read_signal(path, "eda") is None
    assert read_scene_signal(path, "eda", "Sess99_script01", {}, 60.0) is None


def scene_file(file, lead=400):
    return file(
        rows(noise(lead), 4),
        rows(noise(20), 4, since=lead / 4, tag="Sess99_script01_F001"),
        rows(noise(12), 4, since=lead / 4 + 5),
        rows(noise(20), 4, since=lead / 4 + 8, tag="Sess99_script01_M001"),
        rows(noise(4000), 4, since=lead / 4 + 13),
    )


STARTS = {"Sess99_script01_F001": 0.0, "Sess99_script01_M001": 8.0}


def test_of_a_long_file_only_the_scene_and_its_surroundings_are_parsed(file):
    path = scene_file(file)
    signal = read_scene_signal(path, "eda", "Sess99_script01", STARTS, 13.0)
    assert 52 <= len(signal.values) < 400
    assert scene_offset(signal, STARTS) == signal.clock[signal.segments["Sess99_script01_F001"]]


def test_garbage_near_the_scene_is_reported_with_its_line_in_the_file(file):
    path = scene_file(file, lead=2000)
    lines = path.read_text().splitlines()
    lines[2005] = "garbage"
    write(path, "\n".join(lines) + "\n")
    signal = read_scene_signal(path, "eda", "Sess99_script01", STARTS, 13.0)
    assert signal.notices == ("Sess99F.csv:2006: row skipped: 'garbage'",)


def test_one_misplaced_segment_does_not_move_the_scene(file):
    starts = {f"Sess99_script01_F00{n}": 5.0 * n for n in range(1, 6)}
    parts = [rows(noise(20), 4, since=100 + start, tag=tag) for tag, start in starts.items()]
    signal = read_signal(file(*parts), "eda")
    plain = scene_offset(signal, starts)
    assert scene_offset(signal, starts | {"Sess99_script01_F003": 99.0}) == plain


def test_a_scene_without_rows_has_no_offset(file):
    signal = read_signal(file(rows(noise(40), 4)), "eda")
    assert scene_offset(signal, STARTS) is None
