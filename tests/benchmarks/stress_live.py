"""Whether `maeum live` holds while the sound server dies and a sensor is pulled out, again and again.

Run `python tests/benchmarks/stress_live.py [cycles] [seed]`, where PulseAudio and PortAudio are installed. In each
cycle a session begins with a null sink's monitor as its microphone and an emulated BITalino. At random moments the
server is killed, sometimes twice in quick succession, and started again, and the sensor is unplugged and returns: while
the session begins, while it runs, and while it ends. What does not hold is printed with the seed of its cycle; the exit
code is 1 then. A process that crashes leaves its core, one that hangs its stack in the folder that is named.
"""

import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))  # of the tests, only what lies beside a script is found without

from devices.emulation.catalog import device
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.emulation.scenario import Scenario
from devices.emulation.terminal import PseudoTerminal
from tests.devices.audio_server import AudioServer, missing

MAEUM = (sys.executable, "-X", "faulthandler", "-c", "import sys; from realtime.cli import main; sys.exit(main())")
CYCLES = 20
BEGIN_S, BACK_S, END_S = 30.0, 5.0, 3.0
"""Longest that a session may take to begin, its microphone to be back, and its end"""
STEP_S = 0.5
"""Between labels, seconds of session time"""
DONE, MISSING = 0, 3

Line = dict[str, Any]


@dataclass
class Cycle:
    """One session, and what of it did not hold."""

    seed: int
    folder: Path
    environment: dict[str, str]
    lines: list[tuple[float, Line]] = field(default_factory=list)
    """When each came, and it"""
    wrong: list[str] = field(default_factory=list)
    kills: int = 0
    back_s: list[float] = field(default_factory=list)
    """From the server's return to the microphone's"""
    ended_s: float = 0.0
    _seen: int = 0
    """Lines that came before the server was killed last"""

    def run(self, server: AudioServer, emulator: Emulator) -> None:
        """Let a session begin, go wrong and end."""
        self._chance = random.Random(self.seed)  # noqa: S311 - no secret
        self._server, self._emulator = server, emulator
        command = [*MAEUM, "live", "--whisper", "off", "--labels", "-", "--sensor", _url(emulator)]
        with (
            (self.folder / "stderr.txt").open("w+") as errors,
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self.environment,
                cwd=self.folder,
            ) as session,
        ):
            reader = threading.Thread(target=self._read, args=(session.stdout,))
            reader.start()
            try:
                self._live(session)
            finally:
                session.kill()
                session.wait()
                reader.join()
                self._judge(errors)

    def _live(self, session: subprocess.Popen[str]) -> None:
        early = self._chance.random() < 0.3
        if early:
            self._pause(2.5)
            self._kill()
        if not self._until(_begins, BEGIN_S, session):
            if not (early and session.poll() == MISSING):
                self._fail(f"does not begin: exit code {session.poll()}")
            return
        threads = _threads(session)
        for _ in range(self._chance.randint(1, 3)):
            self._mishap()
            if not self._back(session):
                return
        if (more := _threads(session) - threads) > 0:
            self._fail(f"{more} threads more than at first")
        self._end(session)

    def _mishap(self) -> None:
        self._pause(1.5)
        if self._chance.random() < 0.5:
            kind = self._chance.choice(["unplug", "rename"])
            self._emulator.plan(Fault(0.0, kind, self._chance.choice([0.05, 0.5, 1.5])))
        for _ in range(self._chance.choice([0, 0, 1, 2])):
            self._kill()
            self._pause(self._chance.choice([0.01, 0.1, 0.6, 1.2]))  # the microphone may be back in between
        self._kill()

    def _kill(self) -> None:
        self.kills += 1
        self._server.kill()
        self._seen = len(self.lines)
        self._pause(self._chance.choice([0.0, 0.1, 1.0]))
        self._server.restart()

    def _back(self, session: subprocess.Popen[str]) -> bool:
        """Whether the microphone is back in time after the server's return."""
        began = time.monotonic()
        if self._until(_returns, BACK_S, session):
            self.back_s.append(time.monotonic() - began)
            return True
        state = session.poll()
        self._fail("the microphone is not back" if state is None else f"died in mid-session: exit code {state}")
        self._trace(session)
        return False

    def _end(self, session: subprocess.Popen[str]) -> None:
        late = self._chance.random() < 0.4
        if late:
            self._server.kill()
            self.kills += 1
            self._pause(0.3)
        began = time.monotonic()
        session.send_signal(self._chance.choice([signal.SIGINT, signal.SIGTERM]))
        try:
            code = session.wait(BEGIN_S)
        except subprocess.TimeoutExpired:
            self._fail("does not end")
            self._trace(session)
            return
        finally:
            if late:
                self._server.restart()
        self.ended_s = time.monotonic() - began
        if code != DONE:
            self._fail(f"ended with exit code {code}")
        if self.ended_s > END_S:
            self._fail(f"took {self.ended_s:.1f} s to end")

    def _judge(self, errors: IO[str]) -> None:
        errors.seek(0)
        if "Traceback" in (said := errors.read()) or "Fatal" in said:
            self._fail(said)
        lines = [line for _, line in self.lines]
        times = [line["t"] for line in lines if line["type"] == "label"]
        holes = [(a, b) for a, b in pairwise(times) if abs(b - a - STEP_S) > 1e-6]
        if holes:
            self._fail(f"labels leave out {holes}")
        if not lines or lines[-1]["type"] != "summary":
            if not self.wrong and times:
                self._fail("no summary")
            return
        for account in lines[-1]["accounts"]:
            if account["missing"]:
                self._fail(f"the books do not balance: {account}")

    def _until(self, wanted: Callable[[Line], bool], seconds: float, session: subprocess.Popen[str]) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(wanted(line) for _, line in self.lines[self._seen :]):
                return True
            if session.poll() is not None:
                return False
            time.sleep(0.02)
        return False

    def _read(self, stdout: IO[str]) -> None:
        for text in stdout:
            self.lines.append((time.monotonic(), json.loads(text)))

    def _trace(self, session: subprocess.Popen[str]) -> None:
        """Write down where a process hangs."""
        if session.poll() is None:
            where = self.folder / f"hangs-{self.seed}.txt"
            command = ["gdb", "-p", str(session.pid), "-batch", "-ex", "thread apply all bt 16"]
            where.write_text(subprocess.run(command, capture_output=True, text=True, check=False).stdout)

    def _fail(self, what: str) -> None:
        self.wrong.append(what)

    def _pause(self, most: float) -> None:
        time.sleep(self._chance.uniform(0.0, most))


def _begins(line: Line) -> bool:
    """Whether a line says that the microphone streams."""
    return line["type"] == "device" and "microphone" in line["device"] and bool(line["state"] == "streaming")


def _returns(line: Line) -> bool:
    """Whether a line says for how long the microphone was away."""
    return line["type"] == "gap" and line["stream"] == "audio" and line["duration"] is not None


def _threads(session: subprocess.Popen[str]) -> int:
    try:
        return len(list(Path(f"/proc/{session.pid}/task").iterdir()))
    except OSError:
        return 0


def _url(emulator: Emulator) -> str:
    return f"serial://{emulator.terminal.by_id}?protocol=bitalino&channels=eda:A3"  # type: ignore[attr-defined]


@contextmanager
def stage(folder: Path) -> Iterator[tuple[AudioServer, Emulator]]:
    """A sound server and a BITalino."""
    port = PseudoTerminal(folder / "dev")
    with (
        AudioServer(folder) as server,
        Emulator(device("bitalino", Scenario().body(), {}, keep=4096), port) as emulator,
    ):
        yield server, emulator


def main() -> None:
    """Run the cycles and print what they came to."""
    console = Console(width=140, highlight=False)
    if why := missing():
        console.print(f"skipped: {why}")
        return
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else CYCLES
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    folder = Path(tempfile.mkdtemp(prefix="stress-live-"))
    found: Counter[str] = Counter()
    back, ended, kills = [0.0], [0.0], 0
    with stage(folder) as (server, emulator):
        environment = server.environment | {"PYTHONPATH": str(Path(__file__).parents[2])}
        for seed in range(first, first + cycles):
            one = Cycle(seed, folder, environment)
            one.run(server, emulator)
            kills, back, ended = kills + one.kills, back + one.back_s, [*ended, one.ended_s]
            for what in one.wrong:
                found[what.splitlines()[-1][:100]] += 1
                console.print(f"cycle {seed}: {what}", markup=False)
    table = Table(title=f"{cycles} sessions, the sound server killed {kills} times; cores and traces in {folder}")
    table.add_column("what")
    table.add_column("worst or times", justify="right")
    table.add_row("microphone back after the server's return", f"{max(back):.1f} s")
    table.add_row("end after the signal", f"{max(ended):.1f} s")
    for what, times in found.items() or {"did not hold": 0}.items():
        table.add_row(what, str(times))
    console.print(table)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
