"""A snapshot as a full screen of text: a pure function of the snapshot and the size of the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment

from realtime.dashboard.devices import device_heading, device_rows
from realtime.dashboard.headline import headline, headline_rows, probability_bars, widest
from realtime.dashboard.lanes import CARD_ROWS, lane_cards, lane_heading, lane_rows
from realtime.dashboard.line import Line, beside, fit, rule
from realtime.dashboard.status import footer, header, notice
from realtime.dashboard.timeline import timeline
from realtime.dashboard.transcript import transcript
from realtime.snapshot import Snapshot

_WORDS = 3
"""Rows that the transcript keeps beside many devices: its heading, what was said last, what is heard now"""
_BARS = 22
"""Columns that the probability bars need at least"""


Row = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """Rows of segments, every one exactly `width` cells wide."""

    rows: tuple[Row, ...]
    width: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for number, row in enumerate(self.rows):
            if number:
                yield Segment.line()
            yield from row

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(self.width, self.width)


def render(snapshot: Snapshot, width: int, height: int) -> Screen:
    """Draw `snapshot` in exactly `width` columns and `height` rows; what does not fit is left out."""
    width, height = max(width, 1), max(height, 1)
    rows = _tiny(snapshot, width, height) if width < 44 or height < 12 else _full(snapshot, width, height)
    padded = [*rows[:height], *[[] for _ in range(height - len(rows))]]
    return Screen(tuple(tuple(fit(row, width)) for row in padded), width)


def _tiny(snapshot: Snapshot, width: int, height: int) -> list[Line]:
    """Return the label as text, then whatever else there is room for."""
    rows = [*headline(snapshot, width, 0), header(snapshot, width), *transcript(snapshot, width, 1)]
    rows += [*lane_rows(snapshot, width), *timeline(snapshot, width)]
    return [*rows[: height - 1], _last_row(snapshot, width)]


def _last_row(snapshot: Snapshot, width: int) -> Line:
    """Return the newest notice or, without any, the counters, where one row must do for both."""
    return notice(snapshot, width) or footer(snapshot, width)


def _full(snapshot: Snapshot, width: int, height: int) -> list[Line]:
    roomy = height >= 20
    scale = _scale(snapshot.labels, width, height)
    top = _top(snapshot, width, scale)
    cards = width >= 120 and height >= len(top) + CARD_ROWS + 14
    lanes = lane_cards(snapshot, width - 2) if cards else lane_rows(snapshot, width)
    if cards:
        lanes = [rule("voice, words, body", width), *([Segment(" "), *row] for row in lanes)]
    elif roomy:
        lanes = [lane_heading(width), *lanes]
    past = timeline(snapshot, width)
    bottom = [footer(snapshot, width), notice(snapshot, width)] if roomy else [_last_row(snapshot, width)]
    air: list[Line] = [[]] if height >= 28 else []
    room = height - 1 - 2 * len(air) - len(top) - len(lanes) - len(past) - len(bottom)
    devices = _devices(snapshot, width, room - _WORDS if roomy else room // 2, roomy)
    room -= len(devices)
    heading = [rule("transcript", width)] if roomy else []
    words = [*heading, *transcript(snapshot, width, room - len(heading))] if room > len(heading) else []
    return [header(snapshot, width), *air, *top, *air, *lanes, *devices, *words, *past, *bottom]


def _devices(snapshot: Snapshot, width: int, room: int, roomy: bool) -> list[Line]:
    """Return a row for every device that there is room for, under a heading."""
    if not snapshot.devices:
        return []
    heading = [device_heading(width)] if roomy and room > 1 else []
    return [*heading, *device_rows(snapshot, width, room - len(heading))]


def _top(snapshot: Snapshot, width: int, scale: int) -> list[Line]:
    """Return the label beside the bars, with margins."""
    left = widest(snapshot.labels, scale) if scale else width // 2
    right = width - left - 4
    rows = max(headline_rows(scale), len(snapshot.labels))
    blocks: Sequence[tuple[int, Sequence[Line]]] = [
        (left, headline(snapshot, left, scale)),
        (right, probability_bars(snapshot, right, rows)),
    ]
    return [[Segment(" "), *row] for row in beside(blocks, 2, rows)]


def _scale(labels: tuple[str, ...], width: int, height: int) -> int:
    """Return the largest size of the headline that leaves room for the bars and for two thirds of the rows."""
    for scale in (4, 2, 1):
        if widest(labels, scale) + _BARS + 4 <= width and headline_rows(scale) * 3 <= height + 2:
            return scale
    return 0
