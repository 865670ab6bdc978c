"""What `maeum live` costs while nobody speaks: a microphone and three sensors, with and without the dashboard.

Run `python tests/benchmarks/bench_live_cpu.py [seconds]`, where PulseAudio and PortAudio are installed. A null sink's
monitor is the microphone; it hears digital silence, then the noise of a quiet room, which the voice activity model has
to judge. Three devices are emulated in other processes: eda of a BITalino (1 kHz), ecg of a Shimmer3 (512 Hz), temp of
text lines. Counted is the CPU time of the program, its threads and its sound process in the steady state, in shares of
one core.
"""

import os
import pty
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import soundfile
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))  # of the tests, only what lies beside a script is found without

from tests.devices.audio_server import AudioServer, missing

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")
WANTED = {"bitalino": "eda:A3", "shimmer3": "ecg:ExG1ch1", "lines": "temp:TEMP/degC"}
SECONDS, SETTLING_S = 60.0, 20.0
ROOM = 1e-3
"""Of full scale: noise at -60 dBFS"""
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def emulated(protocol: str, environment: dict[str, str]) -> Iterator[str]:
    """Run a device; the URL by which it is found."""
    with subprocess.Popen(
        [*MAEUM, "simulate", protocol], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as device:
        assert device.stdout is not None
        url = next(line for line in device.stdout if "serial://" in line).split("'")[1]
        try:
            yield url.partition("&channels=")[0] + f"&channels={WANTED[protocol]}"
        finally:
            device.send_signal(signal.SIGINT)


def cpu_s(processes: Iterable[Path]) -> float:
    """CPU seconds of processes, or threads, so far."""
    stats = [(one / "stat").read_text().rpartition(")")[2].split() for one in processes]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS


def measure(arguments: list[str], environment: dict[str, str], seconds: float) -> list[float]:
    """Shares of a core: the whole session, its main thread, which makes labels of what comes, and its sound process."""
    ours, theirs = pty.openpty()
    command = [*MAEUM, "live", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as session:
        os.close(theirs)
        reader = threading.Thread(target=_drain, args=(ours,))
        reader.start()
        time.sleep(SETTLING_S)
        process = Path(f"/proc/{session.pid}")
        sound = [Path(f"/proc/{child.pid}") for child in psutil.Process(session.pid).children()]
        parts = [process, *sound], [process / "task" / str(session.pid)], sound
        before, began = [cpu_s(part) for part in parts], time.monotonic()
        time.sleep(seconds)
        lasted = time.monotonic() - began
        shares = [(cpu_s(part) - then) / lasted for part, then in zip(parts, before, strict=True)]
        session.send_signal(signal.SIGINT)
        session.wait()
    reader.join()
    os.close(ours)
    return shares


def _drain(terminal: int) -> None:
    """Read what a terminal would show."""
    with suppress(OSError):
        while os.read(terminal, 65536):
            pass


def noise(file: Path, seconds: float) -> Path:
    """Write a quiet room."""
    values = np.random.default_rng(1).normal(0, ROOM, round(seconds * 48_000))
    soundfile.write(file, values, 48_000)
    return file


def main() -> None:
    """Print one row for each case."""
    console = Console(width=140)
    if why := missing():
        console.print(f"skipped: {why}")
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    table = Table(
        "sound",
        "dashboard",
        "of a core",
        "main thread",
        "sound process",
        title=f"maeum live, steady state over {seconds:g} s",
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(AudioServer(folder))
        environment = server.environment | {
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "TERM": "xterm-256color",
            "COLUMNS": "120",
            "LINES": "40",
        }
        environment.pop("NO_COLOR", None)
        urls = [stack.enter_context(emulated(protocol, environment)) for protocol in WANTED]
        sensors = [word for url in urls for word in ("--sensor", url)]
        labels = ["--labels", str(folder / "labels.jsonl")]
        for sound in ("silence", "quiet room"):
            for dashboard in (False, True):
                if sound == "quiet room":
                    server.play(noise(folder / "room.wav", SETTLING_S + seconds + 10))
                options = [*sensors, *labels, *([] if dashboard else ["--no-dashboard"])]
                shares = measure(options, environment, seconds)
                table.add_row(sound, "yes" if dashboard else "no", *(f"{share:.1%}" for share in shares))
    console.print(table)


if __name__ == "__main__":
    main()
