"""Bytes in, blocks in session time out, without a port."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.block import Block, Gap, Quality
from devices.emulation import catalog as emulated
from devices.emulation.bitalino import Bitalino
from devices.emulation.line import seen_at
from devices.emulation.waveforms import Body
from devices.link.readings import Readings, SensorNotice, usual
from devices.link.script import Conversation
from devices.link.transport import READ_S
from devices.sensors.catalog import driver
from devices.sensors.driver import Wanted
from devices.sensors.url import parse

WANTED = [Wanted("eda", "A3"), Wanted("ecg", "A2"), Wanted("temp", "A1")]


def bitalino_bytes(seconds=1.0):
    device = Bitalino()
    device.receive(b"\x1d")
    return device.produce(seconds)


SENT = bitalino_bytes()


def fed(chunks, rate=1000.0, size=6):
    """Readings of a BITalino whose chunks arrive as they are complete."""
    readings, out, come = Readings(driver("bitalino", WANTED, {}), ["eda", "ecg", "temp"]), [], 0
    for chunk in chunks:
        come += len(chunk)
        out += readings.push(chunk, come / size / rate)[1]
    return readings, out


def joined(out, stream):
    return np.concatenate([each.values for each in out if isinstance(each, Block) and each.stream == stream])


@given(st.lists(st.integers(0, len(SENT)), max_size=30))
def test_any_chunking_gives_the_same_samples(cuts):
    """Values and indices do not depend on how the bytes were read."""
    at = sorted({0, len(SENT), *cuts})
    _, out = fed([SENT[a:b] for a, b in pairwise(at)])
    _, whole = fed([SENT])
    for stream in ("eda", "ecg", "temp"):
        assert np.array_equal(joined(out, stream), joined(whole, stream))
        blocks = [each for each in out if isinstance(each, Block) and each.stream == stream]
        assert [block.index for block in blocks] == [0, *np.cumsum([len(block.values) for block in blocks])[:-1]]


def test_blocks_lie_where_their_samples_were_taken():
    """Contiguous at the nominal rate, in physical units, within a sample of the truth."""
    size = 60
    readings, out = fed([SENT[at : at + size] for at in range(0, len(SENT), size)])
    blocks = [each for each in out if isinstance(each, Block) and each.stream == "temp"]
    assert all(block.rate == 1000.0 and block.values.dtype == np.float32 for block in blocks)
    assert blocks[-1].end == pytest.approx(1.0, abs=0.002)
    assert all(abs(a.end - b.time) < 0.0006 for a, b in pairwise(blocks))
    assert readings.counters.received == len(SENT)
    assert readings.is_flowing


def test_a_hole_is_a_gap_of_every_stream():
    """Ten frames that are missing are ten lost samples, and the indices behind them say so."""
    _, out = fed([SENT[:1200], SENT[1260:3000]])
    for stream in ("eda", "ecg", "temp"):
        (gap,) = [each for each in out if isinstance(each, Gap) and each.stream == stream]
        assert (gap.lost, gap.duration) == (10, pytest.approx(0.01))
        later = [each for each in out if isinstance(each, Block) and each.stream == stream][-1]
        assert later.index + len(later.values) == 500


def test_a_new_connection_goes_on_behind_the_old_one():
    """After an outage of two seconds the index is two thousand further, and the books hold both connections."""
    readings, out = fed([SENT[:1200]])
    out += readings.lose(1.0, "unplugged")
    readings.connect()
    assert not readings.is_flowing
    out += readings.push(SENT[:600], 2.2)[1]
    gap = [each for each in out if isinstance(each, Gap) and each.stream == "eda"][-1]
    last = [each for each in out if isinstance(each, Block) and each.stream == "eda"][-1]
    assert gap.lost == pytest.approx(1900, abs=2)
    assert last.index == 200 + gap.lost
    assert readings.counters.received == 1800
    assert readings.counters.frames == 300


def test_text_lines_flag_contact_and_say_each_remark_once():
    """An AD8232 that prints `!` has no contact; the device's remarks reach a person."""
    lines = driver("lines", [Wanted("ecg", "", "ad8232")], {"rate": "100"})
    readings, out = Readings(lines, ["ecg"]), []
    for k in range(300):
        text = b"!\r\n" if 100 <= k < 200 else b"%d\r\n" % (500 + k % 10)
        out += readings.push(text, 0.01 * (k + 1))[1]
    flags = {block.flags for block in out if isinstance(block, Block)}
    assert flags == {Quality.OK, Quality.NO_CONTACT}
    texts = [each.text for each in out if isinstance(each, SensorNotice)]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(
    ("measured", "meant"), [(49.6, 50), (3.97, 4), (192.3, 192), (160.4, 160), (1003, 1000), (0.51, 0.51)]
)
def test_a_measured_rate_is_taken_for_the_one_that_is_meant(measured, meant):
    """Usual rates are recognised; others keep three digits."""
    assert usual(measured) == meant


class Wired:
    """An emulated device as a transport, in its own time."""

    name = "wire"

    def __init__(self, device):
        self.device, self.replies = device, b""
        device.opened()

    def write(self, data):
        self.replies += self.device.receive(data)

    def read(self):
        data, self.replies = self.replies, b""
        return data + self.device.produce(READ_S)


def of_kind(kind):
    """Readings of an emulated device, and three seconds of what it sends."""
    url = parse(f"serial:///dev/x?protocol={kind}&channels={emulated.KINDS[kind].channels}")
    made = driver(kind, url.wanted, url.options)
    wire = Wired(emulated.device(kind, Body(seed=1), {}))
    talk = Conversation(wire, lambda: wire.device.clock)
    talk.settle(made.port.settle_s + 1.5)
    talk.run(made.start())
    wire.device.produce(1.5)
    readings = Readings(made, [wanted.stream for wanted in url.wanted])
    readings.connect()
    return readings, made.port.baud, wire.device.produce(3.0)


def blocks_of(readings, data):
    out = [readings.push(data[at : at + 100], at / 1e4)[1] for at in range(0, len(data), 100)]
    return [each for some in out for each in some if isinstance(each, Block)]


@pytest.mark.parametrize("kind", emulated.KINDS)
def test_no_device_gives_samples_at_a_wrong_baud_rate(kind):
    """What its bytes look like at four other rates is named and never becomes data; at its own it does."""
    readings, baud, data = of_kind(kind)
    assert readings.push(data, 3.0)[0]
    assert readings.evidence.is_proven
    for factor in (0.25, 0.5, 2, 12):
        readings.connect()
        assert blocks_of(readings, seen_at(data, baud, baud * factor)) == []
        assert "wrong baud rate" in readings.evidence.complaint("it", baud, 3.0)


@pytest.mark.parametrize("kind", emulated.KINDS)
def test_no_noise_is_taken_for_a_device(kind):
    """Random bytes, zeros and ones give nothing, however many."""
    readings, _, _ = of_kind(kind)
    for noise in (np.random.default_rng(1).bytes(200_000), bytes(20_000), b"\xff" * 20_000):
        readings.connect()
        assert blocks_of(readings, noise) == []
        assert not readings.evidence.is_proven
