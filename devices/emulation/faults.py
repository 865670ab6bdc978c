"""Everything that goes wrong between a device and a program, at moments that are known."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    at: float
    """Seconds since the emulation began"""
    kind: str
    """One of `KINDS`"""
    amount: float = 1.0
    """In the unit that `KINDS` gives"""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownFault(f"fault {self.kind!r} is not known; choose one of {', '.join(KINDS)}")

    def __str__(self) -> str:
        return KINDS[self.kind].format(self.amount)


KINDS: Mapping[str, str] = {
    "drop": "{:.0f} bytes dropped",
    "insert": "{:.0f} random bytes inserted",
    "flip": "{:.0f} bits of a byte flipped",
    "duplicate": "{:.0f} bytes sent twice",
    "zeros": "{:.0f} zero bytes inserted",
    "ones": "{:.0f} FF bytes inserted",
    "split": "{:.0f} bytes torn off and sent a moment later",
    "burst": "everything of {:g} s held back, then sent at once",
    "stall": "the line takes nothing for {:g} s, the device loses what it cannot hold",
    "unplug": "unplugged, back in {:g} s",
    "rename": "unplugged, back in {:g} s under another port name",
    "restart": "device restarts, its port stays",
    "slow start": "device needs {:g} s to start from now on, whenever it gets power",
    "drift": "device's clock is {:+g} ppm off from now on",
    "baud": "device sends at {:.0f} baud from now on",
}
"""Kind to what a person is told; the number is its amount"""


class UnknownFault(ValueError):
    """There is no such fault; the message lists those there are."""


def scattered(kinds: Sequence[str], count: int, seconds: float, most: int = 5, seed: int = 0) -> list[Fault]:
    """Return faults of these kinds at random moments, each of 1..`most` bytes (or bits, or seconds)."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    return sorted(
        (Fault(chance.uniform(0.0, seconds), chance.choice(kinds), chance.randint(1, most)) for _ in range(count)),
        key=lambda fault: fault.at,
    )
