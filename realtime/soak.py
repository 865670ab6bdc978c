"""`maeum soak`: hours of a live session in minutes, with everything going wrong, and whether it holds."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.ending import DONE, FAILED, MISSING, USAGE, complain

if TYPE_CHECKING:
    from types import FrameType

    from realtime.rehearsing import Rehearsed


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", speed: Callable[[str], float | None]
) -> None:
    """Add the command `soak`."""
    parser = commands.add_parser(
        "soak",
        help="hours of an emulated live session with faults: does it leak, lose or stick?",
        description="Run a whole live session with an emulated microphone, emulated sensors and a stand-in for "
        "Whisper, in simulated time; exit code 0 when everything held.",
    )
    add = parser.add_argument
    add("--hours", type=_hours, default=8.0, metavar="N", help="of session time (default: 8)")
    add("--speed", type=speed, default=None, metavar="X", help="max (default), or times real time at most")
    add("--scenario", type=Path, metavar="FILE", help="TOML file of what goes wrong and when")
    add("--seed", type=int, metavar="N", help="other moments, another body")
    add("--record", type=Path, metavar="DIR", help="keep the session in a new folder in DIR")
    add("--json", action="store_true", help="one JSON object on standard output")


def _hours(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 168.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours above 0, up to 168")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Carry a rehearsal through; return the exit code."""
    from devices.emulation.rehearsal import load
    from devices.emulation.scenario import BadScenario
    from models.bundle import BundleError, load_bundle
    from models.tflite import TfliteUnavailable
    from realtime.rehearsing import Rehearsing

    try:
        rehearsal = load(arguments.scenario)
        bundle = load_bundle(None)
    except BadScenario as error:
        return complain(error, USAGE)
    except (BundleError, TfliteUnavailable) as error:
        return complain(error, MISSING)
    if arguments.seed is not None:
        rehearsal = replace(rehearsal, seed=arguments.seed)
    going = Rehearsing(rehearsal, bundle, arguments.hours * 3600.0, arguments.speed)
    with _ended_by_signals(going.stop), _progress(going.seconds) as advance:
        found = going.run(advance, arguments.record)
    _show(found, as_json=arguments.json)
    for kind, text in found.failures.items():
        complain(f"{text} ({found.times[kind]} times)" if found.times[kind] > 1 else text, FAILED)
    return FAILED if found.failures else DONE


def _show(found: "Rehearsed", *, as_json: bool) -> None:
    from rich.console import Console

    from realtime.soak_table import as_text, table

    if as_json:
        sys.stdout.write(as_text(found) + "\n")
    else:
        Console(highlight=False).print(table(found))


@contextmanager
def _progress(seconds: float) -> Iterator[Callable[[float], None]]:
    """Show on a terminal how far it is; what is piped stays clean."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=seconds)
        yield lambda now: progress.update(task, completed=now, description=f"{now / 3600:.2f} h")


@contextmanager
def _ended_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """End the session, not the program, on Ctrl-C: what was found until then is told."""

    def interrupt(_number: int, _frame: "FrameType | None") -> None:
        stop()

    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
