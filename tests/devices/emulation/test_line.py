"""Harm on the wire: what arrives, and that the log says the truth about it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from devices.emulation.line import HARMS, Line, seen_at

STREAM = bytes(range(256)) * 4
strikes = st.lists(st.tuples(st.sampled_from(HARMS), st.integers(1, 8), st.integers(0, 900)), max_size=8)


def in_pieces(line: Line, cuts: list[int]) -> bytes:
    edges = [0, *sorted(cuts), len(STREAM)]
    return b"".join(line.push(STREAM[a:b]) for a, b in pairwise(edges))


@given(strikes, st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_chunking_suffers_the_same(planned, cuts):
    """A line gives the same bytes and the same log however its input is cut."""
    whole, cut = Line(7), Line(7)
    for line in (whole, cut):
        for harm, count, at in planned:
            line.strike(harm, count, at)
    assert in_pieces(cut, cuts) == whole.push(STREAM)
    assert cut.log == whole.log
    assert cut.passed == len(STREAM)


@given(st.sampled_from(HARMS), st.integers(1, 8), st.integers(1, 1000))
def test_the_log_explains_what_arrived(harm, count, at):
    """What arrives is what was sent, with the logged bytes in place of the removed ones."""
    line = Line(3)
    line.strike(harm, count, at)
    out = line.push(STREAM)
    (done,) = line.log
    assert out == STREAM[: done.at] + done.added + STREAM[done.at + done.removed :]
    assert out != STREAM


def test_a_frame_is_spoilt_only_by_harm_inside_it():
    """Bytes inserted between two frames touch neither; inside one they touch that one."""
    line = Line()
    line.strike("zeros", 3, at=8)
    line.strike("drop", 2, at=13)
    line.push(STREAM)
    spoilt = [any(d.spoils(k, k + 4) for d in line.log) for k in range(0, 24, 4)]
    assert spoilt == [False, False, False, True, False, False]


@given(st.binary(max_size=200))
def test_the_right_baud_rate_changes_nothing(data):
    """Bytes seen at the rate at which they were sent, or 2 % beside it, are those that were sent."""
    assert seen_at(data, 115_200, 115_200) == data
    assert seen_at(data, 115_200, 117_500) == data


def test_text_read_too_slowly_is_scarce_garbage():
    """115200 baud text read at 9600 shrinks about twelvefold and has no lines."""
    sent = b"EDA:0.53,ECG:512,TEMP:32.1\r\n" * 200
    seen = seen_at(sent, 115_200, 9_600)
    assert 0.06 * len(sent) < len(seen) < 0.09 * len(sent)
    assert b"EDA" not in seen
    assert b"\n" not in seen


def test_bytes_read_too_fast_are_all_zero():
    """9600 baud read at 115200 gives nothing but 00, for each low bit is longer than a character."""
    assert set(seen_at(b"S512\r\n" * 50, 9_600, 115_200)) == {0}
