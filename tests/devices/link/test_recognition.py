"""Protocols recognised by their bytes alone: emulated devices, from any byte on, and what is none of them."""

import random

import pytest

from devices.emulation.catalog import device
from devices.emulation.device import Device
from devices.emulation.line import seen_at
from devices.emulation.waveforms import Body
from devices.link.recognition import DOUBTFUL, few_lines, recognise

STARTED = {"cyton": b"b", "bitalino": b"\x3d"}


def streaming(protocol: str, **options: object) -> Device:
    made = device(protocol, Body(), options)
    made.opened()
    if protocol == "chords":
        made.produce(2.0)
        made.receive(b"START\n")
        made.produce(1.1)
    if protocol in STARTED:
        made.receive(STARTED[protocol])
    made.produce(0.05)
    return made


@pytest.mark.parametrize(
    ("protocol", "options", "channels"),
    [
        ("bitalino", {}, ["", "", "", ""]),
        ("cyton", {}, [*"12345678", *"XYZ"]),
        ("chords", {}, ["A0", "A1", "A2", "A3", "A4", "A5"]),
        ("healthypi", {}, ["ECG", "RESP", "PPG", "TEMP", "SPO2", "HR", "RR"]),
        ("emotibit", {"enabled": ("EA", "T1")}, ["EA", "T1"]),
        ("lines", {"boot_s": 0.0}, ["EDA", "ECG", "TEMP"]),
        ("lines", {"boot_s": 0.0, "style": "json"}, ["EDA", "ECG", "TEMP"]),
        ("lines", {"boot_s": 0.0, "style": "values"}, ["C1", "C2", "C3"]),
    ],
)
@pytest.mark.parametrize("cut", [0, 1, 5, 17])
def test_a_stream_is_recognised_wherever_one_begins_to_listen(protocol, options, channels, cut):
    """The channels that come are found, and nearly all bytes are accounted for."""
    data = streaming(protocol, **options).produce(1.5)[cut:]
    found = recognise(data)
    assert found is not None
    assert found.protocol == protocol
    assert found.confidence > 0.8
    assert sorted(channel.name for channel in found.channels) == sorted(channels)


@pytest.mark.parametrize("count", range(1, 7))
def test_a_bitalino_is_recognised_with_any_number_of_channels(count):
    """Frames of 5 and 6 channels have one size; the padding of the first tells them apart."""
    made = device("bitalino", Body(), {})
    made.receive(bytes([(1 << count) - 1 << 2 | 1]))
    found = recognise(made.produce(0.3))
    assert found is not None
    assert (found.protocol, len(found.channels)) == ("bitalino", count)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(4000),
        b"\xff" * 4000,
        random.Random(1).randbytes(4000),  # noqa: S311 - noise, not a secret
        b"sensors ready\r\nhello\r\n" * 50,
        b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n" * 30,
    ],
    ids=["nothing", "zeros", "ones", "noise", "words", "GPS"],
)
def test_what_is_no_sensor_is_not_recognised(data):
    """Neither frames by chance nor lines without numbers make a protocol."""
    assert recognise(data) is None


@pytest.mark.parametrize("protocol", ["cyton", "healthypi", "lines"])
@pytest.mark.parametrize("heard", [9_600, 57_600, 230_400])
def test_a_wrong_baud_rate_is_not_recognised(protocol, heard):
    """What a port makes of a stream at another rate is nobody's."""
    data = streaming(protocol, **({"boot_s": 0.0} if protocol == "lines" else {})).produce(1.0)
    assert recognise(seen_at(data, 115_200, heard)) is None


def test_a_device_that_only_says_its_name_is_recognised_with_doubt():
    """An EmotiBit prints its name while it starts."""
    found = recognise(b"EmotiBit bootup\r\nFirmware version:1.12.1\r\n")
    assert found is not None
    assert (found.protocol, found.confidence) == ("emotibit", DOUBTFUL)


def test_a_line_a_second_is_recognised_with_doubt():
    """The first line may be cut; the second one tells the column."""
    found = few_lines(b".5\r\nTEMP:32.1\r\n")
    assert found is not None
    assert [channel.name for channel in found.channels] == ["TEMP"]
    assert found.confidence == DOUBTFUL
    assert few_lines(b"ready\r\nwaiting\r\n") is None
    assert few_lines(b"") is None
