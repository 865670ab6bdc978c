"""`maeum record --raw`: every byte of a biosensor with its time, for somebody who has no such device."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.ending import DONE, FAILED, MISSING, USAGE, complain

if TYPE_CHECKING:
    from devices.link.capture import Capture
    from devices.link.readings import Reading
    from devices.link.sensor import Sensor

_EVERY_S = 1.0


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `record`."""
    parser = commands.add_parser(
        "record",
        help="every byte of a biosensor with its time, for somebody who has no such device",
        description="Write down what a device sends and what it is told; `maeum replay` plays the file again.",
    )
    add = parser.add_argument
    add("--raw", type=Path, metavar="FILE", required=True, help="file to write; it must not exist yet")
    add("--sensor", metavar="URL", required=True, help="serial:///dev/ttyUSB0?protocol=bitalino&channels=eda:A3")
    add("--seconds", type=float, metavar="N", help="end after so long; else Ctrl-C ends it")


def run(arguments: argparse.Namespace) -> int:
    """Record until the time is over or somebody presses Ctrl-C; return the exit code."""
    from devices.link.capture import Capture
    from devices.link.sensor import Sensor
    from devices.link.session_clock import SessionClock
    from devices.sensors.catalog import UnknownProtocol
    from devices.sensors.driver import UnknownChannel, UnknownOption
    from devices.sensors.url import BadSensorUrl, parse

    clock = SessionClock()
    try:
        url = parse(arguments.sensor)
        Sensor(url, clock, _say)  # says what is wrong with the URL before a file is made
        capture = Capture(arguments.raw, url.text, clock.now)
    except (BadSensorUrl, UnknownProtocol, UnknownChannel, UnknownOption) as error:
        return complain(str(error), USAGE)
    except FileExistsError:
        return complain(f"{arguments.raw} exists already; a recording is never overwritten", USAGE)
    except OSError as error:
        return complain(f"{arguments.raw} cannot be written: {error.strerror}", FAILED)
    sensor = Sensor(url, clock, _say, capture)
    sys.stdout.write(f"{sensor.name} into {arguments.raw}\n")
    try:
        _record(sensor, arguments.seconds)
    finally:
        capture.close()
    return _summed_up(sensor, capture, arguments.raw)


def _record(sensor: "Sensor", seconds: float | None) -> None:
    """Show once a second what comes."""
    began, before = time.monotonic(), 0
    sensor.start()
    try:
        while (left := _left(began, seconds)) > 0.0:
            time.sleep(min(_EVERY_S, left))
            facts = sensor.facts
            rate, before = (facts.bytes - before) / _EVERY_S, facts.bytes
            line = f"{time.monotonic() - began:7.1f} s  {facts.state.name.lower():9}  {rate:7.0f} B/s"
            sys.stdout.write(f"{line}  {facts.frames} frames, {facts.lost} lost, {facts.skipped} bytes skipped\n")
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")
    finally:
        sensor.stop()


def _left(began: float, seconds: float | None) -> float:
    return float("inf") if seconds is None else began + seconds - time.monotonic()


def _summed_up(sensor: "Sensor", capture: "Capture", file: Path) -> int:
    facts = sensor.facts
    sys.stdout.write(f"{capture.bytes} bytes, {facts.frames} frames, {facts.reconnects} reconnects in {file}\n")
    if capture.bytes:
        return DONE
    return complain(f"nothing came from the device: {facts.problem or 'it sent nothing'}", MISSING)


def _say(reading: "Reading") -> None:
    from devices.link.readings import SensorNotice

    if isinstance(reading, SensorNotice):
        sys.stdout.write(f"{reading.t:7.1f} s  {reading.text}\n")
