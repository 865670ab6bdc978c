"""What one frame of the dashboard costs, beside rich's own Live that shows nothing."""

import math
import time
from collections.abc import Callable
from functools import partial
from io import StringIO
from statistics import median

from rich.console import Console
from rich.live import Live
from rich.text import Text

from models.scores import LABELS
from realtime.dashboard import render
from realtime.dashboard.screen import painted_rows
from realtime.snapshot import Lane, Moment, Snapshot, SpokenLine

ROUNDS = 50
SIZES = ((80, 24), (160, 50), (240, 70))


def an_hour() -> Snapshot:
    """Return a session of one hour, with everything on the screen that there can be."""
    shares = (0.1, 0.05, 0.05, 0.5, 0.2, 0.06, 0.04)
    level = tuple(abs(math.sin(n / 7)) for n in range(200))
    return Snapshot(
        "invented session 99",
        "default",
        LABELS,
        t=3600.0,
        duration=3600.0,
        label="happy",
        state="confirmed",
        probabilities=shares,
        lanes=tuple(Lane(modality, shares, 0.33, 0.4, None, level, "facts") for modality in ("voice", "text", "bio")),
        lines=tuple(SpokenLine(n, n + 2, "왜 이렇게 늦었어? " * 8, "happy", LABELS[n % 7]) for n in range(50)),
        timeline=tuple(Moment(n / 2, LABELS[n // 20 % 7], LABELS[n // 25 % 7]) for n in range(7200)),
        has_reference=True,
        counters=(("segments", "600"), ("correct", "420/600")),
        notices=("line 42 of S99F_eda.csv skipped",),
        latency_ms=(("voice", 12.0), ("text", 340.0)),
    )


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median time of `work`."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return median(times)


def main() -> None:
    """Print a table of medians."""
    snapshot = an_hour()
    print(f"{'terminal':>10}{'render ms':>12}{'+ escapes ms':>14}{'empty Live ms':>15}")
    for width, height in SIZES:
        console = Console(file=StringIO(), force_terminal=True, color_system="truecolor", width=width, height=height)
        drawn = milliseconds(partial(render, snapshot, width, height))
        written = drawn + milliseconds(partial(painted_rows, render(snapshot, width, height), {}, console))
        with Live(Text(), console=console, screen=True, auto_refresh=False) as live:
            empty = milliseconds(live.refresh)
        print(f"{f'{width}x{height}':>10}{drawn:>12.2f}{written:>14.2f}{empty:>15.2f}")


if __name__ == "__main__":
    main()
