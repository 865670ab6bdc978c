"""How well session time is known from jittery arrivals, and what that costs.

Run `python tests/benchmarks/bench_clock.py [runs]`. Sources run 80 ppm fast (audio) or 50 ppm slow (sensors) and lose
samples; the first two rows are what a session should be good at, a microphone and a sensor with 10 ms of jitter.
Errors are without the least latency of each way; `uncounted` is the same with lost samples left out of the count.
`bound` is the least standard deviation that an estimate of the drift can have, where jitter is 10 ms (Cramer and Rao).
"""

import math
import sys
import time

import numpy as np
from rich.console import Console
from rich.table import Table
from simulated_transports import (
    BLUETOOTH,
    JITTERY_AUDIO,
    JITTERY_BLUETOOTH,
    JITTERY_USB,
    USB_1_MS,
    USB_16_MS,
    Arrivals,
    Way,
    arrivals,
    fitted,
)

from devices.link.dejitter import BIN_S, WINDOW

SOURCES = (
    (JITTERY_AUDIO, 16000.0, 80.0),
    (JITTERY_USB, 1000.0, -50.0),
    (USB_1_MS, 1000.0, -50.0),
    (USB_16_MS, 1000.0, -50.0),
    (USB_16_MS, 250.0, -50.0),
    (BLUETOOTH, 1000.0, -50.0),
    (BLUETOOTH, 250.0, -50.0),
    (JITTERY_USB, 250.0, -50.0),
    (JITTERY_USB, 128.0, -50.0),
    (JITTERY_BLUETOOTH, 1000.0, -50.0),
    (JITTERY_BLUETOOTH, 250.0, -50.0),
    (JITTERY_BLUETOOTH, 128.0, -50.0),
)
RUNS, LONG_RUNS = 40, 2
LASTING = SOURCES[:2] + SOURCES[-1:]
"""Followed for two hours"""


def worst(seen: Arrivals, times: np.ndarray, way: Way, since_s: float) -> float:
    """Largest error after a while, milliseconds."""
    return float(1e3 * np.abs(times - seen.taken - way.least_s)[seen.arrived >= since_s].max())


def bound_ppm(way: Way, rate: float, duration_s: float) -> float:
    """Least standard deviation of a drift that was estimated from arrivals.

    A sample waits for its chunk for up to 1 / rate and for its jitter, both uniform, so the density of lateness is a
    trapezoid. Its ramps hold the information, ln(x) / ab each, from the place on where an arrival is to be expected.
    """
    a, b = sorted((way.jitter_s, 1 / rate))
    arrivals = (1 - way.stalls) * duration_s / float(np.mean(way.every_s))
    information = 2 / (a * b) * math.log(a / math.sqrt(2 * a * b / arrivals))
    return 1e6 * math.sqrt(12 / (arrivals * information)) / duration_s


def row(way: Way, rate: float, ppm: float, duration_s: float, runs: int) -> list[str]:
    """Median, 95th percentile and worst of several runs."""
    drifts, errors, uncounted, costs = [], [], [], []
    for seed in range(runs):
        seen = arrivals(way, rate, ppm, duration_s, losses=max(5, round(duration_s / 60)), seed=seed)
        began = time.process_time()
        fit, times = fitted(seen, rate)
        costs.append((time.process_time() - began) / len(times))
        drifts.append(abs(fit.drift_ppm - ppm))
        errors.append(worst(seen, times, way, min(60.0, duration_s / 2)))
        uncounted.append(worst(seen, fitted(seen, rate, count_losses=False)[1], way, min(60.0, duration_s / 2)))
    return [
        way.name,
        f"{rate:g}",
        f"{duration_s:g}",
        three(drifts),
        f"{bound_ppm(way, rate, min(duration_s, BIN_S * WINDOW)):.2f}" if way.jitter_s >= 0.01 else "",
        three(errors),
        f"{np.median(uncounted):.0f}",
        f"{1e6 * np.median(costs):.1f}",
    ]


def three(values: list[float]) -> str:
    """Median, 95th percentile, worst."""
    return "{:.2f}  {:.2f}  {:.2f}".format(*np.percentile(values, [50, 95, 100]))


def main() -> None:
    """Print one row for each source and length."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    columns = ("way", "Hz", "s", "drift error, ppm", "bound", "error, ms", "uncounted", "µs a push")
    table = Table(*columns, title=f"median, 95 %, worst of {runs} runs of a minute, {LONG_RUNS} of two hours")
    for way, rate, ppm in SOURCES:
        table.add_row(*row(way, rate, ppm, 60.0, runs))
    for way, rate, ppm in LASTING:
        table.add_row(*row(way, rate, ppm, 7200.0, LONG_RUNS))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
