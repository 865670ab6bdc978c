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
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, D2Coding, NanumGothicCoding, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own format without its fonts from the network: a picture in a repository loads nothing"""


def export_svg(snapshot: Snapshot, width: int, height: int) -> str:
    """Return the screen as an SVG picture, the same for the same snapshot, which loads nothing from anywhere."""
    console = Console(
        width=width, height=height, record=True, file=StringIO(), force_terminal=True, color_system="truecolor"
    )
    rows = (tuple(_apart(row)) for row in render(snapshot, width, height).rows)
    console.print(Screen(tuple(rows), width), end="")
    return console.export_svg(title="maeum", theme=_THEME, code_format=_FORMAT, unique_id="maeum")


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
