"""Bytes cut at the ends of lines, whatever those are and however long the lines."""

import re
from dataclasses import dataclass

_END = re.compile(rb"[\r\n]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or a piece of one that is too long to be meant."""

    text: bytes | None
    """Without its end; None for a piece of a line that is too long"""
    size: int
    """Bytes that it takes, its end included"""
    at: int
    """Bytes received when it was complete"""


class LineSplitter:
    """Cuts at CR, LF or both; the empty line between them is a line too.

    Parameters
    ----------
    limit
        Bytes of the longest line; what is longer comes in pieces of no text.
    """

    def __init__(self, limit: int = 512) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._received = 0
        self._long = False  # inside a line that is too long

    @property
    def waiting(self) -> int:
        """Bytes of the line that has not ended."""
        return len(self._rest)

    def push(self, data: bytes) -> list[Line]:
        """Return the lines that end in the next bytes."""
        old = len(self._rest)
        base = self._received - old
        self._rest += data
        self._received += len(data)
        lines: list[Line] = []
        start = 0
        for found in _END.finditer(self._rest, old):
            start = self._pieces(start, found.start(), base, lines)
            end = found.end()
            lines.append(Line(None if self._long else bytes(self._rest[start : end - 1]), end - start, base + end))
            self._long, start = False, end
        start = self._pieces(start, len(self._rest), base, lines)
        del self._rest[:start]
        return lines

    def cut(self) -> int:
        """Drop the line that has not ended; return its size."""
        size = len(self._rest)
        self._rest.clear()
        self._long = False
        return size

    def _pieces(self, start: int, end: int, base: int, lines: list[Line]) -> int:
        """Give away what is longer than a line may be; return where the rest begins."""
        while end - start > self._limit:
            start += self._limit
            lines.append(Line(None, self._limit, base + start))
            self._long = True
        return start
