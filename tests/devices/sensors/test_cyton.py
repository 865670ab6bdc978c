"""Cyton: the published packets, a chain of counters, and the way from any state to streaming."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.sensors.cyton_decoder import CytonDecoder
from devices.sensors.cyton_driver import Cyton, millivolts
from devices.sensors.driver import Refused, UnknownChannel, UnknownOption, Wanted
from tests.devices.sensors.chains import FAULTS, bogus
from tests.devices.sensors.decoding import cuts, decode, frames, holes
from tests.devices.sensors.scripts import play

FIRST = bytes.fromhex("a0 45 000001 000002 000003 000004 000005 000006 000007 000008 0000 0001 0002 c0")
RAILED = bytes.fromhex("a0 01 8ff240 8fdff4 902bb6 8fbfbf 7fffff 7fffff 942534 20b67d 00e0 00e0 0f70 c0")
ECG = (Wanted("ecg", ""),)


def packet(number, footer=0xC0, aux=(1, 2, 3)):
    exg = b"".join(((number * 7919 * place) % 0x7FFFFF).to_bytes(3, "big") for place in range(1, 9))
    return bytes((0xA0, number & 255)) + exg + b"".join(word.to_bytes(2, "big") for word in aux) + bytes((footer,))


def stream(count, **named):
    return [packet(number, **named) for number in range(count)]


def only(data, **named):
    """The frame of one packet that two others follow."""
    number = data[1]
    return frames(decode(CytonDecoder(**named), data + packet(number + 1) + packet(number + 2)))[0]


def test_published_packets():
    """Eight channels and the acceleration."""
    assert only(FIRST).values == (1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2)
    assert only(RAILED).values == (
        *(-7343552, -7348236, -7328842, -7356481, 8388607, 8388607, -7068364, 2143869),
        *(224, 224, 3952),
    )
    assert millivolts(np.array([1.0, 8.0])) * 1000 == pytest.approx([0.0223517, 0.1788140], abs=5e-8)
    assert millivolts(np.array([1.0]), gain=1) * 1000 == pytest.approx([0.536441867])


def test_a_channel_at_the_rail_touches_nobody():
    """Only where somebody looks at it: unused channels are open."""
    assert only(RAILED, watched=(0, 7)).contact
    assert not only(RAILED, watched=(0, 4)).contact


def test_acceleration_that_did_not_come_is_none():
    """It comes at 25 Hz; three zeros between say that there is no new value."""
    assert all(map(math.isnan, only(packet(3, aux=(0, 0, 0))).values[8:]))


def test_analog_pins_are_read_in_analog_mode():
    """The footer says so; another footer's bytes are no reading."""
    assert only(packet(3, 0xC1, (512, 0, 1023)), analog=True).values[8:] == (512, 0, 1023)
    assert all(map(math.isnan, only(packet(3, 0xC0, (512, 0, 1023)), analog=True).values[8:]))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 1200), st.binary(max_size=200), cuts(1500))
def test_pieces_do_not_matter(before, place, inside, places):
    """Any chunking gives the same events, with garbage before and within, and the books balance after every push."""
    sent = b"".join(stream(40))
    data = before + sent[:place] + inside + sent[place:]
    assert decode(CytonDecoder(), data, places) == decode(CytonDecoder(), data)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_makes_a_packet_that_was_not_sent(fault):
    """At every byte of a packet."""
    assert bogus(CytonDecoder, stream(40), FAULTS[fault], (1, 7, 33, 70)) == 0


def test_a_damaged_frame_is_lost_alone():
    """A flipped bit in its first byte costs it and the one before, which it no longer confirms; both are counted."""
    parts = stream(20)
    parts[9] = b"\xa1" + parts[9][1:]
    events = decode(CytonDecoder(), b"".join(parts))
    assert [(hole.index, hole.count) for hole in holes(events)] == [(8, 2)]
    assert frames(events)[-1].index == 18


def test_packets_that_come_twice_are_taken_once():
    """A line that repeats itself makes no samples and no hole."""
    parts = stream(30)
    events = decode(CytonDecoder(), b"".join([*parts[:12], *parts[9:]]))
    assert [frame.values[0] for frame in frames(events)] == [n * 7919 for n in range(29)]
    assert sum(hole.count for hole in holes(events)) == 0


def test_a_long_hole_is_counted_by_time():
    """300 packets are 44 by the counter; the arrival tells the rest."""
    decoder, parts = CytonDecoder(), stream(700)
    events = [event for n in range(200) for event in decoder.push(parts[n], 10 + n / 250)]
    events += [event for n in range(500, 700) for event in decoder.push(parts[n], 10 + n / 250)]
    assert [(hole.index, hole.count, hole.exact) for hole in holes(events)] == [(199, 301, True)]
    assert frames(events)[-1].index == 698


class Board:
    """The commands of a Cyton behind its dongle."""

    def __init__(self, streaming=False, up=True):
        self.streaming, self.up, self.mode = streaming, up, None

    def __call__(self, data):
        if not self.up:
            return b"Failure: Communications timeout - Device failed to poll Host$$$" if data == b"v" else b""
        match data:
            case b"s" | b"b":
                tail = b"".join(stream(3)) + FIRST[:9] if self.streaming else b""
                self.streaming = data == b"b"
                return tail
            case b"v":
                return b"OpenBCI V3 8-16 channel\nOn Board ADS1299 Device ID: 0x3E\nFirmware: v3.1.2\n$$$"
            case b"d":
                return b"updating channel settings to default$$$"
            case b"/0" | b"/2":
                self.mode = data
                return b"Success: default$$$"
        raise AssertionError(data)


@pytest.mark.parametrize("streaming", [False, True])
def test_a_board_is_started_from_any_state(streaming):
    """Idle, or left streaming."""
    board, device = Board(streaming), Cyton(ECG, {})
    sent = play(device.start(), board)
    assert (board.streaming, board.mode, sent[-1]) == (True, b"/0", b"b")
    play(device.stop(), board)
    assert not board.streaming


def test_a_pin_puts_the_board_into_analog_mode():
    """Its formula is the one that was named."""
    board, device = Board(), Cyton([*ECG, Wanted("eda", "a6", "rev2020"), Wanted("temp", "A7", "ntc")], {})
    play(device.start(), board)
    decoder = device.decoder()
    assert board.mode == b"/2"
    assert [(out.column, out.conversion.name) for out in device.outputs(decoder)] == [
        (0, "cyton.ecg.gain24"),
        (9, "bitalino.eda.rev2020"),
        (10, "bitalino.temp.ntc"),
    ]
    assert decoder.layouts[0].channels[9].name == "A6"


def test_a_board_that_is_off_is_refused():
    """The dongle says so."""
    with pytest.raises(Refused, match=r"does not answer through its dongle .*switch it on"):
        play(Cyton(ECG, {}).start(), Board(up=False))


@pytest.mark.parametrize(
    ("wanted", "options", "error", "says"),
    [
        (
            Wanted("eda", "A5"),
            {},
            UnknownChannel,
            "does not say what its numbers mean; name a formula, as eda:A5/rev2020",
        ),
        (Wanted("ecg", "9"), {}, UnknownChannel, "no channel '9' for ecg; there are 1, 2"),
        (Wanted("ibi", ""), {}, UnknownChannel, "gives no ibi"),
        (Wanted("ecg", "1"), {"rate": "500"}, UnknownOption, "no option 'rate'; it takes none"),
    ],
)
def test_what_a_board_cannot_do_is_refused(wanted, options, error, says):
    """The message says what it can."""
    with pytest.raises(error, match=says):
        Cyton([wanted], options)
