"""What recording a session costs while it runs at its own speed: microphone, three sensors, labels, one device's bytes.

    python tests/benchmarks/bench_recording.py [SECONDS]

The same events are given to nobody and to a recorder; both in CPU time of the whole process.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from devices.block import Block
from devices.sessions.recorder import Recorder
from tests.devices.sessions.invented import Invented

TICK_S = 0.032
_SENSORS = {"ecg": 250, "eda": 100, "temp": 10}
_LABEL = {"label": "happy", "state": "confirmed", "probabilities": dict.fromkeys("abcdefg", 0.14285714)}


def ticks(seconds: float) -> Iterator[list[Block]]:
    """Yield what comes in each 32 ms: a block of sound, and one of each sensor."""
    chance = np.random.default_rng(1)
    sound = chance.normal(0.0, 0.1, 512).astype(np.float32)
    for k in range(round(seconds / TICK_S)):
        time_s = k * TICK_S
        body = [
            Block(stream, round(time_s * rate), time_s, rate, sound[: max(1, round(rate * TICK_S))])
            for stream, rate in _SENSORS.items()
        ]
        yield [Block("audio", 512 * k, time_s, 16_000, sound), *body]


def timed(seconds: float, give: Callable[[int, list[Block]], None]) -> float:
    """Give events at speed 1; return CPU seconds per second."""
    began, cpu = time.monotonic(), time.process_time()
    for k, blocks in enumerate(ticks(seconds)):
        time.sleep(max(0.0, began + k * TICK_S - time.monotonic()))
        give(k, blocks)
    return (time.process_time() - cpu) / seconds


def main() -> None:
    """Compare."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    alone = timed(seconds, lambda k, blocks: None)  # noqa: ARG005 - as the recorder's
    with tempfile.TemporaryDirectory() as place, Recorder(Path(place), Invented(), {}, 10.0) as recorder:
        capture = recorder.capture("eda", "serial:///dev/x", lambda: 0.0)

        def give(k: int, blocks: list[Block]) -> None:
            for block in blocks:
                recorder.write(block)
            capture.read(bytes(32))
            if k % 6 == 0:
                recorder.note("label", t=k * TICK_S, **_LABEL)

        recorded = timed(seconds, give)
        size = recorder.bytes
    print(f"{seconds:.0f} s of sound and {len(_SENSORS)} sensors at speed 1, chunks of 10 s")
    print(f"  nobody     {100 * alone:6.2f} % of a core")
    print(f"  recorder   {100 * recorded:6.2f} % of a core")
    print(f"  recording  {100 * (recorded - alone):6.2f} % of a core, {size / seconds / 1000:.0f} kB a second")
    print(f"  most memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
