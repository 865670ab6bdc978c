"""Harm at every byte of a frame, held against the ledger: strangers let in, frames lost, and the count of both.

Limits are those that the protocols allow: BITalino's four bits of checksum let a few strangers in, Shimmer3's sixteen
and Cyton's chain none.
"""

from dataclasses import dataclass

import pytest

from devices.emulation import catalog as emulated
from devices.emulation.line import Line
from devices.emulation.waveforms import Body
from devices.sensors.bitalino_decoder import BitalinoDecoder
from devices.sensors.bitalino_frame import WIDTHS
from devices.sensors.chords_decoder import ChordsDecoder
from devices.sensors.cyton_decoder import CytonDecoder
from devices.sensors.frames import Channel, Frame
from devices.sensors.shimmer_decoder import ShimmerDecoder
from devices.sensors.shimmer_inquiry import parse_inquiry

FRAMES, STRUCK = 64, 24
HARMS = {"drop": (1, 2, 5), "flip": (1,), "insert": (1, 3), "duplicate": (1, 4), "zeros": (1, 40, 200), "ones": (1, 40)}
SEEDS = range(12)


@dataclass
class Tally:
    """What came of many events."""

    events: int = 0
    bogus: int = 0
    """Frames that were never sent"""
    miscounted: int = 0
    """Events after which the decoder's index and the device's disagree"""
    most_lost: int = 0
    """Whole frames not decoded after one event, the struck ones included"""

    def add(self, decoded, sent):
        """Compare one decoding with the truth."""
        frames = [one for one in decoded if isinstance(one, Frame)]
        truth = {frame.index: frame.values for frame in sent}
        first, last = frames[0], frames[-1]
        begun = next(frame.index for frame in sent if frame.values == first.values)
        strangers = [one for one in frames if truth.get(one.index - first.index + begun) != one.values]
        values = {frame.values for frame in sent}
        self.events += 1
        self.bogus += sum(one.values not in values for one in strangers)
        self.miscounted += truth.get(last.index - first.index + begun) != last.values
        self.most_lost = max(self.most_lost, FRAMES - len(frames))


def stream(protocol, setup, seed):
    """A device that has sent so many frames, and their bytes."""
    device = emulated.device(protocol, Body(seed=seed), {})
    device.opened()
    for command, seconds in setup:
        device.receive(command)
        device.produce(seconds)
    began = device.truth.bytes
    data = b"".join(device.produce(0.001) for _ in range(400))
    return data, [frame for frame in device.truth.frames if frame.start >= began][:FRAMES], began


def struck(protocol, setup, decoder, rate, harm):
    """Tally the events of one kind of harm at every byte of a frame."""
    tally = Tally()
    for seed in SEEDS:
        data, sent, began = stream(protocol, setup, seed)
        data = data[: sent[-1].end - began]
        target = sent[STRUCK]
        for offset in range(target.start - began, target.end - began):
            for count in HARMS[harm]:
                line = Line(seed)
                line.strike(harm, count, at=offset)
                tally.add(decode(decoder(), line, data, sent, began, rate), sent)
    return tally


def decode(reader, line, data, sent, began, rate):
    """Frame by frame, each arriving when it was measured."""
    decoded, at = [], 0
    for frame in sent:
        decoded += reader.push(line.push(data[at : frame.end - began]), 10.0 + frame.index / rate)
        at = frame.end - began
    return decoded


def bitalino(channels):
    columns = [Channel(f"A{k + 1}", f"adc{width}") for k, width in enumerate(WIDTHS[:channels])]
    setup = [(b"\xc3" + bytes([(1 << channels) - 1 << 2 | 1]), 0.0)]
    return "bitalino", setup, lambda: BitalinoDecoder(columns, 1000.0), 1000.0


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("channels", range(1, 7))
def test_bitalino(channels, harm):
    """At most 3 in 100 events let a stranger in with padding bits, 10 without; one flipped bit, none."""
    tally = struck(*bitalino(channels), harm)
    limit = 0.0 if harm == "flip" else 0.10 if channels in (1, 2, 6) or harm in ("zeros", "ones") else 0.03
    assert tally.bogus <= limit * tally.events + (0 if harm == "flip" else 1)
    if (
        harm != "duplicate" or channels > 2
    ):  # four bytes sent twice are then a whole frame, which looks like a hole of 15
        assert tally.miscounted <= 0.02 * tally.events + 1
    assert tally.most_lost <= 2 + 4 + 3


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("crc", [0, 2])
def test_shimmer3(crc, harm):
    """With two bytes of checksum nothing is invented, the count is exact, two packets are lost at most."""
    setup = [(bytes.fromhex("a300 054000 08140000") + bytes([0x8B, crc]), 0.0)]
    inquiry = parse_inquiry(bytes.fromhex("02400001ff0109 0401 1c1d1e1f"))
    setup.append((b"\x07", 0.0))
    tally = struck("shimmer3", setup, lambda: ShimmerDecoder(inquiry, crc), 512.0, harm)
    if crc == 2 or harm != "flip":
        assert tally.bogus <= 0.01 * tally.events
    assert tally.miscounted == 0
    assert tally.most_lost <= (3 if crc else 4)


@pytest.mark.parametrize("harm", [harm for harm in HARMS if harm != "flip"])
def test_cyton(harm):
    """Nothing is invented but values that harm inside one packet left in place."""
    tally = struck("cyton", [(b"vd/2b", 0.0)], lambda: CytonDecoder((), True), 250.0, harm)
    assert tally.bogus == 0
    assert tally.miscounted == 0
    assert tally.most_lost <= 4


@pytest.mark.parametrize("harm", [harm for harm in HARMS if harm != "flip"])
def test_chords(harm):
    """The chain of its counter is all the proof that there is."""
    setup = [(b"", 2.0), (b"START\n", 1.0)]
    tally = struck("chords", setup, lambda: ChordsDecoder(250.0, 10), 250.0, harm)
    assert tally.bogus <= 0.01 * tally.events
    assert tally.miscounted == 0
    assert tally.most_lost <= 4
