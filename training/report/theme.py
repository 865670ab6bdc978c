"""One drawing, three looks: a PNG on white, and an SVG whose colours a page sets, light or dark."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIGHT = {
    "surface": "#ffffff",
    "ink": "#1f2329",
    "muted": "#646b75",
    "line": "#d4d9e0",
    "voice": "#0072b2",
    "text": "#e69f00",
    "bio": "#009e73",
    "vote": "#30343b",
    "right": "#0072b3",
    "wrong": "#d55e00",
    "leak": "#c8102e",
}
"""By name; data colours are those of Okabe and Ito (2008), which colour-blind people can tell apart. No two are equal,
so that each can be found again in an SVG."""
DARK = {
    "surface": "#14171c",
    "ink": "#e8ebef",
    "muted": "#9aa3af",
    "line": "#343b45",
    "voice": "#56b4e9",
    "text": "#f0b429",
    "bio": "#2cc295",
    "vote": "#d9dee6",
    "right": "#56b4e9",
    "wrong": "#ff8f4a",
    "leak": "#ff6b7d",
}
DPI = 160
PIXELS = 116
"""Of a page in an inch of a drawing: the widest ones fill it, and writing has one size in all"""
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": LIGHT["line"],
    "axes.labelcolor": LIGHT["muted"],
    "axes.titlecolor": LIGHT["ink"],
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["line"],
    "ytick.color": LIGHT["line"],
    "xtick.labelcolor": LIGHT["muted"],
    "ytick.labelcolor": LIGHT["muted"],
    "legend.frameon": False,
    "legend.labelcolor": LIGHT["ink"],
    "svg.fonttype": "none",
    "svg.hashsalt": "maeum",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in this theme."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def write_png(figure: "Figure", path: Path) -> None:
    """On white, at 160 dots per inch; the same bytes for the same drawing."""
    figure.savefig(path, dpi=DPI, facecolor=LIGHT["surface"], metadata={"Software": None})


def inline_svg(figure: "Figure", says: str) -> str:
    """An SVG element for an HTML page that defines a custom property for each colour's name.

    Parameters
    ----------
    says
        What the drawing shows, for those who cannot see it.
    """
    sink = io.StringIO()
    with style():
        figure.savefig(sink, format="svg", transparent=True, metadata={"Date": None})
    svg = sink.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # HTML knows these namespaces by itself.
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    for name, colour in LIGHT.items():
        svg = svg.replace(colour, f"var(--{name})")
    wide = PIXELS * float(figure.get_figwidth())
    return svg.replace("<svg", f'<svg role="img" aria-label="{says}" style="max-width:{wide:.0f}px"', 1)
