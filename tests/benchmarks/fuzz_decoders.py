"""Damaged streams through every decoder: none may raise, and the books must balance after every push.

Run `python tests/benchmarks/fuzz_decoders.py [bytes per source] [seed]`; ten million bytes unless told. What comes from
an emulated device is dropped, flipped, doubled, mixed with noise, with floods and with what other devices send, and cut
at any byte into pieces of any size, with and without arrival times.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from emulated_streams import SOURCES
from rich.console import Console
from rich.table import Table

from devices.sensors.frames import Decoded, Decoder, Frame, Lost

SECONDS = 20.0
PART = 1 << 16  # bytes between two fresh damages
WAITING = 4096  # bytes that a decoder may hold
Damage = Callable[[bytearray, int, np.random.Generator], None]


def drop(data: bytearray, place: int, source: np.random.Generator) -> None:
    del data[place : place + int(source.integers(1, 60))]


def insert(data: bytearray, place: int, source: np.random.Generator) -> None:
    data[place:place] = source.bytes(int(source.integers(1, 40)))


def flip(data: bytearray, place: int, source: np.random.Generator) -> None:
    data[place] ^= 1 << int(source.integers(8))


def double(data: bytearray, place: int, source: np.random.Generator) -> None:
    data[place:place] = data[place : place + int(source.integers(1, 100))]


def flood(data: bytearray, place: int, source: np.random.Generator) -> None:
    data[place:place] = source.choice([b"\x00", b"\xff", b"\xa0", b"\r\n", b"7", b"{"]) * int(source.integers(1, 2000))


def noise(data: bytearray, place: int, source: np.random.Generator) -> None:
    data[place:place] = source.bytes(int(source.integers(1, 2000)))


DAMAGES: Sequence[Damage] = (drop, insert, flip, double, flood, noise)


class Unsound(AssertionError):
    """A decoder broke one of its promises; the message says which."""


@dataclass(slots=True)
class Watch:
    """What a decoder must keep to, over everything that it says."""

    decoder: Decoder
    pushed: int = 0
    frames: int = 0
    holes: int = 0
    indices: dict[str, int] = field(default_factory=dict)

    def push(self, piece: bytes, arrived: float | None) -> None:
        """Push a piece and check."""
        self.pushed += len(piece)
        for event in self.decoder.push(piece, arrived):
            self.see(event)
        self.check()

    def cut(self) -> None:
        """Cut the stream and check."""
        for event in self.decoder.cut():
            self.see(event)
        self.check()

    def see(self, event: Decoded) -> None:
        """Check one event: indices go on without overlap, holes are no less than a frame, nothing is known early."""
        if not isinstance(event, Frame | Lost):
            return
        if event.index < self.indices.get(event.layout, 0):
            raise Unsound(f"{event} after index {self.indices[event.layout]}")
        if event.at > self.pushed:
            raise Unsound(f"{event} before its bytes")
        length = 1
        if isinstance(event, Lost):
            self.holes += 1
            length = 0 if event.count is None else event.count
            if event.count is not None and event.count < 1:
                raise Unsound(f"{event} is no hole")
        else:
            self.frames += 1
        self.indices[event.layout] = event.index + length

    def check(self) -> None:
        """Check the books."""
        books = self.decoder.counters
        if books.received != self.pushed or books.received != books.accepted + books.skipped + books.waiting:
            raise Unsound(f"books do not balance after {self.pushed} bytes: {books}")
        if not 0 <= books.waiting <= WAITING:
            raise Unsound(f"{books.waiting} bytes pile up")


def damaged(streams: Sequence[bytes], own: bytes, source: np.random.Generator) -> bytes:
    """A part of a stream with a few damages, at times with a part of another device's within."""
    start = int(source.integers(max(1, len(own) - PART)))
    data = bytearray(own[start : start + PART])
    for _ in range(int(source.integers(0, 60))):
        damage = DAMAGES[int(source.integers(len(DAMAGES)))]
        damage(data, int(source.integers(len(data))), source)
    if source.random() < 0.2:
        other = streams[int(source.integers(len(streams)))]
        place = int(source.integers(len(data)))
        data[place:place] = other[: int(source.integers(1, 5000))]
    return bytes(data)


def fuzz(make: Callable[[], Decoder], streams: Sequence[bytes], own: bytes, total: int, seed: int) -> Watch:
    """Push so many bytes in pieces of all sizes."""
    source = np.random.default_rng(seed)
    watch, now = Watch(make()), 0.0
    while watch.pushed < total:
        data = damaged(streams, own, source)
        longest = int(source.choice([1, 7, 64, 1000, 20_000], p=[0.02, 0.08, 0.4, 0.4, 0.1]))
        timed = source.random() < 0.7
        start = 0
        while start < len(data):
            end = start + int(source.integers(0, longest + 1))
            watch.push(data[start:end], now if timed else None)
            start, now = end, now + (end - start) * 1e-4 + float(source.exponential(0.002))
        if source.random() < 0.1:
            watch.cut()
    return watch


def main() -> None:
    """Fuzz every decoder and print what came of it."""
    total = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    known = [source.bytes(SECONDS) for source in SOURCES]
    streams = [data for _, data in known]
    table = Table("device", "bytes", "frames", "holes", "lost", "skipped", "CPU s")
    for source, (make, own) in zip(SOURCES, known, strict=True):
        began = time.process_time()
        watch = fuzz(make, streams, own, total, seed)
        books, seconds = watch.decoder.counters, time.process_time() - began
        row = (watch.pushed, watch.frames, watch.holes, books.lost, books.skipped)
        table.add_row(source.title, *(f"{number:,}" for number in row), f"{seconds:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
