"""Two devices of one session, of which one is unplugged: the other never notices."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from devices.block import Block, DeviceState, Event, Gap, SensorNotice
from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.emulation.healthypi import HealthyPi
from devices.emulation.terminal import PseudoTerminal
from devices.link.port_finder import ListedPort
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.live import LiveSource
from devices.sensors.url import parse

AWAY_S = 1.0


@pytest.fixture
def ports(tmp_path) -> Iterator[tuple[PseudoTerminal, PseudoTerminal]]:
    terminals = PseudoTerminal(tmp_path, "usb-first"), PseudoTerminal(tmp_path, "usb-second")
    yield terminals
    for terminal in terminals:
        terminal.unplug()


@pytest.mark.parametrize("named", ["by-id", "plain"])
def test_a_device_that_comes_back_under_another_name_disturbs_no_other(ports, named):
    """Loss within a second, back within two of its return; the other's samples come on without a hole or a pause."""
    first, second = ports

    def listing() -> list[ListedPort]:
        return [ListedPort(str(port.path), 0x403, 0x6001, port.by_id.name) for port in ports if port.plugged]

    source = LiveSource(SessionClock(), remarks=lambda: ["could add another one"])
    for port, query in (
        (first, "protocol=bitalino&channels=eda:A3"),
        (second, "protocol=healthypi&channels=ecg:ECG/gain6"),
    ):
        url = parse(f"serial://{port.by_id if named == 'by-id' else port.path}?{query}")
        source.add(lambda clock, deliver, url=url: Sensor(url, clock, deliver, listing=listing))
    old = first.path.name
    came: list[tuple[float, Event]] = []
    with Emulator(Bitalino(), first) as emulator, Emulator(HealthyPi(), second):
        events = source.events()
        pulled = _follow(events, came, _is_eda)
        emulator.plan(Fault(0, "rename", AWAY_S))
        lost = _follow(events, came, lambda event: isinstance(event, Gap) and event.duration is None)
        back = _follow(events, came, lambda event: isinstance(event, Gap) and event.duration is not None)
        _follow(events, came, _is_eda)
        events.close()
    assert lost - pulled < 1.0
    assert back - pulled < AWAY_S + 2.0
    assert first.path.name != old
    others = [(at, event) for at, event in came if isinstance(event, Block) and event.stream == "ecg"]
    index = others[0][1].index
    for _, block in others:
        assert block.index == index
        index += len(block.values)
    during = [at for at, _ in others if pulled < at < back]
    assert max(after - before for before, after in pairwise(during)) < 0.5
    states = [event.device for _, event in came if isinstance(event, DeviceState) and event.problem is not None]
    assert all("BITalino" in device for device in states)
    assert any(isinstance(event, SensorNotice) and event.text == "could add another one" for _, event in came)


def _is_eda(event: Event) -> bool:
    return isinstance(event, Block) and event.stream == "eda"


def _follow(events: Iterator[Event], came: list[tuple[float, Event]], wanted: Callable[[Event], bool]) -> float:
    """Note what comes and when, up to the wanted event; return its moment."""
    for event in events:
        came.append((time.monotonic(), event))
        if wanted(event):
            return came[-1][0]
    raise AssertionError("the source ended")
