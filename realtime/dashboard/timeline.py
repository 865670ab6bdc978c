"""Past labels beside the reference, resampled to the width of the screen."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from rich.segment import Segment

from realtime.dashboard.line import Line, cell, clock
from realtime.dashboard.palette import BOLD, FAINT, colour, letters
from realtime.snapshot import Moment, Snapshot

_CAPTION = 7
_SPANS = (60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800)
"""Seconds shown of a session whose end is unknown"""
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
_READ_AT_MOST = 9
"""Moments looked at for one column: a day long session is drawn as fast as a short one"""


def timeline(snapshot: Snapshot, width: int) -> list[Line]:
    """Return a time axis, a row of labels and, with a reference, a row of true ones."""
    columns = max(width - _CAPTION - 1, 1)
    span = _span(snapshot)
    picked = columns_of_moments(snapshot.timeline, span, columns)
    lines = [_axis(span, columns), _row("label", [_most(p, lambda m: m.label) for p in picked], snapshot.labels)]
    if snapshot.has_reference:
        lines.append(_row("truth", [_most(p, lambda m: m.truth) for p in picked], snapshot.labels))
    return lines


def columns_of_moments(moments: Sequence[Moment], span: float, columns: int) -> list[Sequence[Moment]]:
    """
    Deal the moments of `span` seconds to `columns` of equal duration.

    A column shorter than the distance between moments shows the moment before it, so that no holes appear.
    """
    edges = [bisect_left(moments, span * c / columns, key=lambda m: m.t) for c in range(columns + 1)]
    last = moments[-1].t if moments else -1.0
    picked: list[Sequence[Moment]] = []
    for column in range(columns):
        first, end = edges[column], edges[column + 1]
        if first == end and first > 0 and span * column / columns <= last:
            first -= 1
        picked.append(moments[first : end : max(1, (end - first) // _READ_AT_MOST)])
    return picked


def _most(moments: Sequence[Moment], value: Callable[[Moment], str | None]) -> str | None:
    """Return the most frequent value of a column, '' when it holds no moment."""
    return Counter(value(m) for m in moments).most_common(1)[0][0] if moments else ""


def _row(caption: str, values: Sequence[str | None], labels: tuple[str, ...]) -> Line:
    """Draw runs of equal labels as coloured bands that begin with the label's letter; `·` is an abstention."""
    line: Line = [Segment(" "), cell(caption, _CAPTION - 1, BOLD), Segment(" ")]
    for value, run in groupby(values):
        columns = len(list(run))
        if not value:
            line.append(Segment(("·" if value is None else " ") * columns, FAINT))
            continue
        line.append(Segment(letters(labels).get(value, "?"), colour(value, bold=True, reverse=True)))
        line.append(Segment("█" * (columns - 1), colour(value)))
    return line


def _span(snapshot: Snapshot) -> float:
    end = max(snapshot.t, snapshot.timeline[-1].t if snapshot.timeline else 0.0)
    if snapshot.duration is not None and snapshot.duration > 0:
        return max(snapshot.duration, end)
    return next((float(span) for span in _SPANS if span >= end), end)


def _axis(span: float, columns: int) -> Line:
    """Return a rule with times on it, as many as keep well apart."""
    step = next((s for s in _STEPS if columns * s / span >= 12), _STEPS[-1])
    marks = ["─"] * columns
    for second in range(0, int(span) + 1, step):
        text = f"┬{clock(second)} "
        place = round(second * columns / span)
        if place + len(text) <= columns:
            marks[place : place + len(text)] = text
    return [Segment("─ ", FAINT), cell("time", _CAPTION - 2, BOLD), Segment(f" {''.join(marks)}", FAINT)]
