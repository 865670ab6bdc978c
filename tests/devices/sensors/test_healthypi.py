"""HealthyPi: the published packet, three types, and holes that nobody can count."""

import math
from struct import pack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.sensors.catalog import driver
from devices.sensors.driver import UnknownChannel, UnknownOption, Wanted
from devices.sensors.healthypi_decoder import HealthyPiDecoder
from tests.devices.sensors.chains import FAULTS, bogus
from tests.devices.sensors.decoding import cuts, decode, frames, holes

PUBLISHED = bytes.fromhex("0afa16000 2d2040000c9fdffff00b45b010000000000c10c62480f000b".replace(" ", ""))


def packet(kind, payload):
    return b"\x0a\xfa" + pack("<HB", len(payload), kind) + payload + b"\x00\x0b"


def vitals(number):
    payload = pack("<iixi4xHBBB", number * 7919 % 100_000 - 50_000, -number, number * 131, 3200 + number, 98, 72, 15)
    return packet(2, payload)


def stream(count):
    return [vitals(number) for number in range(count)]


def test_the_published_packet():
    """ECG, respiration, PPG, temperature, oxygen, heart and respiration rate."""
    first = frames(decode(HealthyPiDecoder(), PUBLISHED * 3))[0]
    assert (first.layout, first.values) == ("2", (1234, -567, 89012, 3265, 98, 72, 15))
    (out,) = driver("healthypi", [Wanted("temp", "")], {}).outputs(HealthyPiDecoder())
    assert out.conversion.formula(np.array([first.values[out.column], 0.0])) == pytest.approx(
        [32.65, np.nan], nan_ok=True
    )


def test_each_type_is_a_layout_of_its_own():
    """Eight ECG channels; eight PPG channels with temperature; counted apart."""
    ecg = packet(3, pack("<12iBB", *range(-6, 6), 72, 15))
    ppg = packet(4, pack("<8HBH", *range(8), 25, 3265))
    events = frames(decode(HealthyPiDecoder(), (ecg + ppg) * 3))
    assert [(frame.layout, frame.index) for frame in events[:4]] == [("3", 0), ("4", 0), ("3", 1), ("4", 1)]
    assert events[0].values == (*range(-6, 6), 72, 15)
    assert math.isnan(events[1].values[8])
    assert events[1].values[9] == 3265


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 1000), st.binary(max_size=200), cuts(1400))
def test_pieces_do_not_matter(before, place, inside, places):
    """Any chunking gives the same events, with garbage before and within, and the books balance after every push."""
    sent = b"".join(stream(40))
    data = before + sent[:place] + inside + sent[place:]
    assert decode(HealthyPiDecoder(), data, places) == decode(HealthyPiDecoder(), data)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_makes_a_packet_that_was_not_sent(fault):
    """At every byte of a packet; a loss of exactly one packet's length cannot be seen, so it is not among them."""
    assert bogus(HealthyPiDecoder, stream(40), FAULTS[fault], (1, 7, 28, 70)) == 0


def test_a_hole_has_no_count():
    """Packets have no number: that something is missing is all that can be said."""
    parts = stream(20)
    events = decode(HealthyPiDecoder(), b"".join([*parts[:8], parts[8][:20], *parts[11:]]))
    assert [(hole.layout, hole.count, hole.reason) for hole in holes(events)] == [("2", None, "out of step")]


def test_the_scale_of_the_ecg_has_to_be_named():
    """The maker gives none; its chip's gain gives it."""
    with pytest.raises(UnknownChannel, match="name a formula, as ecg:ECG/gain1; there are gain1, gain2"):
        driver("healthypi", [Wanted("ecg", "")], {})
    (out,) = driver("healthypi", [Wanted("ecg", "ECG", "gain6")], {}).outputs(HealthyPiDecoder())
    assert (out.layout, out.column, out.conversion.name) == ("2", 0, "healthypi.ecg.gain6")
    assert out.conversion.formula(np.array([1.0])) == pytest.approx([4.808109e-5], rel=1e-6)


def test_channels_are_those_of_the_type_sent():
    """Eight ECG channels need packet=3, and there is no temperature then."""
    (out,) = driver("healthypi", [Wanted("ecg", "ecg5", "gain6")], {"packet": "3"}).outputs(HealthyPiDecoder())
    assert (out.layout, out.column) == ("3", 4)
    with pytest.raises(UnknownChannel, match=r"HealthyPi \(packet=3\) gives no temp; it gives ecg"):
        driver("healthypi", [Wanted("temp", "")], {"packet": "3"})
    with pytest.raises(UnknownOption, match="choose one of 115200, 57600"):
        driver("healthypi", [Wanted("temp", "")], {"baud": "9600"})
