"""Numbers between 0 and 1 as block characters."""

from collections.abc import Sequence

_EIGHTHS_ACROSS = " ▏▎▍▌▋▊▉█"
_EIGHTHS_UP = " ▁▂▃▄▅▆▇█"


def share(value: float) -> float:
    """Clip to 0..1; what is not a number counts as 0."""
    if value >= 1:
        return 1.0
    return value if value > 0 else 0.0


def percent(value: float) -> str:
    """Return a share as whole per cent."""
    return f"{round(100 * share(value))}%"


def bar(value: float, width: int) -> str:
    """Horizontal bar to an eighth of a cell, without trailing space; something is seen of any value above 1/200."""
    eighths = round(share(value) * width * 8)
    full, rest = divmod(max(eighths, 1 if value > 0.005 else 0), 8)
    return "█" * full + (_EIGHTHS_ACROSS[rest] if rest else "")


def rise(value: float, rows: int) -> list[str]:
    """Vertical bar one cell wide, `rows` high, upper row first; nothing is as low as `▁`."""
    eighths = max(1, round(share(value) * rows * 8))
    return [_EIGHTHS_UP[min(max(eighths - 8 * row, 0), 8)] for row in reversed(range(rows))]


def sparkline(levels: Sequence[float], width: int, rows: int = 1) -> list[str]:
    """Draw the latest `width` levels, `rows` high, newest at the right end."""
    columns = [rise(level, rows) for level in levels[-width:]] if width > 0 else []
    return ["".join(column[row] for column in columns).rjust(max(width, 0)) for row in range(rows)]
