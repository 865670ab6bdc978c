"""Supervised sensors on real pseudo-terminals with emulated devices: what streams, and what is no such device."""

import socket
import threading
from dataclasses import replace

import numpy as np
import pytest

from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault, scattered
from devices.emulation.lines import TextLines
from devices.link.sensor import Sensor, State
from devices.link.session_clock import SessionClock
from devices.sensors.url import parse
from tests.devices.link.conftest import HASTY
from tests.devices.link.deliveries import BITALINO, LINES, Deliveries, check_order, delivered
from tests.devices.link.noise import Noise

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "streaming already"])
def test_a_bitalino_is_started_read_and_stopped(terminal, sensor_of, busy):
    """From any state the handshake brings it to streaming; its samples arrive; at the end it is told to stop."""
    device = Bitalino()
    if busy:
        device.receive(b"\x05")
    sensor = sensor_of(BITALINO)
    out = delivered(sensor)
    assert sensor.rates == {"eda": 1000.0, "ecg": 1000.0, "temp": 1000.0}
    with Emulator(device, terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        out.until(lambda: out.samples("temp") >= 500)
        assert sensor.state is State.STREAMING
        sensor.stop()
        assert sensor.state is State.CLOSED
        sent = device.truth.count
        emulator.step(1.0)
        assert device.truth.count == sent
    for stream in ("eda", "ecg", "temp"):
        check_order(out, stream)
        assert all(gap.reason == "not connected yet" for gap in out.gaps(stream))
    assert 20 < np.median(np.concatenate([block.values for block in out.blocks("temp")])) < 45
    facts = sensor.facts
    assert facts.problem is None
    assert facts.lost == facts.reconnects == 0


WRONG = [
    ("nothing", LINES, "sends nothing at 115200 baud"),
    ("zeros", LINES, "only zero bytes come"),
    ("noise", LINES, "wrong baud rate or another protocol"),
    ("text", "protocol=cyton&channels=ecg:1", "no answer|expected|lines of text"),
]


@pytest.mark.parametrize(("kind", "query", "words"), WRONG)
def test_what_is_no_such_device_is_named_and_gives_no_samples(terminal, sensor_of, kind, query, words):
    """Silence, zeros, noise and foreign text each have a line of their own."""
    sensor = sensor_of(query)
    out = delivered(sensor)
    with Emulator(Noise(kind), terminal):
        sensor.start()
        out.until(lambda: any(_matches(words, text) for text in out.notices()))
        out.until(lambda: sensor.state is State.BACKOFF)
        assert sensor.facts.problem
        sensor.stop()
    assert not out.samples("eda") + out.samples("ecg")


def _matches(words, text):
    return any(word in text for word in words.split("|"))


@pytest.mark.parametrize("baud", [9600, 57600, 230400])
def test_a_wrong_baud_rate_is_named_and_gives_no_samples(terminal, sensor_of, baud):
    """Bytes garbled by the real mismatch of two UARTs never become data."""
    sensor = sensor_of(f"{LINES}&baud={baud}")
    out = delivered(sensor)
    with Emulator(TextLines(boot_s=0), terminal):
        sensor.start()
        out.until(lambda: any("wrong baud rate" in text for text in out.notices()))
        sensor.stop()
    assert not out.samples("eda")


def test_a_board_that_says_no_rate_is_listened_to(terminal, sensor_of):
    """Lines without time, number or rate come on an even grid at the pace that was heard."""
    sensor = sensor_of("protocol=lines&channels=eda:EDA/uS,temp:TEMP/degC")
    out = delivered(sensor)
    assert sensor.rates == {"eda": 0.0, "temp": 0.0}
    with Emulator(TextLines(boot_s=0, rate=25.0), terminal):
        sensor.start()
        out.until(lambda: out.samples("temp") >= 25)
        sensor.stop()
    assert {block.rate for block in out.blocks("eda") + out.blocks("temp")} == {25.0}
    check_order(out, "eda")


def test_lost_bytes_are_lost_samples_and_nothing_more(terminal, sensor_of):
    """With bytes dropped on the line, delivered and lost samples add up to what the device sent."""
    sensor = sensor_of(BITALINO)
    out = delivered(sensor)
    with Emulator(Bitalino(), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        out.until(lambda: out.samples("eda") > 300)
        for k in range(5):
            emulator.plan(Fault(emulator.now + 0.05 * k, "drop", 3))
        out.until(lambda: len([gap for gap in out.gaps("eda") if gap.lost]) >= 5)
        sensor.stop()
    # On a busy computer, arrivals spread by more than half of the 16 frames that the device can tell apart.
    counted = [gap for gap in out.gaps("eda") if gap.lost and "guess" not in gap.reason]
    assert all(1 <= gap.lost <= 5 and gap.duration == pytest.approx(gap.lost / 1000) for gap in counted)
    check_order(out, "eda")


def test_every_kind_of_damage_is_survived(terminal, sensor_of):
    """With dozens of bytes lost, added, altered and repeated the stream goes on, and every index is accounted for."""
    sensor = sensor_of(BITALINO)
    out = delivered(sensor)
    faults = scattered(["drop", "insert", "flip", "duplicate", "zeros", "ones", "split"], 40, 3.0, seed=3)
    with Emulator(Bitalino(), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        began = emulator.now
        for fault in faults:
            emulator.plan(replace(fault, at=began + fault.at))
        out.until(lambda: emulator.now > began + 3.1)
        count = out.samples("ecg")
        out.until(lambda: out.samples("ecg") > count + 100)
        assert sensor.state is State.STREAMING
        sensor.stop()
    assert len(out.gaps("ecg")) > 10
    check_order(out, "ecg")


def test_a_channel_that_the_device_does_not_have_is_named(terminal, sensor_of):
    """What the sketch does print stands in the message."""
    sensor = sensor_of("protocol=lines&channels=eda:GSR/uS&rate=50")
    out = delivered(sensor)
    with Emulator(TextLines(boot_s=0), terminal):
        sensor.start()
        out.until(lambda: any("no column 'GSR'; it sends EDA, ECG, TEMP" in text for text in out.notices()))
        assert not out.blocks("eda")
        sensor.stop()


def test_a_sensor_behind_a_socket_reconnects():
    """A serial server that goes away and comes back is a device that was unplugged."""
    out, pace = Deliveries(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        url = parse(f"socket://{host}:{port}?protocol=lines&channels=eda:EDA/uS&rate=100")
        sensor = Sensor(url, SessionClock(), out, patience=HASTY)
        sensor.start()
        for connection in range(2):
            peer, _ = server.accept()
            count = out.samples("eda")
            with peer:
                while sensor.facts.reconnects < connection or out.samples("eda") < count + 10:
                    peer.sendall(b"EDA:1.5\n")
                    pace.wait(0.01)
        out.until(lambda: sensor.state is State.BACKOFF)
        assert "closed the connection" in sensor.facts.problem
        sensor.stop()
    assert sensor.facts.reconnects == 1
    check_order(out, "eda")
