"""One chunk of a recording read back, as far as it is what it should be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.block import Block, Gap
from devices.sessions import layout, wav
from devices.sessions.chunk_head import Head, read_head
from devices.sessions.index import Sealed, Sums, sum_of, whole_lines
from devices.sessions.lines import BadLine, BlockLine, Entry, Line, read_line
from devices.sessions.positions import Position, Positions, ends, hole
from devices.skipped import report

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk, read."""

    head: Head | None = None
    """None where not even its first line can be read"""
    lines: tuple[Line, ...] = ()
    """Up to the first that cannot be read"""
    values: Mapping[str, Values] = field(default_factory=dict)
    """Of each stream whose samples are what they should be"""
    ends: Positions = field(default_factory=dict)
    """Where each stream stands after the lines"""
    damage: str | None = None
    """Why there are no more lines, where there should be"""
    lost: Mapping[str, str] = field(default_factory=dict)
    """Why a stream has no samples"""
    remarks: tuple[str, ...] = ()
    """What else there is to say"""

    @property
    def wrong(self) -> tuple[str, ...]:
        """All that is the matter with it, each with the file."""
        return (*self.remarks, *([self.damage] if self.damage else []), *self.lost.values())

    def entries(self) -> Iterator[Entry]:
        """Yield what came; of a stream whose samples are lost, one gap in place of all that came of it."""
        taken = dict.fromkeys(self.values, 0)
        told: set[str] = set()
        for line in self.lines:
            stream = getattr(line, "stream", "")
            if stream in self.lost:
                if stream not in told and (gap := self._hole(stream)):
                    yield gap
                told.add(stream)
            elif isinstance(line, BlockLine):
                start, taken[stream] = taken[stream], taken[stream] + line.n
                values = self.values[stream][start : taken[stream]]
                yield Block(stream, line.index, line.time, line.rate, values, line.flags)
            else:
                yield line

    def _hole(self, stream: str) -> Gap | None:
        begins = self.head.begins if self.head else {}
        first = next(line for line in self.lines if getattr(line, "stream", "") == stream)
        here = begins.get(stream) or Position(0, getattr(first, "time", 0.0))
        return hole(stream, here, self.ends[stream], self.lost[stream]) if stream in self.ends else None


def read_chunk(folder: Path, number: int, sealed: Sealed | None) -> Chunk:
    """Read a chunk.

    Parameters
    ----------
    folder
        Of the recording.
    sealed
        What the index says of it; None for one that was not complete, or of which the index does not tell.
    """
    sums = sealed.files if sealed else {}
    name = layout.events_name(number)
    if fault := fault_of(folder, name, sums):
        return Chunk(damage=fault)
    head, lines, remarks, damage = _lines(folder / name, number)
    values: dict[str, Values] = {}
    lost: dict[str, str] = {}
    for stream, n in _counted(lines).items():
        file = layout.values_name(number, stream)
        if fault := fault_of(folder, file, sums):
            lost[stream] = fault
            continue
        values[stream] = _values(folder / file)
        if len(values[stream]) < n:
            lost[stream] = f"{file}: expected {n} samples, as {name} says; found {len(values[stream])}"
    return Chunk(head, lines, values, ends(lines, head.begins if head else {}), damage, lost, remarks)


def fault_of(folder: Path, name: str, sums: Sums) -> str | None:
    """Say what is the matter with a file as a whole; None where nothing is known to be."""
    path = folder / name
    if not path.is_file():
        return f"{name}: the file is missing"
    if name not in sums:
        return None
    expected, found = sums[name], sum_of(path)
    if expected.bytes != found.bytes:
        return f"{name}: expected {expected.bytes} bytes; found {found.bytes}"
    if expected.sha256 != found.sha256:
        return f"{name}: wrong hash: expected SHA-256 {expected.sha256[:12]}..., found {found.sha256[:12]}..."
    return None


def _lines(path: Path, number: int) -> tuple[Head | None, tuple[Line, ...], tuple[str, ...], str | None]:
    """Read lines up to the first that cannot be read: the head, the others, remarks, and what is wrong with it."""
    head: Head | None = None
    lines: list[Line] = []
    remarks: list[str] = []
    for at, text in enumerate(whole_lines(path.read_text(encoding="utf-8", errors="replace")), 1):
        try:
            if head is None:
                head = read_head(text, number)
                continue
            line, unknown = read_line(text)
        except BadLine as error:
            return head, tuple(lines), tuple(remarks), f"{path.name}:{at}: {error}; the rest of it is not used"
        lines.append(line)
        remarks += [f"{path.name}:{at}: unknown key {key!r} is not used" for key in unknown]
    return head, tuple(lines), tuple(report(path.name, remarks)), None


def _counted(lines: Iterable[Line]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in lines:
        if isinstance(line, BlockLine):
            counts[line.stream] = counts.get(line.stream, 0) + line.n
    return counts


def _values(path: Path) -> Values:
    data = path.read_bytes()[wav.HEADER_BYTES if path.suffix == ".wav" else 0 :]
    return np.frombuffer(data[: len(data) // 4 * 4], "<f4").astype(np.float32, copy=False)
