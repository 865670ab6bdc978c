"""What an LSL stream says of itself is taken as it is said, and its times make blocks and gaps."""

import sys

import numpy as np
import pytest

from devices.block import Block, Gap
from devices.lsl_library import NoLsl, load
from devices.lsl_stream import Description, Placing, columns, implied, predicate
from devices.sensors.driver import Refused, Wanted
from devices.sensors.url import BadSensorUrl

WRIST = Description("wrist", "w-1", 4.0, ("nSeq", "EDA", "skin"), ("", "microsiemens", "degrees celsius"))
EDA = (Wanted("eda", ""),)


def placing(rate=4.0, streams=("eda",), said=WRIST):
    made = Placing(streams)
    made.connect(rate, columns([Wanted(stream, "") for stream in streams], said))
    return made


def rows(count, first=0, value=5.0):
    return np.column_stack([np.arange(first, first + count), np.full(count, value), np.full(count, 33.0)])


def test_what_to_look_for_is_written_for_the_library():
    """EDA is called GSR by some."""
    assert predicate("type=EDA") == "(type='EDA' or type='GSR')"
    assert predicate("name=wrist&type=ECG") == "(name='wrist') and (type='ECG')"
    with pytest.raises(BadSensorUrl, match="'kind=EDA' is not KEY=VALUE with a key of type, name, source_id, hostname"):
        predicate("kind=EDA")


def test_a_missing_library_is_one_line(monkeypatch):
    """Which says what to install."""
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(NoLsl, match=r"Lab Streaming Layer cannot be used: .*; run: pip install pylsl"):
        load()


def test_the_type_tells_the_stream():
    """Without a type the URL has to say."""
    assert implied("type=GSR") == EDA
    assert implied("type=Temperature&name=x")[0].stream == "temp"
    with pytest.raises(BadSensorUrl, match=r"does not say which stream it is; add \?channels=STREAM:LABEL"):
        implied("name=wrist")


def test_a_channel_is_found_by_its_label_its_number_or_its_type():
    """The one called like the type is the usual one; of a single channel nothing has to be said."""
    assert columns(EDA, WRIST)["eda"][0] == 1
    assert columns([Wanted("temp", "Skin")], WRIST)["temp"][0] == 2
    assert columns([Wanted("temp", "3")], WRIST)["temp"][0] == 2
    assert columns([Wanted("ecg", "", "mV")], Description("x", "", 250.0, (), ("",)))["ecg"][0] == 0
    with pytest.raises(Refused, match="wrist has no channel 'temperature' for temp; there are nSeq, EDA, skin"):
        columns([Wanted("temp", "")], WRIST)


def test_a_unit_is_never_guessed():
    """It is the sender's, or named in the URL, and converted to ours."""
    _, conversion = columns([Wanted("temp", "skin")], WRIST)["temp"]
    assert (conversion.name, conversion.unit) == ("lsl.temp.degC", "°C")
    said = Description("chest", "", 250.0, ("ECG",), ("microvolts",))
    assert columns([Wanted("ecg", "")], said)["ecg"][1].formula(np.array([500.0])) == pytest.approx([0.5])
    silent = Description("chest", "", 250.0, ("ECG",), ("",))
    with pytest.raises(
        Refused, match="chest gives no unit for ECG; say it in the URL: channels=ecg:ECG/UNIT with one of"
    ):
        columns([Wanted("ecg", "")], silent)
    assert columns([Wanted("ecg", "", "uV")], silent)["ecg"][1].name == "lsl.ecg.uV"


def test_chunks_become_one_unbroken_flow():
    """Index and time go on from block to block, whatever the chunks."""
    made, blocks = placing(), []
    for first in range(0, 40, 5):
        blocks += made.push(rows(5, first), 100 + np.arange(first, first + 5) / 4)
    assert all(isinstance(block, Block) for block in blocks)
    assert [block.index for block in blocks] == list(range(0, 40, 5))
    assert [block.time for block in blocks] == pytest.approx(100 + np.arange(0, 40, 5) / 4)
    assert (made.samples, made.lost) == (40, 0)


def test_a_jump_of_the_senders_time_is_a_hole():
    """Within a chunk and between two; the samples that it stands for are counted."""
    made = placing()
    times = 100 + np.array([0, 1, 2, 12, 13, 14]) / 4
    events = made.push(rows(6), times) + made.push(rows(3), 100 + np.array([25, 26, 27]) / 4)
    gaps = [event for event in events if isinstance(event, Gap)]
    assert [(gap.lost, gap.reason) for gap in gaps] == [
        (9, "the sender's time jumped"),
        (10, "the sender's time jumped"),
    ]
    assert [event.index for event in events if isinstance(event, Block)] == [0, 12, 25]
    assert made.lost == 19


def test_no_value_is_a_hole():
    """Senders fill what they lost with NaN."""
    values = rows(6)
    values[2:4, 1] = np.nan
    events = placing().push(values, 100 + np.arange(6) / 4)
    assert [(type(event), event.index if isinstance(event, Block) else event.lost) for event in events] == [
        (Block, 0),
        (Gap, 2),
        (Block, 4),
    ]


def test_beats_come_one_by_one_at_their_times():
    """An irregular stream has a block for each."""
    said = Description("strap", "", 0.0, ("RR",), ("milliseconds",))
    events = placing(0.0, ("ibi",), said).push(np.array([[800.0], [820.0]]), np.array([10.0, 10.82]))
    assert [(event.time, round(float(event.values[0]), 3), event.rate) for event in events] == [
        (10.0, 0.8, 0.0),
        (10.82, 0.82, 0.0),
    ]
