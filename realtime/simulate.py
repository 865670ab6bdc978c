"""`maeum simulate`: a biosensor that is not there, on a port that is, so that a live session can be rehearsed."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.ending import DONE, FAILED, MISSING, USAGE, complain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from devices.emulation.emulator import Emulator
    from devices.emulation.scenario import Scenario

MICROPHONE = "microphone"
PROTOCOLS = ("lines", "bitalino", "shimmer3", "emotibit", "cyton", "healthypi", "chords")
"""Those of `devices.emulation.catalog`, which takes longer to import than `maeum --help` may"""
SCENARIOS = ("calm", "faults")
"""Those of `devices.emulation.scenario.SHIPPED`"""
_KEEP = 4096
"""Frames that the ledger of an evening remembers"""
_PLAIN_S = 5.0
"""Between two lines of status on a pipe"""
_PAUSE_S = 2.0
"""Of silence before a microphone hears its file again"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `simulate`."""
    parser = commands.add_parser(
        "simulate",
        help="an emulated biosensor on a pseudo-terminal, or a microphone that plays a file",
        description="Emulate a device, with faults if wanted, and say by which --sensor or --mic a session finds it.",
    )
    known = [*PROTOCOLS, MICROPHONE]
    add = parser.add_argument
    add("protocol", choices=known, metavar="PROTOCOL", help=", ".join(known))
    add("file", nargs="?", type=Path, metavar="FILE.wav", help=f"what a {MICROPHONE} hears, again and again")
    add("--scenario", type=Path, metavar="FILE", help=f"TOML file, or one of {', '.join(SCENARIOS)}")
    add("--link", metavar="NAME", help="lasting name of the port, below by-id")
    add("--seconds", type=_seconds, metavar="N", help="end after so long")
    add("--seed", type=int, metavar="N", help="another body, other noise, other details of faults")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Emulate until the time is over or somebody presses Ctrl-C; return the exit code."""
    with _ended_cleanly():
        return _simulate(arguments)


@contextmanager
def _ended_cleanly() -> Iterator[None]:
    """Let a closed terminal and a polite kill end the program as Ctrl-C does: ports and sinks are put away.

    Ctrl-C is named as well, because a shell lets its background jobs ignore it.
    """
    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {one: signal.signal(one, signal.default_int_handler) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _simulate(arguments: argparse.Namespace) -> int:
    if arguments.protocol == MICROPHONE:
        return _microphone(arguments.file, arguments.seconds)
    if arguments.file is not None:
        return complain(f"{arguments.file} is for a {MICROPHONE} only; a scenario is given by --scenario", USAGE)
    if find_spec("fcntl") is None:
        return complain("this system has no pseudo-terminals, on which devices are emulated: use Linux", MISSING)
    from devices.emulation.scenario import BadScenario, Scenario, load

    try:
        scenario = load(arguments.scenario, arguments.protocol) if arguments.scenario else Scenario()
    except BadScenario as error:
        return complain(str(error), USAGE)
    seed = scenario.seed if arguments.seed is None else arguments.seed
    seconds = scenario.seconds if arguments.seconds is None else arguments.seconds
    try:
        return _emulate(arguments.protocol, scenario.seeded(seed), seconds, arguments.link)
    except OSError as error:
        return complain(f"no pseudo-terminal can be made: {error}", FAILED)


def _emulate(protocol: str, scenario: "Scenario", seconds: float | None, link: str | None) -> int:
    from rich.console import Console

    from devices.emulation.catalog import KINDS, device
    from devices.emulation.emulator import Emulator
    from devices.emulation.terminal import PseudoTerminal

    name = link or f"usb-maeum_{protocol}_{scenario.seed:04d}-if00-port0"
    folder = _folder()
    if "/" in name or (folder / "by-id" / name).exists():
        what = "is no name for a link" if "/" in name else "is simulated already"
        return complain(f"{name} {what}; choose another one by --link NAME", USAGE)
    console = Console(highlight=False, soft_wrap=True)
    made = device(protocol, scenario.body(), scenario.options, keep=_KEEP)
    terminal = PseudoTerminal(folder, name)
    emulator = Emulator(made, terminal, scenario.faults, scenario.seed, say=_sayer(console))
    try:
        console.print(f"{KINDS[protocol].title} on {terminal.path}" + (f": {scenario.title}" if scenario.title else ""))
        console.print(f"maeum live --sensor '{_url(protocol, terminal.by_id, scenario)}'\n")
        with emulator:
            _watch(console, emulator, seconds)
    except KeyboardInterrupt:
        console.print("stopped")
    finally:
        emulator.stop()  # an interrupt between the thread's start and the block above leaves it running
    console.print(f"ended after {emulator.now:.0f} s: {_sent(emulator)}, {len(emulator.log)} faults")
    return DONE


def _url(protocol: str, port: Path, scenario: "Scenario") -> str:
    from devices.emulation.catalog import channels

    options = scenario.options
    url = f"serial://{port}?protocol={protocol}&channels={channels(protocol, options)}"
    if protocol == "lines" and options.get("style") == "values":
        url += f"&columns={','.join(options.get('columns', {'EDA': '', 'ECG': '', 'TEMP': ''}))}"
    return url + (f"&baud={options['baud']}" if "baud" in options else "")


def _watch(console: "Console", emulator: "Emulator", seconds: float | None) -> None:
    """Show how it goes until the time is over."""
    from rich.live import Live

    end = None if seconds is None else time.monotonic() + seconds
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8, get_renderable=lambda: _status(emulator)):
            _until(end, 0.1)
    else:
        _until(end, _PLAIN_S, lambda: console.print(_status(emulator)))


def _until(end: float | None, every: float, act: Callable[[], object] = lambda: None) -> None:
    """Do something every so many seconds."""
    while _going(end):
        time.sleep(every if end is None else max(0.0, min(every, end - time.monotonic())))
        act()


def _status(emulator: "Emulator") -> "Text":
    from rich.text import Text

    terminal = emulator.terminal
    if not terminal.plugged:
        state = "unplugged"
    elif terminal.held:
        state = f"open at {terminal.baud} baud"
    else:
        state = "waiting for a program"
    return Text(f"{emulator.now:7.1f} s  {terminal.path.name}  {state}  {_sent(emulator)}")


def _sent(emulator: "Emulator") -> str:
    truth = emulator.device.truth
    skipped = f", {truth.skipped} lost in the device" if truth.skipped else ""
    return f"{truth.count} frames, {truth.bytes / 1000:.1f} kB sent{skipped}"


def _sayer(console: "Console") -> Callable[[float, str], None]:
    return lambda at, text: console.print(f"{at:7.1f} s  {text}")


def _microphone(file: Path | None, seconds: float | None) -> int:
    from devices.emulation.virtual_microphone import NoAudioServer, NotPlayable, VirtualMicrophone, portaudio_name

    if file is None or not file.is_file():
        what = "say which file it hears" if file is None else f"{file} is no file"
        return complain(f"{what}: maeum simulate {MICROPHONE} FILE.wav", USAGE)
    end = None if seconds is None else time.monotonic() + seconds
    try:
        with VirtualMicrophone() as microphone:
            sys.stdout.write(f"a microphone that hears {file}\nmaeum live --mic {portaudio_name()}\n")
            sys.stdout.flush()
            while _going(end):
                microphone.play(file, lambda: _going(end))
                _until(time.monotonic() + _PAUSE_S if end is None else min(end, time.monotonic() + _PAUSE_S), _PAUSE_S)
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")
    except NoAudioServer as error:
        return complain(str(error), MISSING)
    except NotPlayable as error:
        return complain(str(error), FAILED)
    return DONE


def _going(end: float | None) -> bool:
    return end is None or time.monotonic() < end


def _folder() -> Path:
    """Return the folder that stands for `/dev`, this user's own."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "maeum" if runtime else Path(tempfile.gettempdir()) / f"maeum-{os.getuid()}"
