"""Records invented sessions, ten times as fast as they would be, and kills each at a random moment.

    python -m tests.devices.sessions.killed FOLDER SEED COUNT

Prints a line of JSON for each: where it was recorded, and when it was killed by the monotonic clock.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from devices.sessions.recorder import Recorder
from tests.devices.sessions.invented import Invented, steady

SPEED, CHUNK_S = 10.0, 1.0
_AT_ONCE, _LONGEST_S = 10, 1.2


def record(place: Path) -> None:
    """Record until killed; a note after each event says when it was given to the recorder."""
    began = time.monotonic()
    recorder = Recorder(place, Invented(), {"began": began}, CHUNK_S)
    for event in steady(1e6):
        early = began + getattr(event, "time", 0.0) / SPEED - time.monotonic()
        if early > 0:
            time.sleep(early)
        recorder.write(event)
        recorder.note("given", at=time.monotonic())


def start(place: Path) -> int:
    """Begin to record in a process of its own."""
    process = os.fork()
    if not process:
        record(place)
    return process


def main() -> None:
    """Record and kill."""
    folder, chance, count = Path(sys.argv[1]), random.Random(int(sys.argv[2])), int(sys.argv[3])  # noqa: S311 - hides nothing
    for first in range(0, count, _AT_ONCE):
        places = [folder / str(number) for number in range(first, min(first + _AT_ONCE, count))]
        ends = sorted(time.monotonic() + chance.uniform(0.0, _LONGEST_S) for _ in places)
        processes = [start(place) for place in places]
        for place, process, end in zip(places, processes, ends, strict=True):
            time.sleep(max(0.0, end - time.monotonic()))
            os.kill(process, signal.SIGKILL)
            killed = time.monotonic()
            os.waitpid(process, 0)
            sys.stdout.write(json.dumps({"place": str(place), "killed": killed}) + "\n")


if __name__ == "__main__":
    main()
