"""How well session time is known from jittery arrivals, and what that costs.

Run `python tests/benchmarks/bench_clock.py`. Sources run 80 ppm fast (audio) or 50 ppm slow (sensors) and lose samples.
Errors are without the least latency of each way; `uncounted` is the same with lost samples left out of the count.
"""

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

SOURCES = (
    (JITTERY_AUDIO, 16000.0, 80.0),
    (USB_1_MS, 1000.0, -50.0),
    (USB_16_MS, 1000.0, -50.0),
    (USB_16_MS, 250.0, -50.0),
    (BLUETOOTH, 1000.0, -50.0),
    (BLUETOOTH, 250.0, -50.0),
    (JITTERY_USB, 1000.0, -50.0),
    (JITTERY_USB, 250.0, -50.0),
    (JITTERY_BLUETOOTH, 1000.0, -50.0),
    (JITTERY_BLUETOOTH, 128.0, -50.0),
)
SEEDS = 10


def worst(seen: Arrivals, times: np.ndarray, way: Way, since_s: float) -> float:
    """Largest error after a while, milliseconds."""
    return float(1e3 * np.abs(times - seen.taken - way.least_s)[seen.arrived >= since_s].max())


def row(way: Way, rate: float, ppm: float, duration_s: float, seeds: int) -> list[str]:
    """Median and worst of several runs."""
    drifts, errors, uncounted, costs = [], [], [], []
    for seed in range(seeds):
        seen = arrivals(way, rate, ppm, duration_s, losses=max(5, round(duration_s / 60)), seed=seed)
        began = time.process_time()
        fit, times = fitted(seen, rate)
        costs.append((time.process_time() - began) / len(times))
        drifts.append(abs(fit.drift_ppm - ppm))
        errors.append(worst(seen, times, way, min(60.0, duration_s / 2)))
        uncounted.append(worst(seen, fitted(seen, rate, count_losses=False)[1], way, min(60.0, duration_s / 2)))
    pair = "{:.2f}  {:.2f}".format
    return [
        way.name,
        f"{rate:g}",
        f"{duration_s:g}",
        pair(np.median(drifts), max(drifts)),
        pair(np.median(errors), max(errors)),
        pair(np.median(uncounted), max(uncounted)),
        f"{1e6 * np.median(costs):.1f}",
    ]


def main() -> None:
    """Print one row for each source and length."""
    table = Table(
        "way", "Hz", "s", "drift error, ppm", "error, ms", "uncounted, ms", "µs a push", title="median and worst"
    )
    for way, rate, ppm in SOURCES:
        table.add_row(*row(way, rate, ppm, 60.0, SEEDS))
    for way, rate, ppm in SOURCES:
        if way is not USB_1_MS:
            table.add_row(*row(way, rate, ppm, 7200.0, 1))
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
