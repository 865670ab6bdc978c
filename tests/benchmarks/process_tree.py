"""What a command costs together with all processes that it starts: time, processor and memory. Linux alone."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
EVERY_S = 0.3


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one command."""

    clock: float
    """Seconds"""
    processor: float
    """Seconds, of all processes that it waited for"""
    peak: int
    """Most bytes that lay in memory at once, files mapped into it included; what is shared counts once"""
    own: int
    """Most of them at once without mapped files, which the system may drop at any time"""


def measured(command: Sequence[str]) -> Cost:
    """Run a command in which our packages can be imported; ends this program where it fails."""
    before, start, peaks = os.times(), time.perf_counter(), [0, 0]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    watch = threading.Thread(target=_watch, args=(psutil.Process(process.pid), peaks))
    watch.start()
    if code := process.wait():
        raise SystemExit(code)
    clock = time.perf_counter() - start
    watch.join()
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return Cost(clock, used, *peaks)


def _watch(process: psutil.Process, peaks: list[int]) -> None:
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        try:
            held = [_held(each.pid) for each in (process, *process.children(recursive=True))]
        except (psutil.NoSuchProcess, OSError):
            continue  # one has just ended
        peaks[:] = [max(pair) for pair in zip(peaks, map(sum, zip(*held, strict=True)), strict=True)]
        time.sleep(EVERY_S)


def _held(pid: int) -> tuple[int, int]:
    """Bytes of a process, its share of what several have: in all, and without mapped files."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: 1024 * int(size.split()[0]) for name, _, size in (line.partition(":") for line in lines)}
    return sizes["Pss"], sizes["Pss_Anon"] + sizes["Pss_Shmem"]
