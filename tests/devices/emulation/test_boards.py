"""Emulated Cyton, HealthyPi and EmotiBit: packets to the byte and how they are started."""

import struct

import pytest

from devices.emulation.chords import Chords
from devices.emulation.cyton import Cyton
from devices.emulation.emotibit import EmotiBit
from devices.emulation.healthypi import HealthyPi


def cut(data, size):
    return [data[k : k + size] for k in range(0, len(data), size)]


def test_cyton_greets_and_streams():
    """`v` answers up to `$$$`; `b` and `s` say nothing; packets are numbered 0..255 between A0 and C0."""
    device = Cyton()
    assert device.receive(b"v").endswith(b"$$$")
    assert device.receive(b"b") == b""
    packets = cut(device.produce(2.0), 33)
    assert len(packets) == 500
    assert [packet[1] for packet in packets] == [k % 256 for k in range(500)]
    assert {(packet[0], packet[-1]) for packet in packets} == {(0xA0, 0xC0)}
    assert device.receive(b"s") == b""
    assert device.produce(1.0) == b""


def test_cyton_packets_hold_the_ledger():
    """Eight channels of 24 bits and three of 16, high byte first."""
    device = Cyton()
    device.receive(b"b")
    packet, frame = device.produce(0.004), device.truth.frames[0]
    channels = [int.from_bytes(packet[2 + 3 * k : 5 + 3 * k], "big", signed=True) for k in range(8)]
    assert (*channels, *struct.unpack(">3h", packet[26:32])) == frame.values


def test_cyton_analog_mode():
    """`/2` puts the pins A5 to A7 into the packets, footer C1."""
    device = Cyton()
    assert device.receive(b"/2") == b"Success: analog$$$"
    device.receive(b"b")
    packet = device.produce(0.004)
    assert packet[-1] == 0xC1
    assert all(0 < pin < 1024 for pin in struct.unpack(">3h", packet[26:32]))


def test_cyton_takes_commands_in_one_piece():
    """Reset, defaults, mode and start may come in one write."""
    device = Cyton()
    assert device.receive(b"vd/2b").count(b"$$$") == 3
    assert device.streaming


def test_cyton_may_stream_already():
    """Left so by a program that crashed; while it streams it answers nothing but `v`, which stops it."""
    device = Cyton(streaming=True)
    device.opened()
    assert device.produce(0.1)
    assert device.receive(b"V") == b""
    assert b"$$$" in device.receive(b"v")
    assert device.produce(0.1) == b""


def test_healthypi_sends_from_the_start():
    """128 packets a second, of the published form."""
    device = HealthyPi()
    packets = cut(device.produce(1.0), 29)
    assert len(packets) == 128
    assert {(packet[:5].hex(), packet[-2:].hex()) for packet in packets} == {("0afa160002", "000b")}
    ecg, breath, _, pulse = struct.unpack_from("<iiBi", packets[9], 5)
    temperature = struct.unpack_from("<H", packets[9], 22)[0]
    assert (ecg, breath, pulse, temperature) == device.truth.frames[9].values[:4]
    assert 3000 < temperature < 3500


def test_emotibit_prints_what_is_asked_for():
    """Nothing but its log until `F` comes in time and tags are switched on."""
    device = EmotiBit()
    assert device.receive(b"@S+,EA~") == b""
    assert b"," not in device.produce(1.0)
    assert device.receive(b"F@S+,EA~@S+,T1~").startswith(b"@FT")
    lines = device.produce(4.0).decode().split("\n")
    packets = [line.split(",") for line in lines if line.count(",") >= 6]
    assert {packet[3] for packet in packets} == {"EA", "T1"}
    assert [int(packet[1]) for packet in packets] == list(range(len(packets)))
    assert all(len(packet) == 6 + int(packet[2]) for packet in packets)
    device.receive(b"@S-,EA~@S-,T1~")
    assert device.produce(1.0) == b""


def test_emotibit_is_deaf_after_its_window():
    """`F` after two seconds is something else."""
    device = EmotiBit()
    device.produce(3.0)
    device.receive(b"F@S+,EA~")
    assert b",EA," not in device.produce(2.0)


def test_emotibit_tags_keep_their_rates():
    """Samples of each tag by its nominal rate, and times that never go back."""
    device = EmotiBit(enabled=("EA", "T1", "PI"))
    device.produce(60.0)
    counts = {tag: sum(len(f.values) for f in device.truth.frames if f.layout == tag) for tag in ("EA", "T1", "PI")}
    assert counts == {"EA": 900, "T1": 450, "PI": pytest.approx(1500, abs=3)}
    times = [frame.time for frame in device.truth.frames]
    assert times == sorted(times)


def test_chords_reads_a_command_for_a_second():
    """It answers a second after the last byte; two commands within that time are one that it does not know."""
    device = Chords()
    device.produce(2.0)
    device.receive(b"WHORU\n")
    assert device.produce(0.9) == b""
    assert device.produce(0.2) == b"UNO-R3\r\n"
    device.receive(b"START\n")
    device.produce(1.01)
    packets = cut(device.produce(1.0), 16)
    assert len(packets) == 250
    assert {(packet[:2].hex(), packet[-1]) for packet in packets} == {("c77c", 1)}
    assert struct.unpack(">6H", packets[3][3:15]) == device.truth.frames[3].values
    device.receive(b"S")
    device.receive(b"WHORU\n")
    assert device.produce(3.0) == b""
