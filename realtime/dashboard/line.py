"""Rows of the screen as lists of rich segments, measured in terminal cells (a Hangul syllable takes two)."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style

from realtime.dashboard.palette import BOLD, FAINT

Line = list[Segment]


@lru_cache(maxsize=1024)
def clean(text: str) -> str:
    """Text that cannot move the cursor: composed (NFC), every unprintable character a space."""
    return "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))


def elide(text: str, width: int) -> str:
    """Cut `text` to `width` cells, with an ellipsis where something is missing."""
    text = clean(text)
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def cell(text: str, width: int, style: Style | None = None) -> Segment:
    """Return `text` in exactly `width` cells, left-aligned."""
    return Segment(set_cell_size(elide(text, width), max(width, 0)), style)


def cell_right(text: str, width: int, style: Style | None = None) -> Segment:
    """Return `text` in exactly `width` cells, right-aligned."""
    text = elide(text, width)
    return Segment(" " * (width - cell_len(text)) + text, style)


def cells(line: Iterable[Segment]) -> int:
    """Width of a row in cells."""
    return sum(cell_len(segment.text) for segment in line)


def fit(line: Line, width: int) -> Line:
    """Cut or pad a row to exactly `width` cells."""
    return Segment.adjust_line_length(line, max(width, 0))


def opposed(left: Line, right: Line, width: int) -> Line:
    """Return one row with `left` at its left end and `right`, whole while it fits, at its right end."""
    right = fit(right, min(cells(right), width))
    return [*fit(left, width - cells(right)), *right]


def beside(blocks: Sequence[tuple[int, Sequence[Line]]], gap: int, rows: int) -> list[Line]:
    """Set blocks of rows, each with its width in cells, side by side with `gap` cells between, `rows` high."""
    space = Segment(" " * gap)
    joined: list[Line] = []
    for row in range(rows):
        parts = [fit(list(block[row]) if row < len(block) else [], width) for width, block in blocks]
        joined.append([segment for part in parts for segment in (*part, space)][:-1])
    return joined


def rule(title: str, width: int, note: str = "") -> Line:
    """Return a heading that closes the section above it, with a remark at its right end."""
    head = [Segment("─ ", FAINT), Segment(elide(title, width - 4), BOLD), Segment(" ", FAINT)]
    tail = [Segment(f" {elide(note, width // 2)} ─", FAINT)] if note else []
    return [*head, Segment("─" * (width - cells(head) - cells(tail)), FAINT), *tail]


def wrap(text: str, width: int) -> list[str]:
    """Break `text` at spaces into rows of at most `width` cells; a longer word is cut."""
    rows = [""]
    for word in clean(text).split():
        for piece in chop_cells(word, width) if cell_len(word) > width else [word]:
            joined = f"{rows[-1]} {piece}".strip()
            if cell_len(joined) <= width:
                rows[-1] = joined
            else:
                rows.append(piece)
    return rows


def clock(seconds: float) -> str:
    """Session time as m:ss, or h:mm:ss from one hour on."""
    minutes, second = divmod(max(int(seconds), 0), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{second:02}" if minutes >= 60 else f"{minutes}:{second:02}"
