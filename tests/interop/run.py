"""Let programs of other people read our emulated devices, and compare what they read with what was sent.

    python -m tests.interop.run [FOLDER]

FOLDER holds, or will hold, a Python environment of its own with the packages bitalino, pyshimmer and brainflow. Some of
them are GPL: they are no dependency of ours, and nothing of them is imported here; each runs in a process of its own.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from devices.emulation.bitalino import Bitalino
from devices.emulation.cyton import MICROVOLT_PER_COUNT, Cyton
from devices.emulation.device import Device
from devices.emulation.emulator import Emulator
from devices.emulation.shimmer import Shimmer3
from devices.emulation.terminal import PseudoTerminal
from devices.emulation.waveforms import Body

# The package bitalino asks for a Bluetooth library that has to be compiled; a serial port does without.
PACKAGES = ("numpy", "pyserial==3.5", "pyshimmer==1.0.0", "brainflow==5.23.0")
WITHOUT_DEPENDENCIES = ("bitalino==1.2.6",)
DEFAULT = Path(tempfile.gettempdir()) / "maeum-interop"
HERE = Path(__file__).parent

Lines = Iterator[str]


class Disagreement(AssertionError):
    """Another program read something else than was sent."""


def prepare(folder: Path) -> Path:
    """Return the Python of the environment, made and filled where it is not there yet."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *PACKAGES], check=True)
        subprocess.run([*pip, "--no-deps", *WITHOUT_DEPENDENCIES], check=True)
    return python


def bitalino(python: Path) -> Lines:
    """Version, status and 120 frames of each number of channels."""
    for channels in range(1, 7):
        device = Bitalino(Body(seed=channels))
        device.receive(b"\x28")  # a battery threshold of 10
        read = _read(python, device, "read_bitalino.py", str(channels), "120")
        sent = list(device.truth.frames)[:120]
        _same("version", read["version"], "BITalino_v5.2")
        _same("status", (read["battery"], read["threshold"]), (590, 10))
        _same("sequence", read["sequence"], [frame.index % 16 for frame in sent])
        _same("values", read["values"], [[int(value) for value in frame.values] for frame in sent])
        yield f"bitalino 1.2.6    {channels} channels  {len(sent)} frames equal"


def shimmer(python: Path) -> Lines:
    """Settings, status, and 1000 packets of GSR and ExG."""
    device = Shimmer3(Body(seed=7), clock_ticks=2**24 - 20_000)
    read = _read(python, device, "read_shimmer.py", "1000")
    sent = list(device.truth.frames)[: len(read["values"])]
    _same("firmware", read["firmware"], "LogAndStream 0.16.0")
    _same("rate and gain", (read["rate"], read["gain"]), (512.0, 4))
    _same("streaming", read["streaming"], [False, True])
    _same("values", read["values"], [[int(value) for value in frame.values] for frame in sent])
    steps = {(later - earlier) % 2**24 for earlier, later in zip(read["ticks"], read["ticks"][1:], strict=False)}
    _same("ticks between packets", steps, {64})
    if len(sent) < 1000 or min(read["ticks"]) > 64:
        raise Disagreement(f"only {len(sent)} packets, or the clock did not wrap")
    yield f"pyshimmer 1.0.0   GSR and ExG  {len(sent)} packets equal, the clock wraps"


def cyton(python: Path) -> Lines:
    """Four seconds of all eight channels, from a board left streaming."""
    device = Cyton(Body(seed=9), streaming=True)
    read = _read(python, device, "read_cyton.py", "4")
    counts = [[round(value / MICROVOLT_PER_COUNT) for value in row] for row in read["microvolts"]]
    sent = [frame for frame in device.truth.frames if frame.start >= device.truth.frames[-1].end - 33 * len(counts) * 2]
    truth = [(frame.index % 256, [int(value) for value in frame.values[:8]]) for frame in sent]
    got = list(zip(read["numbers"], counts, strict=True))
    start = next((k for k in range(len(truth)) if truth[k] == got[0]), None) if got else None
    if start is None or len(got) < 800:
        raise Disagreement(f"{len(got)} packets, the first of which was never sent")
    _same("packets", got, truth[start : start + len(got)])
    yield f"brainflow 5.23.0  8 channels  {len(got)} packets equal"


READERS: dict[str, Callable[[Path], Lines]] = {"bitalino": bitalino, "shimmer3": shimmer, "cyton": cyton}


def _read(python: Path, device: Device, script: str, *arguments: str) -> dict[str, Any]:
    """Run a reader on a device that is plugged in; return what it read."""
    with tempfile.TemporaryDirectory() as folder, Emulator(device, PseudoTerminal(Path(folder))) as emulator:
        port = emulator.terminal.path.readlink()  # the packages want a name that begins with /dev
        command = [str(python), str(HERE / script), str(port), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise Disagreement(f"{script} failed: {done.stderr.strip().splitlines()[-1:]}")
    read: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return read


def _same(what: str, read: object, sent: object) -> None:
    if read != sent:
        raise Disagreement(f"{what}: read {str(read)[:200]}, sent {str(sent)[:200]}")


def main() -> int:
    """Compare every reader; return 1 when one disagrees."""
    python = prepare(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
    failed = 0
    for name, reader in READERS.items():
        try:
            for line in reader(python):
                print(line, flush=True)
        except Disagreement as error:
            print(f"{name}: {error}", flush=True)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
