"""Every protocol over a real pseudo-terminal: the handshake from any state, and streams that come back."""

import numpy as np
import pytest

from devices.emulation import catalog as emulated
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.emulation.waveforms import Body
from devices.link.readings import IRREGULAR
from devices.link.script import Conversation
from devices.link.transport import SerialTransport
from devices.sensors import catalog
from devices.sensors.url import parse
from tests.devices.link.deliveries import check_order, delivered

pytestmark = pytest.mark.usefixtures("nothing_is_left")

# The Chords firmware waits a second for the end of every command, so that it needs six to start: too long for here.
ALL = tuple(kind for kind in emulated.KINDS if kind != "chords")
OPTIONS = {"lines": {"boot_s": 0.2}}


def query_of(kind):
    return f"protocol={kind}&channels={emulated.KINDS[kind].channels}"


def streams_of(kind):
    return [wanted.stream for wanted in parse(f"serial:///dev/x?{query_of(kind)}").wanted]


@pytest.mark.parametrize("kind", ALL)
def test_each_device_streams_is_pulled_out_and_streams_again(terminal, sensor_of, kind):
    """Every wanted stream comes, is away, and comes again; indices add up and time goes forward."""
    sensor = sensor_of(query_of(kind))
    out = delivered(sensor)
    streams = streams_of(kind)
    regular = [stream for stream in streams if stream not in IRREGULAR]
    with Emulator(emulated.device(kind, Body(seed=1), OPTIONS.get(kind, {})), terminal) as emulator:
        sensor.start()
        out.until(lambda: all(len(out.blocks(stream)) >= 5 for stream in streams))
        before = sensor.facts.port
        emulator.plan(Fault(0, "rename", 0.2))
        out.until(lambda: sensor.facts.reconnects == 1)
        count = {stream: out.samples(stream) for stream in regular}
        out.until(lambda: all(out.samples(stream) > count[stream] for stream in regular))
        sensor.stop()
    assert sensor.facts.port == before
    for stream in regular:
        check_order(out, stream)
        assert np.isfinite(np.concatenate([block.values for block in out.blocks(stream)])).mean() > 0.95
        rates = {block.rate for block in out.blocks(stream)}
        assert len(rates) == 1
        assert rates.pop() > 0


@pytest.mark.parametrize("kind", ALL)
def test_a_device_left_streaming_by_a_program_that_died_is_taken_over(terminal, sensor_of, kind):
    """Frames in flight and a device in the wrong state do not disturb the handshake."""
    with Emulator(emulated.device(kind, Body(seed=1), OPTIONS.get(kind, {})), terminal):
        url = parse(f"serial://{terminal.by_id}?{query_of(kind)}")
        driver = catalog.driver(url.protocol, url.wanted, url.options)
        dead = SerialTransport(url.address, driver.port, list)
        dead.open()
        Conversation(dead).run(driver.start())
        dead.close()
        sensor = sensor_of(query_of(kind))
        out = delivered(sensor)
        sensor.start()
        out.until(lambda: all(out.blocks(stream) for stream in streams_of(kind)))
        sensor.stop()
    assert sensor.facts.reconnects == 0
