"""What a serial sensor costs, and what a thousand reconnects leave behind.

Run `python tests/benchmarks/bench_serial.py [seconds [unpluggings]]`. Ten minutes of a BITalino with six channels at
1 kHz pass through decoder, clock fit, conversion and blocks as fast as they can; then some seconds in real time through
a pseudo-terminal, with the device in a process of its own.
"""

import multiprocessing as mp
import sys
import tempfile
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

from rich.console import Console
from rich.table import Table
from unplugging import unplug_often

from devices.block import Block, Gap
from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.terminal import PseudoTerminal
from devices.link.readings import Reading, Readings
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.sensors.catalog import driver
from devices.sensors.driver import Wanted
from devices.sensors.url import parse

CHANNELS = "eda:A3,ecg:A2,temp:A1"
OPTIONS = {"acquire": "A1,A2,A3,A4,A5,A6"}
CHUNK_S = 0.02
SOAK_S = 600.0


def soak(seconds: float) -> tuple[float, int, int, int]:
    """Ten minutes without waiting: CPU seconds, samples sent, delivered, and lost of one stream."""
    device = Bitalino(keep=1)
    device.receive(b"\xfd")
    chunks = [device.produce(CHUNK_S) for _ in range(round(seconds / CHUNK_S))]
    wanted = [Wanted("eda", "A3"), Wanted("ecg", "A2"), Wanted("temp", "A1")]
    readings = Readings(driver("bitalino", wanted, OPTIONS), ["eda", "ecg", "temp"])
    delivered = lost = 0
    began = time.process_time()
    for k, chunk in enumerate(chunks):
        for reading in readings.push(chunk, CHUNK_S * (k + 1))[1]:
            if isinstance(reading, Block) and reading.stream == "ecg":
                delivered += len(reading.values)
            elif isinstance(reading, Gap) and reading.stream == "ecg":
                lost += reading.lost or 0
    return time.process_time() - began, device.truth.count, delivered, lost


def emulate(folder: str, ready: Event, done: Event) -> None:
    """Run the device, in a process of its own, until told to stop."""
    with Emulator(Bitalino(keep=1), PseudoTerminal(Path(folder))):
        ready.set()
        done.wait()


def live(seconds: float, folder: str) -> tuple[float, int, int, int]:
    """Real time through a pseudo-terminal: CPU seconds, samples sent, delivered and lost."""
    context = mp.get_context("spawn")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=emulate, args=(folder, ready, done))
    process.start()
    ready.wait()
    out: list[Reading] = []
    port = next((Path(folder) / "by-id").iterdir())
    url = parse(f"serial://{port}?protocol=bitalino&channels={CHANNELS}&acquire={OPTIONS['acquire']}")
    sensor = Sensor(url, SessionClock(), out.append)
    sensor.start()
    sensor.wait_streaming(10)
    first, began = sensor.facts.frames, time.process_time()
    threading.Event().wait(seconds)
    cpu = time.process_time() - began
    facts = sensor.facts
    sensor.stop()
    done.set()
    process.join()
    blocks = [one for one in out if isinstance(one, Block) and one.stream == "ecg"]
    lost = sum(one.lost or 0 for one in out if isinstance(one, Gap) and one.stream == "ecg")
    assert facts.lost == lost
    return cpu, facts.frames - first, sum(len(block.values) for block in blocks), lost


def main() -> None:
    """Print both, and the leaks."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    table = Table("BITalino, 6 channels at 1 kHz", "seconds", "CPU s", "of a core", "sent", "delivered", "lost")
    cpu, sent, got, lost = soak(SOAK_S)
    table.add_row("accelerated", f"{SOAK_S:g}", f"{cpu:.2f}", f"{cpu / SOAK_S:.2%}", str(sent), str(got), str(lost))
    with tempfile.TemporaryDirectory() as folder:
        cpu, sent, got, lost = live(seconds, folder)
    table.add_row("real time", f"{seconds:g}", f"{cpu:.2f}", f"{cpu / seconds:.2%}", f"{sent}+", str(got), str(lost))
    Console(width=120).print(table)
    with tempfile.TemporaryDirectory() as folder:
        terminal = PseudoTerminal(Path(folder))
        began = time.monotonic()
        leaks = unplug_often(times, terminal)
        print(f"{times} unpluggings in {time.monotonic() - began:.1f} s: {leaks}")


if __name__ == "__main__":
    main()
