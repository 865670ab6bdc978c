"""What a device that gives no good frames is told to be."""

import pytest

from devices.link.evidence import Evidence
from devices.sensors.frames import Counters


def seen(chunks, counters=None):
    """Evidence of chunks of which nothing was accepted."""
    counters = counters or Counters()
    evidence = Evidence(counters)
    for chunk in chunks:
        counters.received += len(chunk)
        counters.skipped += len(chunk)
        evidence.push(chunk)
    return evidence


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ([], "sends nothing at 9600 baud"),
        ([bytes(100)], "only zero bytes come at 9600 baud (50 bytes a second)"),
        ([b"EDA: 1\r\n"] * 20, "lines of text come"),
        ([bytes(range(256))], "wrong baud rate or another protocol: 128 bytes a second"),
        ([b"x" * 200], "wrong baud rate or another protocol"),
    ],
)
def test_what_comes_is_described(chunks, words):
    """Nothing, zeros, text and noise are told apart, with the baud rate and the pace."""
    evidence = seen(chunks)
    assert words in evidence.complaint("BITalino", 9600, 2.0)
    assert not evidence.is_proven


def test_frames_by_chance_prove_nothing():
    """Three frames among a hundred times as many bytes are no device."""
    counters = Counters(frames=3, accepted=24)
    evidence = seen([bytes(2000)], counters)
    assert not evidence.is_proven


def test_frames_among_few_other_bytes_prove_a_device():
    """A cut first frame and a boot message may come before."""
    counters = Counters()
    evidence = seen([b"boot"], counters)
    counters.received += 24
    counters.accepted += 24
    counters.frames += 3
    assert evidence.push(bytes(24))
    assert evidence.is_proven


def test_a_device_that_falls_silent_is_told_from_one_that_never_spoke():
    """The message says since when."""
    counters = Counters()
    evidence = Evidence(counters)
    counters.frames, counters.received, counters.accepted = 5, 40, 40
    evidence.push(bytes(40))
    assert evidence.complaint("BITalino", None, 3.0) == "sends nothing any more for 3.0 s"


def test_a_device_that_has_hardly_begun_is_not_said_to_have_stopped():
    """A frame that the port had in store is no beginning."""
    counters = Counters()
    evidence = Evidence(counters)
    counters.frames, counters.received, counters.accepted = 1, 8, 8
    evidence.push(bytes(8))
    assert evidence.complaint("BITalino", None, 3.0).startswith("sends nothing: is it switched on and connected")
