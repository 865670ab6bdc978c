"""A port with a sensor on it, for tests of what is linked to real devices."""

import threading

import psutil
import pytest

from devices.emulation.terminal import PseudoTerminal
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.link.supervisor import Patience
from devices.sensors.url import parse
from tests.devices.link.deliveries import Deliveries

HASTY = Patience(stall_s=0.2, prove_s=0.3, reopen_s=0.8, first_s=0.02, poll_s=0.01, gather_s=0.005)


@pytest.fixture
def nothing_is_left():
    """No test leaves a thread or a descriptor behind."""
    threads, descriptors = threading.active_count(), psutil.Process().num_fds()
    yield
    assert threading.active_count() == threads
    assert psutil.Process().num_fds() == descriptors


@pytest.fixture
def terminal(tmp_path):
    """A port like a USB adapter's, with a lasting name."""
    terminal = PseudoTerminal(tmp_path)
    yield terminal
    terminal.unplug()


@pytest.fixture
def sensor_of(terminal):
    """Make a sensor on that port, stopped at the end."""
    made = []

    def make(query, patience=HASTY, address=None, **options):
        url = parse(f"serial://{address or terminal.by_id}?{query}")
        sensor = Sensor(url, SessionClock(), Deliveries(), patience=patience, **({"listing": list} | options))
        made.append(sensor)
        return sensor

    yield make
    for sensor in made:
        sensor.stop()
