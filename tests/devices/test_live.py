"""Devices as one source: what they do is told, and what the session cannot take in is accounted for."""

import threading
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from devices.backlog import TOO_SLOW
from devices.block import Block, DeviceState, Event, Gap
from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.emulation.terminal import PseudoTerminal
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.live import DeviceMissing, LiveSource, StreamTwice
from devices.sensors.url import SensorUrl, parse
from tests.devices.link.conftest import HASTY


@pytest.fixture
def terminal(tmp_path) -> Iterator[PseudoTerminal]:
    terminal = PseudoTerminal(tmp_path)
    yield terminal
    terminal.unplug()


@pytest.fixture
def url(terminal: PseudoTerminal) -> SensorUrl:
    return parse(f"serial://{terminal.by_id}?protocol=bitalino&channels=eda:A3,ecg:A2,temp:A1")


def live(url: SensorUrl, **options: int) -> LiveSource:
    source = LiveSource(SessionClock(), **options)
    source.add(lambda clock, deliver: Sensor(url, clock, deliver, listing=list, patience=HASTY))
    return source


def until(events: Iterator[Event], wanted: Callable[[Event], bool]) -> list[Event]:
    """Events up to the first wanted one."""
    seen = []
    for event in events:
        seen.append(event)
        if wanted(event):
            return seen
    raise AssertionError("the source ended")


def is_streaming(event: Event) -> bool:
    return isinstance(event, DeviceState) and event.state == "streaming"


def test_what_a_device_does_is_told_before_what_follows_from_it(terminal, url):
    """Streaming before the first samples, its loss with the reason, and its return with what that has cost."""
    with Emulator(Bitalino(), terminal) as emulator:
        source = live(url)
        events = source.events()
        begun = until(events, is_streaming)
        assert not any(isinstance(event, Block) for event in begun)
        until(events, lambda event: isinstance(event, Block))
        emulator.plan(Fault(0, "rename", 0.5))
        gone = until(events, is_streaming)
        events.close()
    lost = next(event for event in gone if isinstance(event, DeviceState))
    assert lost.state == "lost"
    assert "unplugged" in lost.problem
    back = gone[-1]
    assert (back.problem, back.reconnects) == (None, 1)
    assert back.away_s >= 0.3
    assert back.drift_ppm is not None
    assert [state.state for state in source.states()] == ["closed"]


def test_a_session_goes_on_while_a_required_device_is_awaited(terminal, url):
    """What others give is not held up; the session ends when the required one has not begun in time."""
    absent = parse("serial:///dev/maeum-nothing?protocol=lines&channels=ibi:RR/ms")
    with Emulator(Bitalino(), terminal):
        source = live(url)
        source.add(lambda clock, deliver: Sensor(absent, clock, deliver, listing=list, patience=HASTY))
        seen: list[Event] = []
        with pytest.raises(DeviceMissing, match="maeum-nothing: no such port"):
            seen.extend(source.events())
    assert max(event.end for event in seen if isinstance(event, Block)) > 1.0


def test_a_device_that_is_looked_for_in_vain_is_told_of_once():
    """Attempt after attempt finds no port: one line, not one for each."""
    source = live(parse("serial:///dev/maeum-nothing?protocol=bitalino&channels=eda:A3"))
    source.devices[0].required = False
    events = source.events()
    seen = list(islice(events, 60))
    events.close()
    states = [event for event in seen if isinstance(event, DeviceState)]
    assert [state.state for state in states] == ["lost"]
    assert "no such port" in states[0].problem


@pytest.mark.parametrize("waited", [0.01, 3.0])
def test_a_required_device_that_starts_slowly_is_waited_for(terminal, url, monkeypatch, waited):
    """As long as nothing is wrong with it: a handshake may take longer than it takes to see that a port is absent."""
    monkeypatch.setattr("devices.live.OPEN_S", waited)
    with Emulator(Bitalino(), terminal):
        events = live(url).events()
        until(events, lambda event: isinstance(event, Block))
        events.close()


def test_what_a_session_is_too_slow_for_is_a_gap_of_each_stream(terminal, url):
    """Nothing is closed up: the next block goes on behind the gap, and what was left out is counted."""
    with Emulator(Bitalino(), terminal):
        source = live(url, queue=32)
        events = source.events()
        seen = until(events, lambda event: isinstance(event, Block))
        while len(source.notices()) < 3:  # the session takes nothing, and the devices never wait
            threading.Event().wait(0.005)
        slow = {"eda", "ecg", "temp"}
        for event in events:
            seen.append(event)
            slow -= {event.stream} if isinstance(event, Gap) and event.reason == TOO_SLOW else set()
            if not slow and isinstance(event, Block):
                break
        events.close()
    for stream in ("eda", "ecg", "temp"):
        index = lost = 0
        for event in seen:
            if isinstance(event, Block) and event.stream == stream:
                assert event.index == index
                index += len(event.values)
            elif isinstance(event, Gap) and event.stream == stream and event.duration is not None:
                index += event.lost or 0
                lost += event.lost if event.reason == TOO_SLOW else 0
        (counted,) = (int(one.split()[1]) for one in source.notices() if one.startswith(f"{stream}: "))
        assert 0 < lost <= counted


def test_two_devices_cannot_give_one_stream(url):
    """Which of them is to be left out is asked."""
    source = live(url)
    with pytest.raises(StreamTwice, match="both give ecg, eda, temp; leave one out"):
        source.add(lambda clock, deliver: Sensor(url, clock, deliver))


def test_sensors_without_sound_are_taken_as_fast_as_they_come(terminal, url):
    """One look takes all that waits: a session without a microphone does not fall behind."""
    with Emulator(Bitalino(), terminal):
        source = live(url)
        events = source.events()
        until(events, is_streaming)
        blocks = (event for event in events if isinstance(event, Block))
        last = list(islice(blocks, 150))[-1]  # a look for each would take 15 s; the device needs three
        behind = source.clock.now() - last.end
        events.close()
    assert behind < 3.0
