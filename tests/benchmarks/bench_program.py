"""The whole program from outside: speed, memory, start-up and latency, as its users meet them.

Each row is the median of several runs of the real command on the built-in session; run it on a machine that is
otherwise idle: `python tests/benchmarks/bench_program.py`.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

MAEUM = Path(sys.executable).with_name("maeum")
RUNS = 3


def run(*arguments: str) -> tuple[float, float, float, list[dict]]:
    """Seconds in all, seconds until the first line of a label, peak resident MB, and the lines."""
    began = time.monotonic()
    process = subprocess.Popen([MAEUM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    watched, first, peak, lines = psutil.Process(process.pid), 0.0, 0.0, []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(json.loads(line))
        if not first and lines[-1]["type"] == "label":
            first = time.monotonic() - began
        if len(lines) % 5 == 0:
            peak = max(peak, watched.memory_info().rss / 1e6)
    process.wait()
    return time.monotonic() - began, first, peak, lines


def replay(table: Table, name: str, *arguments: str) -> None:
    """Time a replay at full speed."""
    runs = [run("demo", "--speed", "max", *arguments) for _ in range(RUNS)]
    duration = runs[0][3][0]["duration"]
    whole, running = (statistics.median(times) for times in zip(*((r[0], r[0] - r[1]) for r in runs), strict=True))
    table.add_row(f"{name}: speed, start-up included", f"{duration / whole:.0f} x real time")
    table.add_row(f"{name}: speed, from the first label on", f"{duration / running:.0f} x real time")
    table.add_row(f"{name}: first label", f"{statistics.median(one[1] for one in runs):.2f} s")
    table.add_row(f"{name}: resident memory", f"{max(one[2] for one in runs):.0f} MB")


def live_latency(table: Table) -> None:
    """Run once at real-time speed; the program measures itself against the moment each sample was due."""
    _, first, _, lines = run("demo", "--speed", "1")
    table.add_row("real time, Whisper: first label", f"{first:.2f} s")
    for name, latency in lines[-1]["latency_ms"].items():
        table.add_row(
            f"real time, Whisper: {name} p50 / p95 / max",
            " / ".join(f"{value:.0f}" for value in latency.values()) + " ms",
        )
    closing = [one["latency_ms"]["closing"] for one in lines if one["type"] == "segment"]
    table.add_row("segment closes after its end, session time, median", f"{statistics.median(closing):.0f} ms")


def seconds(*command: object) -> float:
    """Median wall time of a command."""
    times = []
    for _ in range(7):
        began = time.monotonic()
        subprocess.run([*map(str, command)], stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - began)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    table = Table("what", "median", title="maeum, from outside")
    python, program = seconds(sys.executable, "-c", "pass"), seconds(MAEUM, "--help")
    table.add_row("maeum --help", f"{program:.2f} s ({program / python:.1f} x an empty Python)")
    replay(table, "given transcripts", "--transcripts", "given")
    replay(table, "Whisper base")
    live_latency(table)
    Console().print(table)


if __name__ == "__main__":
    main()
