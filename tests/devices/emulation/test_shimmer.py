"""An emulated Shimmer3: its answers to the byte, its checksums, its packets."""

import numpy as np
import pytest

from devices.emulation.shimmer import Shimmer3, gsr, sealed


def ask(device, command):
    return device.receive(bytes.fromhex(command)).hex(" ")


def test_the_published_answers():
    """Rate, inquiry, firmware, hardware, name, status and registers, as in pyshimmer's tests."""
    device = Shimmer3(rate=512.0, sensors=b"\x00\x01\x00", version=(0, 11, 0))
    assert ask(device, "03") == "ff 04 40 00"
    assert ask(device, "01") == "ff 02 40 00 01 ff 01 09 01 01 12"
    assert ask(device, "2e") == "ff 2f 03 00 00 00 0b 00"
    assert ask(device, "3f") == "ff 25 03"
    assert ask(device, "95") == "ff 8a 94 2e 0b 80"
    assert ask(device, "72") == "ff 8a 71 20"
    assert ask(device, "63 00 00 0a") == "ff 62 0a 02 a0 10 40 40 2d 00 00 02 03"
    assert ask(device, "08 40 01 04") == "ff"
    assert ask(device, "ee") == "fe"


def test_settings_are_kept():
    """Rate, sensors, range and registers read back as they were set, in any pieces."""
    device = Shimmer3()
    assert ask(device, "05") == ""
    assert ask(device, "83 00 08 14 00 00 21 02 61 01 03 02 10 20") == "ff ff ff ff"
    assert ask(device, "03") == "ff 04 83 00"
    assert device.rate == pytest.approx(250.137, abs=1e-3)
    assert ask(device, "01") == "ff 02 83 00 01 ff 01 05 04 01 1c 1d 1e 1f"
    assert ask(device, "63 01 03 02") == "ff 62 02 10 20"


def test_checksums_are_switched_before_the_acknowledgement():
    """The acknowledgement of the two-byte mode carries two bytes already; a new connection has none."""
    device = Shimmer3()
    assert ask(device, "8b 02") == "ff f4 65"
    assert sealed(bytes.fromhex("00ded0b20048"), 2).hex() == "00ded0b20048a087"
    device.opened()
    assert ask(device, "96") == "ff"


def test_packets_have_the_ticks_of_the_divider():
    """GSR and ExG1 at 512 Hz: 13 bytes, 64 ticks apart, wrapping at 24 bits."""
    device = Shimmer3(clock_ticks=2**24 - 64 * 5)
    device.receive(bytes.fromhex("a3 00 05 40 00 08 14 00 00 07"))
    data = device.produce(0.05)
    packets = [data[k : k + 13] for k in range(0, len(data), 13)]
    assert len(packets) == 25
    ticks = [int.from_bytes(packet[1:4], "little") for packet in packets]
    assert set(np.diff(ticks) % 2**24) == {64}
    assert 0 in ticks
    assert device.truth.frames[7].values == (
        float(int.from_bytes(packets[7][4:6], "little")),
        128.0,
        float(int.from_bytes(packets[7][7:10], "big", signed=True)),
        float(int.from_bytes(packets[7][10:13], "big", signed=True)),
    )


def test_a_status_comes_unasked_when_streaming_begins_and_ends():
    """It looks acknowledged until that is switched off."""
    device = Shimmer3()
    assert ask(device, "07") == "ff ff 8a 71 32"
    assert ask(device, "20") == "ff ff 8a 71 20"
    assert ask(device, "a3 00") == "ff"
    assert ask(device, "07") == "ff 8a 71 32"


def test_an_answer_waits_for_the_packet_that_is_being_sent():
    """Asked while a packet is under way, the device finishes it first."""
    device = Shimmer3(rate=128.0)
    device.receive(b"\x07")
    device.produce(0.1, room=3)
    assert ask(device, "72") == ""
    assert device.produce(0.0).endswith(b"\xff\x8a\x71\x32")


def test_conductance_chooses_its_range():
    """The published values, and all four ranges."""
    raw = gsr(np.array([49.7695, 6.9712, 2.0007, 0.6063])).astype(int)
    assert [value >> 14 for value in raw] == [0, 1, 2, 3]
    assert [value & 0xFFF for value in raw] == pytest.approx([2048] * 4, abs=1)
    assert int(gsr(np.array([0.0]))[0]) == 3 << 14 | 683
