"""Cost of decoding what biosensors send.

Run `python tests/benchmarks/bench_decoders.py`. Every protocol is read from its emulated device as it comes in 10 ms,
and in pieces of 4 kB. Times are those of the processor, the best of several runs; the share is of one core, in real
time.
"""

import time
from collections.abc import Sequence

from emulated_streams import READ_S, SOURCES, Source
from rich.console import Console
from rich.table import Table

from devices.sensors.frames import Decoder

SECONDS = 60.0
RUNS = 5


def cost(decoder: Decoder, pieces: Sequence[bytes]) -> float:
    """Seconds of the processor for all pieces."""
    began = time.process_time()
    for number, piece in enumerate(pieces):
        decoder.push(piece, number * READ_S)
    return time.process_time() - began


def measured(source: Source) -> tuple[float, float, float, float]:
    """Frames a second, seconds live and in large pieces, and frames lost."""
    make, reads = source.connect()
    live = [next(reads) for _ in range(round(SECONDS / READ_S))]
    data = b"".join(live)
    large = [data[start : start + 4096] for start in range(0, len(data), 4096)]
    decoder = make()
    cost(decoder, live)
    frames = decoder.counters.frames
    costs = [min(cost(make(), pieces) for _ in range(RUNS)) for pieces in (live, large)]
    return frames / SECONDS, *costs, decoder.counters.lost


def main() -> None:
    """Measure every protocol and print the table."""
    table = Table(
        "device", "frames/s", "µs a frame, live", "at 4 kB", "share of a core, live", "frames/s of CPU", "lost"
    )
    for source in SOURCES:
        rate, live, large, lost = measured(source)
        count = rate * SECONDS
        table.add_row(
            source.title,
            f"{rate:.0f}",
            f"{1e6 * live / count:.2f}",
            f"{1e6 * large / count:.2f}",
            f"{100 * live / SECONDS:.3f} %",
            f"{count / live:,.0f}",
            f"{lost}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
