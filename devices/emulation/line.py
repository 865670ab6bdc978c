"""What happens to bytes on their way: lost, added, altered, or seen at the wrong baud rate."""

import random
from bisect import insort
from dataclasses import dataclass, replace
from typing import Literal, get_args

Harm = Literal["drop", "insert", "flip", "duplicate", "zeros", "ones"]
HARMS: tuple[Harm, ...] = get_args(Harm)
_MEMORY = 4096
"""Bytes kept for `duplicate`"""


@dataclass(frozen=True, slots=True)
class Damage:
    """What was done to the bytes, as truth: `removed` bytes from `at` on gave way to `added`."""

    at: int
    """Offset in what the device sent"""
    harm: Harm
    removed: int
    added: bytes

    def spoils(self, start: int, end: int) -> bool:
        """Say whether bytes start..end of what the device sent do not arrive as one unbroken piece."""
        return start < self.at + self.removed and self.at < end if self.removed else start < self.at < end


@dataclass(frozen=True, slots=True, order=True)
class _Strike:
    at: int
    flips: bool
    """Last among those at one byte: a flip is the only one that uses the byte up"""
    serial: int
    harm: Harm
    count: int


class Line:
    """The wire between device and port. Any chunking of the same bytes suffers the same harm.

    Parameters
    ----------
    seed
        Of the bytes inserted and the bits flipped.
    """

    def __init__(self, seed: int = 0) -> None:
        self.log: list[Damage] = []
        self.passed = 0
        """Bytes that the device has sent"""
        self._seed, self._strikes = seed, 0
        self._planned: list[_Strike] = []
        self._dropping = 0
        self._sent = b""

    def strike(self, harm: Harm, count: int = 1, at: int | None = None) -> None:
        """Plan harm.

        Parameters
        ----------
        harm
            `drop` the next `count` bytes; `insert` random bytes, `zeros` or `ones` (FF); `flip` bits of the next byte;
            `duplicate` the last bytes.
        count
            Bytes, or bits for `flip`.
        at
            Offset in what the device sends; None for the next byte. One in the past means the next byte too.
        """
        insort(self._planned, _Strike(max(self.passed, at or 0), harm == "flip", self._strikes, harm, count))
        self._strikes += 1

    def push(self, data: bytes) -> bytes:
        """Return what arrives of the next bytes."""
        out = bytearray()
        end = self.passed + len(data)
        while self._planned and self._planned[0].at < end:
            strike = self._planned.pop(0)
            if strike.at < self.passed:  # the byte went to another flip
                insort(self._planned, replace(strike, at=self.passed))
                continue
            out += self._pass(data[: strike.at - self.passed])
            out += self._harm(strike, data[self.passed - end :])
            data = data[len(data) - (end - self.passed) :]
        return bytes(out + self._pass(data))

    def _pass(self, data: bytes) -> bytes:
        kept = data[self._dropping :]
        self._dropping -= len(data) - len(kept)
        self.passed += len(data)
        self._sent = (self._sent + kept)[-_MEMORY:]
        return kept

    def _harm(self, strike: _Strike, data: bytes) -> bytes:
        chance = random.Random(f"{self._seed} {strike.serial}")  # noqa: S311 - a simulation, not a secret
        removed, added = 0, b""
        match strike.harm:
            case "drop":
                removed = strike.count
                self._dropping = max(self._dropping, strike.count)
            case "insert":
                added = chance.randbytes(strike.count)
            case "zeros":
                added = bytes(strike.count)
            case "ones":
                added = b"\xff" * strike.count
            case "duplicate":
                added = self._sent[-strike.count :]
            case "flip":
                if not self._dropping:
                    removed = 1
                    mask = sum(1 << bit for bit in chance.sample(range(8), min(8, strike.count)))
                    added = bytes([data[0] ^ mask])
                    self.passed += 1
                    self._sent = (self._sent + added)[-_MEMORY:]
        self.log.append(Damage(strike.at, strike.harm, removed, added))
        return added


def seen_at(data: bytes, sent_baud: float, read_baud: float) -> bytes:
    """Return what a UART set to `read_baud` makes of bytes sent back to back at `sent_baud`, 8N1.

    The receiver waits for the line to fall, then samples the middle of each of its own bits. A character whose stop bit
    is low (a framing error or break) is delivered all the same, and the line must rise before the next one starts.
    """
    if not data:
        return b""
    levels = [1]
    for byte in data:
        levels += [0, *((byte >> i) & 1 for i in range(8)), 1]
    ratio, last = sent_baud / read_baud, len(levels)
    out, at = bytearray(), 0
    while (fall := _next_level(levels, at, 0)) < last:
        middles = [int(fall + (k + 0.5) * ratio) for k in range(1, 10)]
        bits = [levels[i] if i < last else 1 for i in middles]
        out.append(sum(bit << i for i, bit in enumerate(bits[:8])))
        at = middles[8] if bits[8] else _next_level(levels, middles[8], 1)
    return bytes(out)


def _next_level(levels: list[int], at: int, wanted: int) -> int:
    try:
        return levels.index(wanted, at)
    except ValueError:
        return len(levels)
