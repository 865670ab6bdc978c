"""LSL inlets beside real outlets in other processes: late ones, lost ones, and those that come back."""

import queue
import subprocess
import sys
import threading
import time
from itertools import pairwise
from uuid import uuid4

import numpy as np
import pytest

from devices.block import Away, Block, Gap
from devices.link.sensor import State
from devices.link.session_clock import SessionClock
from devices.lsl import LslSensor
from devices.sensors.driver import UnknownOption
from devices.sensors.url import parse

pytest.importorskip("pylsl", reason="pylsl (extra lsl) is not installed", exc_type=ImportError)

OUTLET = """
import sys, time, pylsl
name, unit, rate = sys.argv[1], sys.argv[2], 50.0
info = pylsl.StreamInfo(name, "EDA", 2, rate, "float32", name)
channels = info.desc().append_child("channels")
for label, said in (("nSeq", ""), ("EDA", unit)):
    channel = channels.append_child("channel")
    channel.append_child_value("label", label)
    channel.append_child_value("unit", said)
outlet = pylsl.StreamOutlet(info)
start, n = pylsl.local_clock(), 0
while True:
    outlet.push_sample([n % 16, 5 + n / 1000], start + n / rate)
    n += 1
    time.sleep(max(0, start + n / rate - pylsl.local_clock()))
"""


class Heard:
    """Collects what a sensor delivers."""

    def __init__(self):
        self.queue = queue.Queue()
        self.all = []

    def until(self, wanted, seconds=15.0):
        """Wait for the next reading of which something holds."""
        end = time.monotonic() + seconds
        while True:
            reading = self.queue.get(timeout=max(0.01, end - time.monotonic()))
            self.all.append(reading)
            if wanted(reading):
                return reading


@pytest.fixture
def name():
    return f"maeum-{uuid4().hex[:8]}"


@pytest.fixture
def outlet(name):
    """Starts a sender; called again, another of the same name."""
    started = []

    def start(unit="microsiemens"):
        started.append(subprocess.Popen([sys.executable, "-c", OUTLET, name, unit], stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def inlet(name, heard):
    sensor = LslSensor(parse(f"lsl://name={name}&type=EDA"), SessionClock(), heard.queue.put)
    sensor.start()
    yield sensor
    sensor.stop()


def is_block(reading):
    return isinstance(reading, Block)


def test_a_stream_that_comes_late_is_joined(inlet, outlet, heard):
    """Until then nobody waits for it; its samples are placed at the times that its sender gave them."""
    heard.until(lambda reading: isinstance(reading, Away))
    outlet()
    first = heard.until(is_block)
    assert isinstance(heard.all[0], Gap)
    assert heard.all[0].duration is None
    for _ in range(20):
        last = heard.until(is_block)
    assert inlet.state is State.STREAMING
    assert inlet.rates == {"eda": 50.0}
    blocks = [reading for reading in heard.all if is_block(reading)]
    assert all(later.index == earlier.index + len(earlier.values) for earlier, later in pairwise(blocks))
    values = np.concatenate([block.values for block in blocks])
    assert np.diff(values) == pytest.approx(np.full(len(values) - 1, 0.001), abs=1e-5)
    assert last.time - first.time == pytest.approx((last.index - first.index) / 50, abs=0.01)


def test_a_stream_that_is_lost_is_said_and_found_again(inlet, outlet, heard):
    """Loss within a second, then absence, then a gap with its duration when the sender is back."""
    sender = outlet()
    heard.until(is_block)
    sender.kill()
    killed = time.monotonic()
    lost = heard.until(lambda reading: isinstance(reading, Gap) and reading.duration is None)
    assert time.monotonic() - killed < 1.5
    heard.until(lambda reading: isinstance(reading, Away))
    outlet()
    back = heard.until(lambda reading: isinstance(reading, Gap) and reading.duration is not None)
    assert back.time == pytest.approx(lost.time, abs=0.1)
    assert back.duration > 0
    block = heard.until(is_block)
    assert block.time >= back.time + back.duration - 0.02
    assert inlet.facts.reconnects == 1
    ends = [(reading.time, reading.end) for reading in heard.all if is_block(reading)]
    assert all(later[0] >= earlier[1] - 0.011 for earlier, later in pairwise(ends))


def test_a_sender_without_a_unit_gives_no_samples(inlet, outlet, heard):
    """What to add to the URL is said once."""
    outlet(unit="")
    notice = heard.until(lambda reading: getattr(reading, "text", "").find("UNIT") > 0)
    assert "gives no unit for EDA; say it in the URL: channels=eda:EDA/UNIT with one of uS" in notice.text
    assert not inlet.wait_streaming(0.3)


def test_stopping_takes_less_than_a_second_from_every_state(name, outlet, heard):
    """While nothing is there, and while samples come; the thread is gone."""
    for ready in (lambda reading: isinstance(reading, Away), is_block):
        sensor = LslSensor(parse(f"lsl://name={name}&type=EDA"), SessionClock(), heard.queue.put)
        sensor.start()
        heard.until(ready)
        began = time.monotonic()
        sensor.stop()
        assert time.monotonic() - began < 1
        assert sensor.state is State.CLOSED
        assert sensor.name not in [thread.name for thread in threading.enumerate()]
        outlet()


def test_what_cannot_be_is_refused_when_it_is_made():
    """An unknown option."""
    with pytest.raises(UnknownOption, match="an LSL inlet has no option 'baud'; it takes rate"):
        LslSensor(parse("lsl://type=EDA?baud=9600"), SessionClock(), print)
