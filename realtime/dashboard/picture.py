"""A snapshot as a picture for documents."""

import re
from collections.abc import Iterable, Iterator
from io import StringIO

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from realtime.dashboard.render import Screen, render
from realtime.snapshot import Snapshot

_THEME = TerminalTheme((20, 22, 26), (222, 222, 222), [(0, 0, 0)] * 8)


def export_svg(snapshot: Snapshot, width: int, height: int) -> str:
    """Picture of the screen as SVG."""
    console = Console(
        width=width, height=height, record=True, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    rows = (tuple(_apart(row)) for row in render(snapshot, width, height).rows)
    console.print(Screen(tuple(rows), width), end="")
    return console.export_svg(title="maeum", theme=_THEME)


def _apart(row: Iterable[Segment]) -> Iterator[Segment]:
    """Make a row fit for a picture.

    Viewers drop spaces off the ends of coloured text, and what follows would move: they become segments of their own.
    Full blocks become coloured background, which leaves no seams between rows.
    """
    for text, style, _ in row:
        reverse = Style(reverse=True) + style if style else None
        for part in re.split("(█+| {2,}|^ | $)", text):
            if part.startswith("█"):
                yield Segment(" " * len(part), reverse)
            elif part:
                yield Segment(part, style if part.strip() or (style and style.reverse) else None)
