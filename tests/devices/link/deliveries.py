"""What tests of sensors look at: everything that one has delivered, and a way to wait for it without sleeping."""

import threading
import time
from collections.abc import Callable

from devices.block import Away, Block, Gap
from devices.link.readings import Reading, SensorNotice
from devices.link.sensor import Sensor

SOON_S = 10.0
"""Long enough for a slow machine; nothing that works takes so long"""


class Deliveries:
    """Collects what a sensor delivers, from its thread."""

    def __init__(self) -> None:
        self.all: list[Reading] = []
        self._changed = threading.Condition()

    def __call__(self, reading: Reading) -> None:
        with self._changed:
            self.all.append(reading)
            self._changed.notify_all()

    def until(self, come: Callable[[], object], timeout_s: float = SOON_S) -> None:
        """Wait until something is so; looked at after each delivery, and now and then."""
        end = time.monotonic() + timeout_s
        with self._changed:
            while not come():
                assert time.monotonic() < end, "did not come in time"
                self._changed.wait(0.005)

    def blocks(self, stream: str) -> list[Block]:
        return [each for each in self.all if isinstance(each, Block) and each.stream == stream]

    def gaps(self, stream: str) -> list[Gap]:
        return [each for each in self.all if isinstance(each, Gap) and each.stream == stream]

    def absences(self, stream: str) -> list[Away]:
        return [each for each in self.all if isinstance(each, Away) and each.stream == stream]

    def notices(self) -> list[str]:
        return [each.text for each in self.all if isinstance(each, SensorNotice)]

    def samples(self, stream: str) -> int:
        return sum(len(block.values) for block in self.blocks(stream))


def check_order(delivered: Deliveries, stream: str) -> None:
    """Blocks and gaps of a stream account for every index; time never goes back by more than half a sample."""
    index, end = 0, -1e9
    for each in delivered.all:
        if isinstance(each, Block) and each.stream == stream:
            assert each.index == index, "samples that no gap accounts for"
            assert each.time >= end - 0.5 / each.rate - 1e-6, "overlapping blocks"
            index, end = each.index + len(each.values), each.end
        elif isinstance(each, Gap) and each.stream == stream and each.duration is not None:
            index += each.lost or 0


def delivered(sensor: Sensor) -> Deliveries:
    """What it has delivered so far."""
    return sensor._deliver


BITALINO = "protocol=bitalino&channels=eda:A3,ecg:A2,temp:A1"
LINES = "protocol=lines&channels=eda:EDA/uS&rate=50"
