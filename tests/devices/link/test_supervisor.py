"""Sensors that are lost, stalled, absent or taken, and come back."""

import time

import pytest

from devices.block import Gap
from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.emulation.lines import TextLines
from devices.link.port_finder import ListedPort
from devices.link.sensor import State
from devices.link.supervisor import Patience
from devices.link.transport import SerialTransport
from devices.sensors.driver import Port
from tests.benchmarks.unplugging import unplug_often
from tests.devices.link.deliveries import BITALINO, LINES, check_order, delivered

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_a_device_that_is_unplugged_comes_back_under_another_name(terminal, sensor_of):
    """Loss within 1 s, absence every 0.1 s, the stream back within 2 s of the return, one gap with the duration."""
    sensor = sensor_of(BITALINO, Patience())
    out = delivered(sensor)
    with Emulator(Bitalino(), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        out.until(lambda: out.samples("eda") > 200)
        emulator.plan(Fault(0, "rename", 1.0))
        out.until(lambda: sensor.state is State.LOST, 1.0)
        assert [gap.duration for gap in out.gaps("eda")][2:] == [None]
        out.until(lambda: terminal.plugged and sensor.state is State.STREAMING, 3.0)
        out.until(lambda: len(out.gaps("eda")) == 4, 1.0)
        assert terminal.path.name == "ttyUSB1"
        sensor.stop()
    lost, back = out.gaps("eda")[2:]
    assert (lost.time, lost.lost, lost.duration) == (back.time, None, None)
    assert 1.0 <= back.duration <= 3.0
    assert back.lost == round(back.duration * 1000)
    away = [each.until for each in out.absences("eda") if each.until > lost.time]
    assert len(away) >= 0.6 * back.duration / 0.1
    assert "unplugged" in back.reason
    assert sum("unplugged" in text for text in out.notices()) == 1
    assert sum("is back" in text for text in out.notices()) == 1
    assert sensor.facts.reconnects == 1
    check_order(out, "eda")


def test_a_plain_port_name_is_enough_to_find_a_device_again(terminal, sensor_of):
    """Without a lasting link, the USB serial number tells which port it is now."""

    def listing():
        return [ListedPort(str(terminal.path), 0x403, 0x6001, "A1")] if terminal.plugged else []

    sensor = sensor_of(LINES, address=terminal.path, listing=listing)
    out = delivered(sensor)
    with Emulator(TextLines(boot_s=0), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        emulator.plan(Fault(0, "rename", 0.1))
        out.until(lambda: sensor.facts.reconnects == 1)
        assert sensor.facts.port == str(terminal.path)
        assert terminal.path.name == "ttyUSB1"
        sensor.stop()


def test_a_device_that_is_pulled_out_during_the_handshake_is_started_again(terminal, sensor_of):
    """The script is begun anew with the next connection."""
    sensor = sensor_of(BITALINO)
    out = delivered(sensor)
    with Emulator(Bitalino(), terminal) as emulator:
        sensor.start()
        out.until(lambda: terminal.held)
        emulator.plan(Fault(0, "unplug", 0.1))
        assert sensor.wait_streaming(5)
        sensor.stop()
    assert any("unplugged" in text for text in out.notices())
    assert out.blocks("eda")


def test_an_absent_device_joins_when_it_appears(terminal, sensor_of):
    """Nobody waits for it meanwhile, and it is said once what is missing."""
    terminal.unplug()
    sensor = sensor_of(LINES)
    out = delivered(sensor)
    with Emulator(TextLines(boot_s=0), terminal):
        sensor.start()
        out.until(lambda: len(out.absences("eda")) >= 3)
        assert sensor.state is State.LOST
        assert "no such port" in sensor.facts.problem
        terminal.plug()
        assert sensor.wait_streaming(5)
        sensor.stop()
    assert sum("no such port" in text for text in out.notices()) == 1
    assert sum("streams" in text for text in out.notices()) == 1


def test_a_port_in_use_is_named_and_tried_again(terminal, sensor_of):
    """As soon as the other program lets go, the stream begins."""
    first, second = sensor_of(LINES), sensor_of(LINES)
    out = delivered(second)
    with Emulator(TextLines(boot_s=0, resets=False), terminal):
        first.start()
        assert first.wait_streaming(5)
        second.start()
        out.until(out.notices)
        assert "another program has it open" in out.notices()[0]
        first.stop()
        assert second.wait_streaming(5)
        second.stop()


def test_a_stall_is_seen_and_survived(terminal, sensor_of):
    """A device that stops sending is stalled, its streams away; when it goes on, so do they, without reopening."""
    sensor = sensor_of(BITALINO, Patience(stall_s=0.2))
    out = delivered(sensor)
    with Emulator(Bitalino(), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        out.until(lambda: out.samples("ecg") > 100)
        emulator.plan(Fault(0, "stall", 1.0))
        out.until(lambda: sensor.state is State.STALLED)
        assert "sends nothing any more" in sensor.facts.problem
        out.until(lambda: len(out.gaps("ecg")) == 4)
        assert sensor.state is State.STREAMING
        assert sensor.facts.reconnects == 0
        sensor.stop()
    assert out.gaps("ecg")[3].duration == pytest.approx(1.1, abs=0.35)
    check_order(out, "ecg")


def test_a_device_that_stays_silent_is_opened_again(terminal, sensor_of):
    """After a while the port is closed and opened, as a person would do it."""
    sensor = sensor_of(BITALINO)
    out = delivered(sensor)
    states = []
    with Emulator(Bitalino(), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        emulator.plan(Fault(0, "restart"))  # a firmware that crashed: idle, but there

        def seen():
            states.append(sensor.state)
            return sensor.facts.reconnects == 1

        out.until(seen)
        sensor.stop()
    order = [state for state, before in zip(states, [None, *states], strict=False) if state is not before]
    assert order.index(State.STALLED) < order.index(State.BACKOFF) < order.index(State.OPENING)


@pytest.mark.parametrize("state", list(State))
def test_stop_takes_less_than_a_second_from_every_state(terminal, sensor_of, state):
    """Also when nothing was ever started."""
    patience = Patience(stall_s=0.1, prove_s=0.2, reopen_s=60.0, poll_s=0.01)
    sensor = sensor_of(BITALINO, patience)
    out = delivered(sensor)
    other = SerialTransport(str(terminal.path), Port(115200), list)
    with Emulator(Bitalino(), terminal) as emulator:
        if state is State.BACKOFF:
            other.open()
        if state is not State.CLOSED:
            sensor.start()
        if state in (State.STREAMING, State.STALLED, State.LOST):
            assert sensor.wait_streaming(5)
        if state is State.STALLED:
            emulator.plan(Fault(0, "stall", 60.0))
        if state is State.LOST:
            emulator.plan(Fault(0, "unplug", 60.0))
        out.until(lambda: terminal.held if state is State.OPENING else sensor.state is state)
        began = time.monotonic()
        sensor.stop()
        assert time.monotonic() - began < 1.0
        assert sensor.state is State.CLOSED
        other.close()


def test_unplugging_a_hundred_times_leaks_nothing(terminal):
    """Threads, descriptors and memory are the same after many returns (the benchmark does a thousand)."""
    leaks = unplug_often(100, terminal)
    assert leaks.reconnects == 100
    assert leaks.threads == 0
    assert leaks.descriptors <= 0  # what an earlier test left may be gone by now
    assert leaks.bytes < 500_000
    assert 50 < leaks.gaps <= 100  # a hole goes on where a device is gone before its first sample counts


def test_gaps_of_a_lost_device_are_said_within_a_second(terminal, sensor_of):
    """The open gap comes long before the device is back."""
    sensor = sensor_of(LINES, Patience())
    out = delivered(sensor)
    with Emulator(TextLines(boot_s=0), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        emulator.plan(Fault(0, "unplug", 60.0))
        out.until(lambda: out.gaps("eda")[-1].duration is None, 1.0)
        sensor.stop()
    assert isinstance(out.gaps("eda")[-1], Gap)
