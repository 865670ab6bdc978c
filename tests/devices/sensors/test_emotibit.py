"""EmotiBit: the published lines, samples spread in time, and one counter for all signals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.sensors.catalog import driver
from devices.sensors.driver import UnknownChannel, Wanted
from devices.sensors.emotibit_decoder import EmotiBitDecoder
from devices.sensors.emotibit_line import parse
from devices.sensors.frames import Frame, Lost, Remark
from tests.devices.sensors.decoding import cuts, decode, frames, holes
from tests.devices.sensors.scripts import play

PUBLISHED = (
    "531473,17298,3,PI,1,100,112870,112866,112867",
    "531459,17301,2,EA,1,100,0.030269,0.030269",
    "531459,17302,2,EL,1,100,26425.000000,26425.000000",
    "531452,17303,1,T1,1,100,33.037",
    "531467,17304,1,TH,1,100,29.770",
)
NOT_SIGNALS = (
    "531386,17296,1,RB,1,100,2024-09-18_22-59-45-827135",
    "531388,17297,4,EM,1,100,RS,RB,2024-09-18_22-59-45-827135.csv,PS,MN",
)


def lines(*texts):
    return "".join(f"{text}\r\n" for text in ("cut", *texts)).encode()


def stream(count):
    """Packets as they are sent, every 200 ms: three of EDA, and by turns one of temperature or a beat."""
    texts = []
    for number in range(count):
        time = 50_000 + number * 200
        texts.append(f"{time},{2 * number},3,EA,1,100,{number}.1,{number}.2,{number}.3")
        other = f"3,T1,1,100,{number}.1,{number}.2,{number}.3" if number % 2 else f"1,BI,1,100,{800 + number}"
        texts.append(f"{time - 10},{2 * number + 1},{other}")
    return texts


def test_published_lines():
    """Each signal is a layout; samples are spread back from the packet's time at the nominal rate."""
    events = decode(EmotiBitDecoder(), lines(*PUBLISHED))
    assert [(frame.layout, frame.values[0], frame.ticks) for frame in frames(events)] == [
        ("PI", 112870, 531393),
        ("PI", 112866, 531433),
        ("PI", 112867, 531473),
        ("EA", 0.030269, 531392),
        ("EA", 0.030269, 531459),
        ("EL", 26425, 531392),
        ("EL", 26425, 531459),
        ("T1", 33.037, 531452),
        ("TH", 29.770, 531467),
    ]


def test_a_payload_may_hold_more_fields_than_announced():
    """A file's name has commas around it: the line is understood, and no data."""
    decoder = EmotiBitDecoder()
    assert decode(decoder, lines(*NOT_SIGNALS)) == []
    assert decoder.counters.skipped == len("cut\r")
    assert parse(NOT_SIGNALS[1].encode()).count == 4


@pytest.mark.parametrize(
    "line",
    [
        "531459,17301,2,EA,1,100,0.030269",
        "531459,17301,2,EA,1,100,0.030269,0.03x",
        "531459,17301,2,EA,1,100,0.030269,0.0302531459,17302,2,EL,1,100,26425.0,26425.0",
        "531459,17301,2,EA,3,100,0.03,0.03",
        "531459,77301,2,EA,1,100,0.03,0.03",
        "barcode: MD-V5-0000123",
        "",
    ],
)
def test_a_malformed_line_is_no_data(line):
    """Too few fields, no number, two lines run into one, or something else that the firmware prints."""
    assert frames(decode(EmotiBitDecoder(), lines(line))) == []


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 900), st.binary(max_size=200), cuts(1500))
def test_pieces_do_not_matter(before, place, inside, places):
    """Any chunking gives the same events, with garbage before and within, and the books balance after every push."""
    sent = lines(*stream(20))
    data = before + sent[:place] + inside + sent[place:]
    assert decode(EmotiBitDecoder(), data, places) == decode(EmotiBitDecoder(), data)


def test_lost_packets_are_counted_by_the_clock_of_each_signal():
    """The counter says that something is missing; the clocks say what: three packets of EDA, one of temperature."""
    texts = stream(20)
    events = decode(EmotiBitDecoder(), lines(*texts[:12], *texts[18:]))
    found = {hole.layout: (hole.index, hole.count, hole.exact) for hole in holes(events)}
    assert found == {"EA": (18, 9, False), "T1": (9, 3, False), "BI": (3, None, False)}
    assert [frame.index for frame in frames(events) if frame.layout == "EA"] == [*range(18), *range(27, 60)]


def test_a_packet_lost_of_another_signal_is_no_hole():
    """Where no sample is missing none is reported."""
    texts = stream(20)
    events = decode(EmotiBitDecoder(), lines(*texts[:11], *texts[12:]))
    assert [hole.layout for hole in holes(events) if hole.layout == "EA"] == []


def test_a_packet_cut_by_the_firmware_is_dropped_and_counted():
    """The character EM marks it."""
    events = decode(
        EmotiBitDecoder(), lines("100,1,1,EA,1,100,0.5", "300,2,3,EA,1,100,0.5,\x19", "366,3,1,EA,1,100,0.6")
    )
    assert events == [
        Frame("EA", 0, (0.5,), 26, 100),
        Lost("EA", 1, 3, 50, "device overflow"),
        Frame("EA", 4, (0.6,), 72, 366),
    ]


def test_overflow_and_clipping_name_their_signals():
    """DO is a hole, DC a remark."""
    first = "100,1,1,EA,1,100,0.5"
    events = decode(EmotiBitDecoder(), lines(first, "110,2,2,DO,2,100,EA,1", "120,3,2,DC,2,100,EA,1"))
    assert events[1:] == [
        Lost("EA", 1, None, 49, "device overflow", exact=False),
        Remark("log", "EmotiBit: values of EA are out of its range"),
    ]


def test_counter_and_clock_wrap():
    """65535 is followed by 0, and 49.7 days by 0."""
    top = (1 << 32) - 50
    events = decode(EmotiBitDecoder(), lines(f"{top},65535,1,EA,1,100,1.0", "17,0,1,EA,1,100,2.0"))
    assert holes(events) == []
    assert np.diff([frame.ticks for frame in frames(events)]) == [67]


def test_a_damaged_clock_costs_its_line_and_a_restart_is_followed():
    """One line far from the others is dropped; two that continue each other are a device that has started anew."""
    texts = stream(10)
    damaged = [*texts[:6], "9" + texts[6], *texts[7:]]
    events = decode(EmotiBitDecoder(), lines(*damaged))
    assert max(np.diff([frame.ticks for frame in frames(events) if frame.layout == "EA"])) < 500
    again = ["900,0,1,EA,1,100,5.0", "967,1,1,EA,1,100,6.0", "1033,2,1,EA,1,100,7.0"]
    events = decode(EmotiBitDecoder(), lines(*texts, *again))
    assert ("EA", None, "restart") in [(hole.layout, hole.count, hole.reason) for hole in holes(events)]
    ticks = [frame.ticks for frame in frames(events) if frame.layout == "EA"]
    assert (np.diff(ticks) > 0).all()
    assert [frame.values[0] for frame in frames(events)][-2:] == [6.0, 7.0]


def test_a_device_that_starts_anew_after_a_moment_is_followed_at_once():
    """Its numbers and its clock are not so far back that they could not be a repetition; only a few packets are."""
    texts = stream(60)
    events = decode(EmotiBitDecoder(), lines(*texts, *texts))
    assert len(frames(events)) == 2 * len(frames(decode(EmotiBitDecoder(), lines(*texts))))


def test_lines_that_come_twice_are_taken_once():
    """A line that repeats itself is no restart, and makes neither samples nor holes."""
    texts = stream(10)
    once, twice = (decode(EmotiBitDecoder(), lines(*each)) for each in (texts, [*texts[:12], *texts[7:]]))
    told = [
        [(frame.layout, frame.index, frame.values, frame.ticks) for frame in frames(each)] for each in (once, twice)
    ]
    assert told[0] == told[1]
    assert holes(twice) == []


def test_signals_are_asked_for_in_test_mode():
    """`F`, then each typetag; nothing in listen mode."""
    wanted = [Wanted("eda", ""), Wanted("temp", "TH"), Wanted("ibi", "")]
    device = driver("emotibit", wanted, {})
    assert play(device.start(), lambda _: b"") == [b"F", b"@S+,EA~", b"@S+,TH~", b"@S+,BI~"]
    assert play(device.stop(), lambda _: b"") == [b"@S-,EA~", b"@S-,TH~", b"@S-,BI~"]
    assert play(driver("emotibit", wanted, {"mode": "listen"}).start(), lambda _: b"") == []
    found = [(out.stream, out.layout, out.conversion.name) for out in device.outputs(device.decoder())]
    assert found == [
        ("eda", "EA", "emotibit.eda.ea"),
        ("temp", "TH", "emotibit.temp.th"),
        ("ibi", "BI", "emotibit.ibi.bi"),
    ]
    assert device.outputs(device.decoder())[2].conversion.formula(np.array([812.0])) == 0.812


def test_there_is_no_ecg():
    """The message says what there is."""
    with pytest.raises(UnknownChannel, match="EmotiBit gives no ecg; it gives eda, temp, ibi"):
        driver("emotibit", [Wanted("ecg", "")], {})
