"""KEMDy19 biosignal files in bulk: the same numbers as the plain way gives, whatever the file looks like."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices import kemdy_bulk
from devices.kemdy_bulk import RowReader
from devices.kemdy_decimals import decimals
from devices.kemdy_means import read_means
from devices.kemdy_rows import FORM
from devices.source import UnreadableSource
from tests.kemdy19_fixture import Plan, bio_path, edit, edit_line, make_corpus, time_of_day, write


@pytest.fixture
def corpus(tmp_path):
    return make_corpus(tmp_path, Plan(lost={"eda": (3.0, 5.5)}, reset_at=20.0))


def plain_means(path, column):
    groups = {}
    for line in path.read_text().splitlines():
        cells = line.split(",")
        if len(cells) == 4:
            groups.setdefault(cells[3], []).append(float(cells[column]))
    return {segment: (len(values), pytest.approx(np.mean(values))) for segment, values in groups.items()}


@given(st.lists(st.decimals(-1e9, 1e9, places=6) | st.decimals(-5, 5, places=11) | st.integers(-99, 99), min_size=1))
def test_decimals_are_exactly_those_of_float(numbers):
    texts = [f"{number:f}" if not isinstance(number, int) else str(number) for number in numbers]
    content = ",".join(texts).encode()
    stops = np.cumsum([len(text) + 1 for text in texts]) - 1
    starts = np.concatenate([[0], stops[:-1] + 1])
    values, plain = decimals(np.frombuffer(content + bytes(32), np.uint8), starts, stops)
    assert values[plain].tolist() == [float(text) for text, good in zip(texts, plain, strict=True) if good]
    assert plain.tolist() == [sum(map(str.isdigit, text)) <= 15 for text in texts]


@pytest.mark.parametrize("text", ["", "-", ".", "1.2.3", "1-2", "1e5", "nan", "+1", " 1", "0x1", "1" * 18])
def test_what_is_no_plain_decimal_is_left_to_float(text):
    _, plain = decimals(np.frombuffer(text.encode() + bytes(32), np.uint8), np.array([0]), np.array([len(text)]))
    assert not plain[0]


@pytest.mark.parametrize("chunk", [20_000, 20_011, 1 << 19])
@pytest.mark.parametrize(("stream", "column"), [("eda", 0), ("temp", 0), ("ecg", 1)])
def test_every_tagged_row_counts_for_its_segment_however_the_file_is_cut(corpus, monkeypatch, stream, column, chunk):
    path = bio_path(corpus, stream, "F")
    monkeypatch.setattr(kemdy_bulk, "_CHUNK", chunk if stream == "ecg" else chunk // 10)
    means = read_means(path, stream)
    assert {each: (found.count, found.mean) for each, found in means.segments.items()} == plain_means(path, column)
    assert means.rows == means.outside + sum(found.count for found in means.segments.values())


ROW = re.compile(r"([^,]+),([^,]+),\d\d:\d\d:\d\d\.\d{3}(?:,|,(Sess\d\d_(?:script|impro)\d\d_[FM]\d{3}))?")
WHOLE = "".join(
    f"{value:.6f},{n / 4},{time_of_day(n / 4)}{',Sess99_impro01_F001' if n % 20 > 9 else ''}\n"
    for n, value in enumerate(np.random.default_rng(99).normal(size=60))
)


def plain_rows(text):
    """Read what can be read, line by line; the texts of the others."""
    rows, bad = [], []
    for line in filter(None, map(str.strip, text.split("\n"))):
        match = ROW.fullmatch(line)
        try:
            rows.append((float(match[1]), float(match[2]), match[3] or ""))
        except (TypeError, ValueError):
            bad.append(line)
    whole = [row for row in rows if np.isfinite(row[:2]).all()]
    return whole, len(bad) + len(rows) - len(whole)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.sampled_from("0123456789.,,::-+eE \r\n\nSFMx_"))))
def test_whatever_happened_to_a_file_its_rows_are_those_that_a_plain_reader_finds(tmp_path, changes):
    text = list(WHOLE)
    for position, character in changes:
        text[position] = character
    path = tmp_path / "changed.csv"
    write(path, "".join(text))
    reader = RowReader(path, FORM)
    pieces = list(reader.rows())
    rows = [
        (*numbers, tag.decode()) for piece in pieces for *numbers, tag in zip(*piece.numbers, piece.tags, strict=True)
    ]
    expected, bad = plain_rows("".join(text))
    assert rows == expected
    assert reader.unread + reader.headers == bad
    assert reader.count == len(expected) + bad


def test_gaps_and_recordings_begun_anew_are_counted(corpus):
    eda, temp = (read_means(bio_path(corpus, stream, "F"), stream) for stream in ("eda", "temp"))
    assert (eda.gaps, eda.lost_s, eda.restarts) == (1, 2.5, 1)
    assert (temp.gaps, temp.lost_s, temp.restarts) == (0, 0.0, 1)


def test_a_wrong_time_of_day_is_no_gap(corpus):
    path = bio_path(corpus, "temp", "F")
    edit(path, lambda text: text.replace(",09:30:03.250", ",12:30:03.250"))
    assert read_means(path, "temp").gaps == 0


def test_zeros_count_in_means_and_are_told(corpus):
    path = bio_path(corpus, "eda", "M")
    line = next(n for n, row in enumerate(path.read_text().splitlines(), 1) if "script01_M001" in row)
    before = read_means(path, "eda").segments["Sess99_script01_M001"]
    row = path.read_text().splitlines()[line - 1].split(",")
    edit_line(path, line, ",".join(["0.000000", *row[1:]]))
    after = read_means(path, "eda")
    assert after.zeros == 1
    assert after.segments["Sess99_script01_M001"].count == before.count
    assert after.segments["Sess99_script01_M001"].total == pytest.approx(before.total - float(row[0]))


@pytest.mark.parametrize(
    "row", ["##,##", "1,2", "1.5,12.0,9:30", "x,12.0,09:30:12.000", "nan,1.0,09:30:12.000", "1,1,09:30:12.000,Sess99"]
)
def test_a_row_that_is_none_is_reported_with_its_line(corpus, row):
    path = bio_path(corpus, "temp", "F")
    rows = read_means(path, "temp").rows
    edit_line(path, 9, row)
    means = read_means(path, "temp")
    assert (means.rows, means.unread) == (rows, 1)
    assert means.notices == (f"Sess99F.csv:9: row skipped: {row!r}",)


def test_unusual_numbers_and_a_byte_order_mark_are_read_one_by_one(corpus):
    path = bio_path(corpus, "temp", "F")
    whole = read_means(path, "temp")
    rows = path.read_text().splitlines()
    line = next(n for n, row in enumerate(rows, 1) if "script01_F001" in row)
    cells = rows[line - 1].split(",")
    edit_line(path, line, ",".join([f"{float(cells[0]):+e}", *cells[1:]]))
    edit(path, lambda text: "\ufeff" + text)
    means = read_means(path, "temp")
    assert (means.rows, means.unread) == (whole.rows, 0)
    assert means.segments["Sess99_script01_F001"].mean == pytest.approx(whole.segments["Sess99_script01_F001"].mean)


def test_a_header_line_ends_and_a_truncated_last_row_are_told_apart(corpus):
    path = bio_path(corpus, "eda", "F")
    whole = read_means(path, "eda")
    edit(path, lambda text: "value,elapsed,time\r\n" + text.rstrip("\n")[:-3].replace("\n", "\r\n"))
    means = read_means(path, "eda")
    assert (means.rows, means.headers, means.unread) == (whole.rows + 1, 1, 1)
    assert [notice.split(": ")[1] for notice in means.notices] == ["header skipped", "truncated last row dropped"]
    assert means.segments.keys() == whole.segments.keys()


def test_many_bad_rows_are_counted_and_not_listed(corpus):
    path = bio_path(corpus, "eda", "F")
    edit(path, lambda text: text + "garbage\n" * 1000)
    means = read_means(path, "eda")
    assert means.unread == 1000
    assert len(means.notices) == 4
    assert means.notices[-1] == "Sess99F.csv: 997 more rows skipped, 1000 in all"


def test_garbage_without_line_ends_is_one_bad_row(corpus, monkeypatch):
    monkeypatch.setattr(kemdy_bulk, "_CHUNK", 2000)
    path = bio_path(corpus, "eda", "F")
    rows = read_means(path, "eda").rows
    edit(path, lambda text: text + "x" * 100_000 + "\n" + text.splitlines()[-1] + "\n")
    means = read_means(path, "eda")
    assert (means.rows, means.unread) == (rows + 2, 1)


def test_an_empty_file_holds_nothing(tmp_path):
    write(tmp_path / "empty.csv", "")
    assert read_means(tmp_path / "empty.csv", "eda").rows == 0


def test_a_file_in_which_time_cannot_be_told_or_of_another_sensor_is_refused(corpus, tmp_path):
    write(tmp_path / "twice.csv", "".join(f"{n / 4},{n / 4},{time_of_day(n / 4)}\n" for n in range(90)))
    with pytest.raises(UnreadableSource, match=r"twice\.csv: both of the first two columns"):
        read_means(tmp_path / "twice.csv", "eda")
    with pytest.raises(UnreadableSource, match="250 samples a second where 4 are due"):
        read_means(bio_path(corpus, "ecg", "F"), "eda")
