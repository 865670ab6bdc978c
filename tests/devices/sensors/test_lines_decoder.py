"""Lines of text become frames: never from a line that may be cut, always with what is missing counted."""

from functools import reduce
from math import isnan
from operator import xor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sensors.frames import Channel, Frame, Layout, Lost, Remark
from devices.sensors.lines_decoder import LinesDecoder
from tests.devices.sensors.decoding import check_books, cuts, decode, frames, holes


def sealed(line: str) -> str:
    return f"{line}*{reduce(xor, line.encode(), 0):02X}"


def lines(*texts: str, end: str = "\r\n") -> bytes:
    return "".join(text + end for text in texts).encode()


def columns(events) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for frame in frames(events):
        found.setdefault(frame.layout, []).append(frame.values[0])
    return found


def remarks(events) -> list[str]:
    return [event.text for event in events if isinstance(event, Remark)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_end_of_a_line(end):
    """Sketches end lines as they like."""
    assert columns(decode(LinesDecoder(), lines("x", "EDA:1", "EDA:2", end=end))) == {"EDA": [1, 2]}


def test_the_first_line_is_no_data():
    """A line that may have begun before the port was opened can be another number than it looks."""
    assert columns(decode(LinesDecoder(), b"2\n513\n514\n")) == {"value": [513, 514]}
    assert columns(decode(LinesDecoder(), b'{"a":1}\n{"a":2}\n')) == {"a": [2]}


def test_a_header_that_comes_first_counts():
    """A board that begins anew when its port is opened prints its header once, at the very start."""
    events = decode(LinesDecoder(), lines("t_ms,eda,ecg", "1000,0.5,512", "1004,0.6,513"))
    assert [(frame.layout, frame.values[0], frame.ticks) for frame in frames(events)] == [
        ("eda", 0.5, 1_000_000),
        ("ecg", 512, 1_000_000),
        ("eda", 0.6, 1_004_000),
        ("ecg", 513, 1_004_000),
    ]


def test_a_number_cut_in_two_is_not_a_line():
    """Bytes that come in two reads are one number."""
    books = LinesDecoder()
    assert books.push(b"x\n51") == [Remark("log", "x")]
    assert columns(books.push(b"2\n")) == {"value": [512]}


def test_fields_must_fit_the_names():
    """A line of more or fewer values than there are names is damaged, not data."""
    books = LinesDecoder(("eda", "ecg"))
    events = decode(books, lines("", "1,2", "3", "4,5,6", "7,8"))
    assert columns(events) == {"eda": [1, 7], "ecg": [2, 8]}
    assert holes(events)[0] == Lost(
        "eda", 1, 2, len(lines("", "1,2", "3", "4,5,6", "7,8")) - 1, "unreadable", exact=False
    )
    assert [frame.index for frame in frames(events)] == [0, 0, 3, 3]
    assert books.counters.broken == 2


def test_numbers_without_names_say_what_to_add():
    """Values that nobody named are refused with what to write."""
    events = decode(LinesDecoder(), lines("", "1,2,3", "4,5,6"))
    assert remarks(events) == ["lines of 3 numbers without names: add columns=NAME,NAME,..."]
    assert not frames(events)


def test_names_that_were_asked_for_outrank_a_header():
    """Whoever gives columns knows better than the sketch."""
    assert columns(decode(LinesDecoder(("a", "b")), lines("x,y", "1,2"))) == {"a": [1], "b": [2]}


def test_a_header_may_change():
    """A sketch that prints other columns says so by a new header."""
    assert columns(decode(LinesDecoder(), lines("a,b", "1,2", "b,c", "3,4"))) == {"a": [1], "b": [2, 3], "c": [4]}


def test_a_sentence_is_no_header():
    """Words between blanks do not rename the columns of a running sketch."""
    events = decode(LinesDecoder(), lines("a,b", "1,2", "electrodes loose", "3,4"))
    assert columns(events) == {"a": [1, 3], "b": [2, 4]}


def test_each_column_keeps_its_own_pace():
    """A sketch may print one value often and another seldom."""
    events = decode(LinesDecoder(), lines("", "ECG:1", "ECG:2,EDA:0.5", "ECG:3"))
    assert columns(events) == {"ECG": [1, 2, 3], "EDA": [0.5]}
    assert [frame.index for frame in frames(events) if frame.layout == "ECG"] == [0, 1, 2]


def test_units_and_rate_are_what_the_sketch_says():
    """A comment gives units and rate, before the data or after."""
    books = LinesDecoder()
    events = decode(books, lines("# eda:uS,ecg:adc10,fs=250", "EDA:1,ECG:2", "x", "# eda:nS"))
    assert books.layouts == [
        Layout("EDA", (Channel("EDA", "nS"),), 250, "arrival"),
        Layout("ECG", (Channel("ECG", "adc10"),), 250, "arrival"),
    ]
    assert remarks(events) == ["the device sends EDA (uS), ECG (adc10)", "x", "the device sends EDA (nS)"]


def test_a_count_of_lines_and_a_rate_are_a_clock():
    """With `n` and a rate the index tells the time, and what is missing is known exactly."""
    books = LinesDecoder(rate=100)
    events = decode(books, lines("", "n:5,EDA:1", "n:6,EDA:2", "n:10,EDA:3"))
    assert books.layouts == [Layout("EDA", (Channel("EDA", ""),), 100, "index")]
    assert [(hole.index, hole.count, hole.exact) for hole in holes(events)] == [(2, 3, True)]
    assert [frame.index for frame in frames(events)] == [0, 1, 5]


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ((254, 255, 0, 1), []),
        ((65534, 1), [2]),
        ((7, 8, 8, 9), []),
        ((700, 3, 4), [None]),
        ((7, 8_000_000, 9), [None, None]),
    ],
)
def test_counters_turn_repeat_and_begin_anew(numbers, missing):
    """Eight and sixteen bits turn; what comes twice is one; a board that began anew lost nobody knows what."""
    events = decode(LinesDecoder(), lines("", *(f"n:{n},EDA:1" for n in numbers)))
    assert [hole.count for hole in holes(events)] == missing


def test_a_checksum_by_chance_does_no_harm():
    """Noise that ends in a right checksum, among lines without, costs the next line and no more."""
    texts = ["", "EDA:1", sealed("EDA:2"), "EDA:3", "EDA:4"]
    assert columns(decode(LinesDecoder(), lines(*texts))) == {"EDA": [1, 2, 4]}


def test_a_clock_by_chance_does_no_harm():
    """A column that began without the device's clock goes on without it."""
    texts = ["", "EDA:1", "t:5,EDA:2", "EDA:3"]
    books = LinesDecoder()
    assert columns(decode(books, lines(*texts))) == {"EDA": [1, 2, 3]}
    assert books.layouts[0].clock == "arrival"


def test_a_checksum_is_believed_and_then_asked_for():
    """A wrong one is no data, and neither is a line without one after the first that had it."""
    texts = ["", sealed("EDA:1"), "EDA:2*00", "EDA:3", sealed("EDA:4")]
    events = decode(LinesDecoder(), lines(*texts))
    assert columns(events) == {"EDA": [1, 4]}
    assert [(hole.count, hole.exact) for hole in holes(events)] == [(2, False)]


@pytest.mark.parametrize(
    ("column", "values", "ticks"),
    [
        ("t_ms", (10, 20), (10_000, 20_000)),
        ("micros", (4294967290, 10), (4294967290, 4294967306)),
        ("ms", (4294967295, 4), (4294967295_000, 4294967300_000)),
        ("t", (1000, 3), (1_000_000, 3000)),
    ],
)
def test_the_device_may_tell_the_time(column, values, ticks):
    """Columns of time become ticks, through the turn of 32 bits; a board that begins anew begins at its zero."""
    books = LinesDecoder()
    events = decode(books, lines("", *(f"{column}:{value},EDA:1" for value in values)))
    assert tuple(frame.ticks for frame in frames(events)) == ticks
    assert (books.layouts[0].clock, books.layouts[0].tick_hz) == ("ticks", 1e6)


def test_the_unit_of_time_may_be_said():
    """`t` counts what a comment says."""
    events = decode(LinesDecoder(), lines("# t:s", "t:1.5,EDA:1"))
    assert frames(events)[0].ticks == 1_500_000


def test_a_lone_exclamation_mark_means_no_contact():
    """SparkFun's sketch prints it for a sample: a frame without value and contact, and one remark."""
    events = decode(LinesDecoder(), lines("", "512", "!", "!", "513", "!"))
    assert [(isnan(frame.values[0]), frame.contact) for frame in frames(events)] == [
        (False, True),
        (True, False),
        (True, False),
        (False, True),
        (True, False),
    ]
    assert remarks(events).count("the device says that its electrodes are off") == 2


def test_electrodes_may_be_off_from_the_start():
    """A device whose every line is `!` is alive."""
    assert [frame.contact for frame in frames(decode(LinesDecoder(), lines("!", "!")))] == [False, False]


def test_log_lines_are_kept_and_are_no_data():
    """Words between the values are passed on once."""
    events = decode(LinesDecoder(), lines("", "EDA:1", "hello", "hello", "EDA:2"))
    assert [event.text for event in events if isinstance(event, Remark) and event.code == "log"] == ["hello"]
    assert columns(events) == {"EDA": [1, 2]}
    assert not holes(events)


def test_ten_kilobytes_without_an_end_are_one_hole():
    """A line that never ends is dropped as it comes, and said; the next is whole."""
    books = LinesDecoder()
    events = decode(books, lines("", "EDA:1") + b"9" * 10_000 + b"\n" + lines("EDA:2"), range(0, 10_000, 97))
    assert columns(events) == {"EDA": [1, 2]}
    assert [event.code for event in events if isinstance(event, Remark)] == ["layout", "not this protocol"]
    assert holes(events)


def test_a_cut_begins_anew():
    """After a cut the next line may be half of one, and nobody knows how many are missing."""
    books = LinesDecoder()
    decode(books, lines("", "EDA:1") + b"EDA:2")
    assert books.cut() == []
    check_books(books)
    events = books.push(lines("3", "EDA:4"))
    assert columns(events) == {"EDA": [4]}
    assert [(hole.index, hole.count) for hole in holes(events)] == [(1, None)]


def test_noise_makes_no_end_of_columns():
    """Names that mean nothing stop being taken, and those that were known go on."""
    books = LinesDecoder()
    events = decode(books, lines("", "EDA:1", *(f"a{n}:1" for n in range(1000)), "EDA:2"))
    assert len(books.layouts) == 64
    assert columns(events)["EDA"] == [1, 2]


TEXTS = st.sampled_from(
    [
        "EDA:0.53,ECG:512", "512", "t_ms,eda", "1000,0.5", "n:1,EDA:2", "n:2,EDA:2", "!", "# eda:uS,fs=10", "hello", "",
        '{"t":1,"eda":0.5}', sealed("EDA:3"), "EDA:4*00", "\xff\xfe", "a" * 600, "nan",
    ]
)  # fmt: skip


@given(st.lists(TEXTS, max_size=25), st.lists(st.sampled_from(["\n", "\r\n", "\r", "", "\0"]), min_size=25), cuts())
def test_pieces_do_not_matter(texts, ends, places):
    """Any chunking of the same bytes gives the same events, and the books balance after every push."""
    data = "".join(text + end for text, end in zip(texts, ends, strict=False)).encode("latin-1")
    assert decode(LinesDecoder(), data, places) == decode(LinesDecoder(), data)


@given(st.binary(max_size=3000), cuts(3000))
def test_noise_raises_nothing(data, places):
    """Any bytes are taken, in any pieces, with the books balanced."""
    assert decode(LinesDecoder(), data, places) == decode(LinesDecoder(), data)


def test_wrong_baud_rates_are_named():
    """What a line at another speed looks like is no data, and it is said once."""
    source = np.random.default_rng(5)
    for data in (bytes(5000), source.bytes(5000), b"\xff" * 5000):
        events = decode(LinesDecoder(), data, range(0, 5000, 33))
        assert not frames(events)
        assert "not this protocol" in [event.code for event in events if isinstance(event, Remark)]


def test_every_frame_tells_where_it_ended():
    """The byte of a frame is that of the end of its line."""
    assert decode(LinesDecoder(), b"x\n512\n")[-1] == Frame("value", 0, (512.0,), 6)


def test_a_counter_that_leaps_into_the_future_has_a_wrong_digit():
    """Nobody knows what is missing then; what follows is not held back until its number comes true."""
    decoder = LinesDecoder(rate=10.0)
    out = []
    for k in range(200):
        number = 8000 + k if k != 100 else 8000 + 7000 + k
        out += decoder.push(b"n:%d,EDA:1.5\n" % number, arrived=k / 10)
    lost = [one.count for one in out if isinstance(one, Lost)]
    assert lost == [None, None]
    assert [one.index for one in out if isinstance(one, Frame)] == list(range(199))


def test_a_pause_of_a_minute_is_counted():
    decoder = LinesDecoder(rate=10.0)
    out = [one for k in range(20) for one in decoder.push(b"n:%d,EDA:1.5\n" % k, arrived=k / 10)]
    out += decoder.push(b"n:620,EDA:1.5\n", arrived=62.0)
    assert [one.count for one in out if isinstance(one, Lost)] == [600]
