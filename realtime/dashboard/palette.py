"""Colours, letters and Korean names of the labels: nothing on the screen is told by colour alone."""

from functools import lru_cache

from rich.style import Style

COLOURS = {
    "angry": "#d55e00",
    "disgust": "#009e73",
    "fear": "#c973a3",
    "happy": "#c48400",
    "neutral": "#808080",
    "sad": "#2f74c0",
    "surprise": "#3d97ce",
}
"""After Okabe and Ito (2008), moved to middle lightness: contrast of 3:1 or more on black and on white alike"""

KOREAN = {
    "angry": "분노",
    "disgust": "혐오",
    "fear": "공포",
    "happy": "행복",
    "neutral": "중립",
    "sad": "슬픔",
    "surprise": "놀람",
}

GREY = "#808080"
PLAIN = Style.null()
BOLD = Style(bold=True)
FAINT = Style(color=GREY)
GOOD = Style(color=COLOURS["disgust"], bold=True)
BAD = Style(color=COLOURS["angry"], bold=True)
WARN = Style(color=COLOURS["happy"], bold=True)
ALARM = Style(color=COLOURS["angry"], bold=True, reverse=True)
BADGE = Style(color=COLOURS["happy"], bold=True, reverse=True)


@lru_cache(maxsize=64)
def colour(label: str | None, bold: bool = False, reverse: bool = False) -> Style:
    """Style of a label's marks; grey for an abstention or a label unknown to the palette."""
    return Style(color=COLOURS.get(label or "", GREY), bold=bold or None, reverse=reverse or None)


@lru_cache(maxsize=16)
def letters(labels: tuple[str, ...]) -> dict[str, str]:
    """One capital per label, its first letter that no label before it took: A D F H N S U for the seven emotions."""
    taken: dict[str, str] = {}
    for label in labels:
        free = (c for c in label.upper() if c.isascii() and c.isalnum() and c not in taken.values())
        taken[label] = next(free, "?")
    return taken
