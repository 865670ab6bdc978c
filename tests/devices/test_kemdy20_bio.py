"""KEMDy20 biosignal files: head rows, tagged rows, missing beats, empty files."""

import numpy as np
import pytest

from devices.kemdy20_bio import read_beats, read_means20
from devices.source import UnreadableSource
from tests.kemdy19_fixture import edit, edit_line, write
from tests.kemdy20_fixture import bio_path20, make_corpus20, stamp

HEAD = f"1700000000.000000,{stamp(1_700_000_000)}\n4.000000,hz\n"


@pytest.fixture
def path(tmp_path):
    def find(stream):
        return bio_path20(make_corpus20(tmp_path), stream, "script01", "User197F")

    return find


def plain_means(path, column, head):
    """Group the rows of a file in the most straightforward way."""
    groups = {}
    for line in path.read_text().splitlines()[head:]:
        cells = line.split(",")
        if cells[-1].startswith("Sess"):
            groups.setdefault(cells[-1], []).append(float(cells[column]))
    return {segment: (len(values), np.mean(values)) for segment, values in groups.items()}


@pytest.mark.parametrize(("stream", "column", "head"), [("eda", 0, 2), ("temp", 0, 2), ("ibi", 1, 1)])
def test_every_tagged_row_counts_for_its_segment(path, stream, column, head):
    file = path(stream)
    means, expected = read_means20(file, stream), plain_means(file, column, head)
    assert len(expected) == 3
    assert {each: (found.count, pytest.approx(found.mean)) for each, found in means.segments.items()} == expected
    assert means.rows == means.outside + sum(found.count for found in means.segments.values())
    assert means.notices == ()


def test_the_time_stamp_is_korean_time():
    assert stamp(1_700_000_000) == "2023-1115-0713-20-000"


def test_beats_that_are_missing_are_a_hole(path):
    beats = read_beats(path("ibi"))
    assert np.flatnonzero(~beats.follows).tolist() == [0, 4]
    assert beats.means.gaps == 1
    assert beats.times[4] - beats.times[3] > beats.intervals[4]


@pytest.mark.parametrize("stream", ["eda", "ibi"])
def test_an_empty_file_is_no_data(tmp_path, stream):
    write(tmp_path / "file.csv", "")
    means = read_means20(tmp_path / "file.csv", stream)
    assert (means.rows, means.segments) == (0, {})


def test_no_beat_at_all_is_no_data(tmp_path):
    write(tmp_path / "file.csv", f"1700000000.000000,IBI,{stamp(1_700_000_000)}\n")
    assert len(read_beats(tmp_path / "file.csv").times) == 0


def test_a_row_that_is_none_is_reported_with_its_line(path):
    file = path("eda")
    edit_line(file, 7, "0.5,yesterday")
    means = read_means20(file, "eda")
    assert means.unread == 1
    assert means.notices == (f"{file.name}:7: row skipped: '0.5,yesterday'",)


def test_a_truncated_last_row_is_dropped_and_line_ends_do_not_matter(path):
    file = path("temp")
    whole = read_means20(file, "temp")
    edit(file, lambda text: text.rstrip("\n")[:-3].replace("\n", "\r\n"))
    cut = read_means20(file, "temp")
    assert (cut.rows, cut.unread, cut.outside) == (whole.rows, 1, whole.outside - 1)
    assert "truncated last row dropped" in cut.notices[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2.25,09:30:12.000\n", r"file\.csv:1: expected a start time and a time stamp"),
        (HEAD.replace("4.0", "64.0"), r"file\.csv:2: expected 4\.000000,hz, found '64\.000000,hz'"),
        (HEAD + f"2.5,{stamp(1_700_000_000)}\n2.5,{stamp(1_700_000_001)}\n", "1 samples a second where 4 are due"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(tmp_path, text, why):
    write(tmp_path / "file.csv", text)
    with pytest.raises(UnreadableSource, match=why):
        read_means20(tmp_path / "file.csv", "eda")


def test_an_eda_file_is_no_ibi_file(path):
    with pytest.raises(UnreadableSource, match=":1: expected a start time"):
        read_means20(path("eda"), "ibi")
