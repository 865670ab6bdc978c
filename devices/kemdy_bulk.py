"""KEMDy biosignal files read fast: KEMDy19 alone holds some forty million rows of ECG.

Bytes are split, checked and turned into numbers for many rows at once; only rows that do not look like the others are
parsed one by one. Memory does not grow with the file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from devices.kemdy_decimals import decimals, windows
from devices.skipped import SHOWN

Numbers = NDArray[np.float64]

_CHUNK = 1 << 19
"""Bytes read at once"""
_TAG = 32
"""Bytes; longer than any segment ID"""
_LONGEST = 1024
"""Bytes; longer than any row"""
_LF, _CR, _COMMA, _ZERO = b"\n"[0], b"\r"[0], b","[0], b"0"[0]


@dataclass(frozen=True, slots=True)
class RowForm:
    """What a row consists of: numbers, a time stamp and, inside a segment, its ID."""

    numbers: int
    stamp: str
    """With 0 for any digit"""
    milliseconds: tuple[int, ...]
    """What one of each digit is worth as time of day; 0 for those of the date"""
    segment_id: re.Pattern[str]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Consecutive rows, those that cannot be read left out."""

    numbers: Numbers
    """[numbers of the form, n]"""
    clock: Numbers
    """[n] time of day in seconds, which starts anew at midnight"""
    tags: NDArray[np.bytes_]
    """[n] segment ID, empty outside any"""
    lines: NDArray[np.intp]
    """[n] number of each in the file"""


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Some lines of a file."""

    content: bytes
    """Ends with a line end"""
    line: int
    """Number of the first"""
    starts: NDArray[np.intp]
    stops: NDArray[np.intp]
    """Before the line end"""
    ended: bool
    """False when the file's last line has no line end"""

    def text(self, row: int) -> bytes:
        return self.content[self.starts[row] : self.stops[row]].strip()


@dataclass(slots=True)
class RowReader:
    """One reading of a file. After `rows` is exhausted, the counts say how much of it there was."""

    path: Path
    form: RowForm
    head: int = 0
    """Rows before the data, which are passed over"""
    content: bytes | None = None
    """Part of the file; None for all of it"""
    line: int = 1
    """Number of its first row"""
    count: int = field(default=0, init=False)
    """Rows that are not blank"""
    headers: int = field(default=0, init=False)
    """1 when the first row is none and was skipped as a header"""
    unread: int = field(default=0, init=False)
    """Rows that cannot be read"""
    _skipped: list[str] = field(default_factory=list, init=False)

    def rows(self) -> Iterator[Rows]:
        """Yield the rows, some thousand at a time."""
        with self.path.open("rb") if self.content is None else BytesIO(self.content) as file:
            for piece in _pieces(file, self.head, self.line):
                rows, read = _read(piece, self.form)
                self._account(piece, read)
                if len(rows.clock):
                    yield rows

    def notices(self, further: Sequence[str] = ()) -> Iterator[str]:
        """Say with file and line what was skipped: the first rows each, the others by their number.

        `further` says why the caller skipped rows, one line for each.
        """
        shown = [*self._skipped, *further][:SHOWN]
        yield from shown
        skipped = self.headers + self.unread + len(further)
        if skipped > len(shown):
            yield f"{self.path.name}: {skipped - len(shown)} more rows skipped, {skipped} in all"

    def _account(self, piece: _Piece, read: NDArray[np.bool_]) -> None:
        self.count += int(read.sum())
        for row in np.flatnonzero(~read):
            if text := piece.text(row):
                last = not piece.ended and row == len(read) - 1
                self._skip(text, piece.line + int(row), last)

    def _skip(self, text: bytes, line: int, last: bool) -> None:
        header = line == 1
        self.count += 1
        self.headers += header
        self.unread += not header
        if len(self._skipped) < SHOWN:
            kind = "header skipped" if header else "truncated last row dropped" if last else "row skipped"
            shown = text.decode("utf-8", errors="replace")[:40]
            self._skipped.append(f"{self.path.name}:{line}: {kind}: {shown!r}")


def _read(piece: _Piece, form: RowForm) -> tuple[Rows, NDArray[np.bool_]]:
    """Read the rows, and tell which could be read."""
    buffer = np.frombuffer(piece.content + bytes(_TAG), np.uint8)
    fields, tagged, good = _fields(buffer, piece.starts, piece.stops, form.numbers)
    columns = [decimals(buffer, fields[each], fields[each + 1] - 1) for each in range(form.numbers)]
    numbers = np.array([values for values, _ in columns])
    stamp, tag = fields[form.numbers], np.where(tagged, fields[form.numbers + 1], piece.stops)
    ends = np.where(tagged, tag - 1, piece.stops)
    clock, stamped = _clock(windows(buffer, stamp, ends, len(form.stamp)), form)
    tags = windows(buffer, tag, piece.stops, _TAG).reshape(-1).view(f"S{_TAG}")
    good &= np.all([plain for _, plain in columns], axis=0) & stamped & _valid(tags, form.segment_id)
    good &= (ends - stamp == len(form.stamp)) & (piece.stops - tag < _TAG)
    for row in np.flatnonzero(~good):
        if parsed := _parsed(piece.text(row), form):
            good[row] = True
            numbers[:, row], clock[row], tags[row] = parsed
    return Rows(numbers[:, good], clock[good], tags[good], piece.line + np.flatnonzero(good)), good


def _pieces(file: BinaryIO, head: int, line: int) -> Iterator[_Piece]:
    line += head
    for content, ended in _whole_lines(file, head):
        starts, stops = _lines(content)
        yield _Piece(content, line, starts, stops, ended)
        line += len(starts)


def _whole_lines(file: BinaryIO, head: int) -> Iterator[tuple[bytes, bool]]:
    """Yield what is below a file's head in pieces that end with a line end, and whether the file has that line end."""
    for _ in range(head):
        file.readline()
    held = b""
    while chunk := file.read(_CHUNK):
        whole, newline, rest = (held + chunk).rpartition(b"\n")
        # What is longer than any row is none, however it ends: its beginning will do to say so.
        held = rest if len(rest) <= _CHUNK else rest[:_LONGEST]
        if newline:
            yield whole + newline, True
    if held:
        yield held + b"\n", False


def _lines(content: bytes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each line starts, and stops before its line end."""
    buffer = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(buffer == _LF)
    starts = np.concatenate([[0], ends[:-1] + 1])
    stops = ends - ((ends > starts) & (buffer[ends - 1] == _CR))
    return starts, stops


def _fields(
    buffer: NDArray[np.uint8], starts: NDArray[np.intp], stops: NDArray[np.intp], numbers: int
) -> tuple[list[NDArray[np.intp]], NDArray[np.bool_], NDArray[np.bool_]]:
    """Where each field starts, which rows have a last one (a tag), and which have the right number of fields."""
    commas = np.flatnonzero(buffer == _COMMA)
    first = np.searchsorted(commas, starts)
    count = np.searchsorted(commas, stops) - first
    padded = np.concatenate([commas, np.full(numbers + 1, len(buffer) - _TAG - 1)])
    fields = [starts, *(padded[first + each] + 1 for each in range(numbers + 1))]
    return fields, count == numbers + 1, (count == numbers) | (count == numbers + 1)


def _clock(stamps: NDArray[np.uint8], form: RowForm) -> tuple[Numbers, NDArray[np.bool_]]:
    """Read [n, characters] time stamps: seconds of the day, and which have the form."""
    milliseconds, good = np.zeros(len(stamps), np.int64), np.ones(len(stamps), bool)
    worth = iter(form.milliseconds)
    for character, due in zip(np.ascontiguousarray(stamps.T), form.stamp.encode(), strict=True):
        if due == _ZERO:
            digit = character - _ZERO
            good &= digit < 10
            milliseconds += next(worth) * digit.astype(np.int64)
        else:
            good &= character == due
    return milliseconds / 1000, good


def _valid(tags: NDArray[np.bytes_], pattern: re.Pattern[str]) -> NDArray[np.bool_]:
    """Tell which tags are empty or segment IDs; rows of a segment follow each other, so there are few to look at."""
    starts = runs(tags)
    names = [tags[start].decode("utf-8", errors="replace") for start in starts]
    good = np.array([not name or bool(pattern.fullmatch(name)) for name in names], bool)
    return np.repeat(good, np.diff(starts, append=len(tags)))


def runs(tags: NDArray[np.bytes_]) -> NDArray[np.intp]:
    """Where each run of equal tags starts."""
    return np.flatnonzero(np.concatenate([np.ones(min(len(tags), 1), bool), tags[1:] != tags[:-1]]))


def first_rows(tags: NDArray[np.bytes_]) -> dict[str, int]:
    """Segment ID to its first row."""
    return {tags[row].decode(): int(row) for row in reversed(runs(tags)) if tags[row]}


def _parsed(line: bytes, form: RowForm) -> tuple[list[float], float, bytes] | None:
    """Read one row the plain way; None when it is none."""
    cells = line.decode("utf-8", errors="replace").removeprefix("\ufeff").strip().split(",")
    if len(cells) not in (form.numbers + 1, form.numbers + 2):
        return None
    tag = cells[form.numbers + 1] if len(cells) == form.numbers + 2 else ""
    stamp = np.frombuffer(cells[form.numbers].encode(), np.uint8)
    if len(stamp) != len(form.stamp) or (tag and not form.segment_id.fullmatch(tag)):
        return None
    try:
        numbers = [float(cell) for cell in cells[: form.numbers]]
    except ValueError:
        return None
    clock, good = _clock(stamp[None], form)
    return (numbers, float(clock[0]), tag.encode()) if good[0] and np.isfinite(numbers).all() else None
