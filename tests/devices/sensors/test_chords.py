"""Chords: the published packet, a chain of counters, and its commands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.sensors.catalog import driver
from devices.sensors.chords_decoder import ChordsDecoder
from devices.sensors.driver import UnknownChannel, Wanted
from tests.devices.sensors.chains import FAULTS, bogus
from tests.devices.sensors.decoding import cuts, decode, frames, holes
from tests.devices.sensors.scripts import play


def decoder():
    return ChordsDecoder(250, 10)


def packet(number):
    words = b"".join(((number * 37 * place) % 1024).to_bytes(2, "big") for place in range(1, 7))
    return bytes((0xC7, 0x7C, number & 255)) + words + b"\x01"


def stream(count):
    return [packet(number) for number in range(count)]


def test_the_published_packet():
    """Six readings."""
    first = bytes.fromhex("c7 7c 00 02 00 02 01 03 ff 00 00 01 00 00 64 01")
    assert frames(decode(decoder(), first + packet(1) + packet(2)))[0].values == (512, 513, 1023, 0, 256, 100)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 600), st.binary(max_size=200), cuts(900))
def test_pieces_do_not_matter(before, place, inside, places):
    """Any chunking gives the same events, with garbage before and within, and the books balance after every push."""
    sent = b"".join(stream(40))
    data = before + sent[:place] + inside + sent[place:]
    assert decode(decoder(), data, places) == decode(decoder(), data)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_makes_a_packet_that_was_not_sent(fault):
    """At every byte of a packet."""
    assert bogus(decoder, stream(40), FAULTS[fault], (1, 7, 16, 35)) == 0


def test_lost_packets_are_counted():
    """Three whole ones, and the one before, which nothing confirms."""
    parts = stream(20)
    events = decode(decoder(), b"".join(parts[:8] + parts[11:]))
    assert [(hole.index, hole.count) for hole in holes(events)] == [(7, 4)]


def test_a_board_is_asked_for_its_name_and_started():
    """Any byte stops a stream that runs, so the stop comes first."""
    device = driver("chords", [Wanted("ecg", "A0", "ecg")], {"board": "uno-r4"})
    sent = play(device.start(), lambda data: b"UNO-R4\r\n" if data == b"WHORU\n" else b"")
    assert sent == [b"STOP\n", b"WHORU\n", b"START\n"]
    assert device.decoder().layouts[0].rate == 500
    with pytest.raises(TimeoutError, match="the name of a board with the Chords firmware"):
        play(device.start(), lambda _: b"")


def test_a_formula_has_to_be_named():
    """The board cannot know what is attached to a pin."""
    with pytest.raises(UnknownChannel, match="name a formula, as ecg:A0/ecg"):
        driver("chords", [Wanted("ecg", "")], {})
