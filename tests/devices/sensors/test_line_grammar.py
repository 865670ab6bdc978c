"""A line of a sketch has one meaning, and what is not surely data is none."""

from itertools import pairwise
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sensors.line_grammar import Damaged, ElectrodesOff, Header, Log, Meta, Pairs, Row, read, unseal
from devices.sensors.line_splitter import LineSplitter


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("EDA:0.53,ECG:512,TEMP:32.1", Pairs({"EDA": 0.53, "ECG": 512.0, "TEMP": 32.1})),
        ("EDA: 0.53, ECG: 512", Pairs({"EDA": 0.53, "ECG": 512.0})),
        ("EDA:1\tECG:-2e3 T:.5", Pairs({"EDA": 1.0, "ECG": -2000.0, "T": 0.5})),
        ('{"t":123456,"eda":0.53,"temp":32.1}', Pairs({"t": 123456.0, "eda": 0.53, "temp": 32.1})),
        ('{"eda":0.5,"id":"left","on":true}', Pairs({"eda": 0.5})),
        ("512", Row((512.0,))),
        ("123456,0.53,512,32.1", Row((123456.0, 0.53, 512.0, 32.1))),
        ("1 2\t3;4", Row((1.0, 2.0, 3.0, 4.0))),
        ("t_ms,eda,ecg,temp", Header(("t_ms", "eda", "ecg", "temp"), tight=True)),
        ("Sensor ready", Header(("Sensor", "ready"), tight=False)),
        ("# eda:uS,ecg:adc10,temp:degC,fs=250", Meta({"eda": "uS", "ecg": "adc10", "temp": "degC"}, 250.0)),
        ("// EDA:µS", Meta({"eda": "µS"}, None)),
        ("# fs = 0", Log("fs = 0")),
        ("# hello", Log("hello")),
        ("!", ElectrodesOff()),
        ("!!", Log("!!")),
        ("ready", Log("ready")),
        ("12:34", Log("12:34")),
        ("EDA:12x", Log("EDA:12x")),
        ("EDA:1,EDA:2", Log("EDA:1,EDA:2")),
        ("512,,3", Log("512,,3")),
        ("a,512", Log("a,512")),
        ("a,a", Log("a,a")),
        ("{eda:1", Damaged("not JSON")),
        ('{"eda":"x"}', Log('{"eda":"x"}')),
        ("[" * 400, Log("[" * 400)),
        ("\x00\x00512\x00", Row((512.0,))),
        ("", None),
        (" \t", None),
        ("\x00", None),
    ],
)  # fmt: skip
def test_a_line_means(line, means):
    """Every form in use, in the order of the grammar."""
    assert read(line.encode()) == means


@pytest.mark.parametrize("word", ["nan", "NaN", "inf", "-inf", "ovf", "1e999"])
def test_no_number_is_nan(word):
    """What Arduino prints for a number that it cannot print is a missing value, not words."""
    assert isnan(read(word.encode()).values[0])
    assert isnan(read(b"EDA:" + word.encode()).values["EDA"])


def test_json_may_lack_values():
    """`null`, and numbers too great for one, are missing values."""
    assert all(map(isnan, read(b'{"a":null,"b":NaN,"c":1e999,"d":-Infinity}').values.values()))


@pytest.mark.parametrize("line", [b"\xff\xfe\x00\x80", b"5\x012\x02", bytes(range(128, 160))])
def test_noise_is_no_text(line):
    """One character in ten that is none of a text, and the line is damaged."""
    assert read(line) == Damaged("unreadable")


def test_a_line_that_is_not_utf8_is_no_data():
    """A byte that is no text spoils a number beside it, whatever the rest says."""
    assert read(b"EDA:0.530000,ECG:512,T\xff:32.1") == Log("EDA:0.530000,ECG:512,T\ufffd:32.1")


def test_checksums():
    """`*HH` is the exclusive or of what stands before it, in either case; what only looks like one is none."""
    assert unseal(b"512*36") == (b"512", True)
    assert unseal(b"J*4a") == (b"J", True)
    assert unseal(b"512*07") == (b"512", False)
    assert unseal(b"512") == (b"512", None)
    assert unseal(b"5*1234") == (b"5*1234", None)


@given(st.binary(max_size=600))
def test_any_bytes_have_a_meaning(line):
    """No line raises."""
    read(unseal(line)[0])


@given(st.lists(st.sampled_from([b"a" * 7, b"\n", b"\r", b"\r\n", b"b" * 40, b"\0"])), st.lists(st.integers(0, 300)))
def test_lines_come_whole_in_any_pieces(parts, places):
    """Cutting at the ends of lines does not depend on the pieces, and sizes add up to all bytes."""
    data = b"".join(parts)
    whole = LineSplitter(30)
    lines = whole.push(data)
    assert sum(line.size for line in lines) + whole.waiting == len(data)
    assert whole.waiting <= 30
    pieces, found = LineSplitter(30), []
    places = [0, *sorted(place for place in places if place < len(data)), len(data)]
    for start, end in pairwise(places):
        found += pieces.push(data[start:end])
    assert found == lines


def test_a_line_without_end_takes_no_room():
    """What is longer than a line may be is given away in pieces without text, up to its end."""
    splitter = LineSplitter(512)
    lines = splitter.push(b"7" * 10_000 + b"\n512\n")
    assert [line.text for line in lines] == [None] * 20 + [b"512"]
