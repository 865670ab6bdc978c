"""A device that is pulled out and put back many times, and what that leaves behind."""

import gc
import threading
import tracemalloc
from dataclasses import dataclass

import psutil

from devices.block import Gap
from devices.emulation.terminal import PseudoTerminal
from devices.link.readings import Reading
from devices.link.sensor import Sensor, State
from devices.link.session_clock import SessionClock
from devices.link.supervisor import Patience
from devices.sensors.url import parse

WARM_UP = 10
LINES = b"".join(b"n:%d,EDA:%d.5\r\n" % (k, k % 10) for k in range(20))


@dataclass(frozen=True, slots=True)
class Leaks:
    """What there is more of at the end than after the first cycles."""

    reconnects: int
    threads: int
    descriptors: int
    bytes: int
    """Of Python's memory"""
    gaps: int
    """Gaps with a duration that were delivered"""


def unplug_often(times: int, terminal: PseudoTerminal) -> Leaks:
    """Unplug a streaming device so many times; it comes back under another name each time."""
    patience = Patience(first_s=0.001, poll_s=0.001, gather_s=0.0005)
    changed, gaps = threading.Event(), [0]

    def count(reading: Reading) -> None:
        gaps[0] += isinstance(reading, Gap) and reading.duration is not None
        changed.set()

    url = parse(f"serial://{terminal.by_id}?protocol=lines&channels=eda:EDA/uS&rate=1000")
    sensor = Sensor(url, SessionClock(), count, listing=list, patience=patience)
    sensor.start()
    tracemalloc.start()
    try:
        cycle(WARM_UP, sensor, terminal, changed)
        before, counted = _now(), gaps[0]
        cycle(times, sensor, terminal, changed)
        after = _now()
    finally:
        tracemalloc.stop()
        sensor.stop()
    threads, descriptors, memory = (late - early for late, early in zip(after, before, strict=True))
    return Leaks(sensor.facts.reconnects - WARM_UP + 1, threads, descriptors, memory, gaps[0] - counted)


def cycle(times: int, sensor: Sensor, terminal: PseudoTerminal, changed: threading.Event) -> None:
    """Bring the device to streaming and pull it out, again and again; at the end it streams no more."""
    for _ in range(times):
        terminal.plug(rename=True)
        while sensor.state is not State.STREAMING:
            terminal.write(LINES)
            changed.wait(0.001)
            changed.clear()
        terminal.unplug()
        while sensor.state is State.STREAMING:
            changed.wait(0.001)
            changed.clear()


def _now() -> tuple[int, int, int]:
    gc.collect()
    return threading.active_count(), psutil.Process().num_fds(), tracemalloc.get_traced_memory()[0]
