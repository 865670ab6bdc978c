"""Every emulated device read by the driver of its protocol: the handshake, every value, and every hole."""

from importlib.util import find_spec

import numpy as np
import pytest

from devices.emulation import catalog as emulated
from devices.emulation.faults import scattered
from devices.emulation.line import Line
from devices.emulation.waveforms import Body
from devices.sensors import catalog
from devices.sensors.driver import Drain, Expect, Send
from devices.sensors.frames import Frame, Lost
from devices.sensors.url import parse

SECONDS = 12.0
ALL = tuple(kind for kind in emulated.KINDS if find_spec(catalog.PROTOCOLS[kind][0]))
SLICE = 0.01


class Talk:
    """A driver and an emulated device, without a port, in the device's own time."""

    def __init__(self, protocol, seed=1, **options):
        url = parse(f"serial:///dev/ttyUSB0?protocol={protocol}&channels={emulated.KINDS[protocol].channels}")
        self.driver = catalog.driver(protocol, url.wanted, url.options)
        self.body = Body(seed=seed)
        self.device = emulated.device(protocol, self.body, options)
        self.line = Line(seed)
        self.unread = b""
        self.device.opened()
        self.device.produce(self.driver.port.settle_s)
        self.unread = self._play(self.driver.start())
        self.decoder = self.driver.decoder()
        self.began = self.device.truth.bytes - len(self.unread)
        self.decoded = []

    def _play(self, script):
        reply = None
        while True:
            try:
                step = script.send(reply)
            except StopIteration:
                return self.unread
            if isinstance(step, Send):
                self.unread += self.device.receive(step.data)
                self._pass(step.wait_s)
                reply, self.unread = (self.unread, b"") if step.wait_s else (b"", self.unread)
            elif isinstance(step, Drain):
                self._pass(step.quiet_s)
                reply, self.unread = self.unread, b""
            else:
                reply = self._await(step)

    def _pass(self, seconds):
        for _ in range(round(seconds / SLICE)):
            self.unread += self.device.produce(SLICE)

    def _await(self, step):
        assert isinstance(step, Expect)
        for _ in range(round(step.timeout_s / SLICE)):
            end = step.found(self.unread)
            if end is not None:
                reply, self.unread = self.unread[:end], self.unread[end:]
                return reply
            self._pass(SLICE)
        raise TimeoutError(step.what)

    def listen(self, seconds, room=None):
        """Let the device send for a while, and decode what arrives."""
        for _ in range(round(seconds / SLICE)):
            data, self.unread = self.unread + self.line.push(self.device.produce(SLICE, room)), b""
            self.decoded += self.decoder.push(data, self.device.clock)

    def frames(self):
        return [one for one in self.decoded if isinstance(one, Frame)]

    def lost(self):
        return sum(one.count or 0 for one in self.decoded if isinstance(one, Lost))


def truths(talk):
    """What the device sent, as the decoder of its protocol lays it out: lines and EmotiBit value by value."""
    sent = [frame for frame in talk.device.truth.frames if frame.start >= talk.began]
    if talk.driver.protocol == "lines":
        return [
            (label, (value,))
            for frame in sent
            for label, value in zip(("EDA", "ECG", "TEMP"), frame.values, strict=True)
        ]
    if talk.driver.protocol == "emotibit":
        return [(frame.layout, (value,)) for frame in sent for value in frame.values]
    return [(frame.layout, frame.values) for frame in sent]


def heard(talk):
    return [(frame.layout, frame.values) for frame in talk.frames()]


@pytest.mark.parametrize("protocol", ALL)
def test_every_value_arrives(protocol):
    """Undisturbed, the driver's frames are those of the ledger, in order, but for the first and last few."""
    talk = Talk(protocol)
    talk.listen(SECONDS)
    sent, got = truths(talk), heard(talk)
    counters = talk.decoder.counters
    assert counters.received == counters.accepted + counters.skipped + counters.waiting
    assert len(sent) - 24 <= len(got) <= len(sent)
    start = next(k for k in range(25) if sent[k : k + 20] == got[:20])
    assert got == sent[start : start + len(got)]
    assert talk.lost() == 0


@pytest.mark.parametrize("protocol", ALL)
def test_the_values_are_those_of_the_body(protocol):
    """Converted by the driver's formulas, each stream is what the body had, within a step of its converter."""
    talk = Talk(protocol)
    talk.listen(SECONDS)
    outputs = talk.driver.outputs(talk.decoder)
    assert {output.stream for output in outputs} == {one.stream for one in parse_wanted(protocol)}
    for output in outputs:
        raw = np.array([frame.values[output.column] for frame in talk.frames() if frame.layout == output.layout])
        values = output.conversion.formula(raw)
        waveform = talk.body.waveform(output.stream)
        times = np.arange(0.0, SECONDS + 5.0, 0.004)
        step = {"eda": 0.06, "ecg": 0.05, "temp": 0.4}[output.stream]
        assert np.isfinite(values).all()
        assert np.min(waveform(times)) - step <= values.min() <= values.max() <= np.max(waveform(times)) + step
        assert np.median(values) == pytest.approx(np.median(waveform(times)), abs=step)


def parse_wanted(protocol):
    return parse(f"serial://x?protocol={protocol}&channels={emulated.KINDS[protocol].channels}").wanted


@pytest.mark.parametrize("protocol", ALL)
@pytest.mark.parametrize("kind", ["drop", "flip", "insert", "duplicate", "zeros"])
def test_harm_invents_no_frames(protocol, kind):
    """Frames decoded after harm are frames that were sent, but for the few that the protocol cannot tell apart."""
    if kind == "flip" and protocol in ("cyton", "healthypi", "chords"):
        pytest.skip("a protocol without checksums cannot know of a bit that flipped")
    talk = Talk(protocol, **({"counter": True, "checksum": True} if protocol == "lines" else {}))
    talk.listen(5.0)
    for fault in scattered([kind], 12, 10.0, most=1 if kind == "flip" else 6, seed=3):
        talk.line.strike(kind, int(fault.amount), at=round(talk.line.passed * (1.0 + fault.at / 5.0)))
    talk.listen(12.0)
    sent = set(truths(talk))
    bogus = [one for one in heard(talk) if one not in sent]
    allowed = {"healthypi": 5, "emotibit": 4}.get(protocol, 1)
    assert len(bogus) <= allowed
    assert len(heard(talk)) > 0.8 * len(truths(talk))


@pytest.mark.parametrize("protocol", ["bitalino", "shimmer3", "cyton"])
def test_what_the_ring_loses_is_counted(protocol):
    """The line stalls for a second; received and lost add up to what was measured."""
    talk = Talk(protocol)
    talk.listen(5.0)
    talk.listen(1.5, room=0)
    talk.listen(5.0)
    truth = talk.device.truth
    assert truth.skipped > 0 or protocol == "shimmer3"
    last = talk.frames()[-1].index
    assert abs(last + 1 - len(talk.frames()) - talk.lost()) == 0
    assert 0 <= talk.lost() - truth.skipped <= 1  # Cyton gives up the packet before a hole, which has no follower


def test_lines_of_every_style_are_read():
    """Key and value, CSV and JSON, with counter, clock and checksum."""
    for style in ("keyvalue", "csv", "json"):
        talk = Talk("lines", style=style, counter=True, clock=True, checksum=True, comment=True)
        talk.listen(10.0)
        assert set(heard(talk)) <= set(truths(talk))
        assert len(heard(talk)) > 1000
