"""What was said, newest last, with the label that each utterance got."""

from rich.cells import cell_len
from rich.segment import Segment

from realtime.dashboard.line import Line, cell, cell_right, clock, elide, wrap
from realtime.dashboard.palette import BAD, BOLD, FAINT, GOOD, PLAIN, colour, letters
from realtime.snapshot import Snapshot, SpokenLine

_TIME, _LABEL = 6, 8
_ROWS_OF_ONE = 2
"""A long utterance takes two rows at most: the ones before it are worth as much"""


def transcript(snapshot: Snapshot, width: int, rows: int) -> list[Line]:
    """Draw the latest utterances in `rows` rows, the last one for what is heard now."""
    if rows <= 0:
        return []
    now = [_hearing(snapshot, width)] if rows > 1 or not snapshot.lines else []
    room = rows - len(now)
    lines: list[Line] = []
    for spoken in reversed(snapshot.lines):
        if len(lines) >= room:
            break
        most = min(_ROWS_OF_ONE, room - len(lines))
        lines = _utterance(spoken, snapshot, width, most, newest=spoken is snapshot.lines[-1]) + lines
    return [*lines, *now, *[[] for _ in range(room - len(lines))]]


def _hearing(snapshot: Snapshot, width: int) -> Line:
    if snapshot.finished:
        return [cell_right("■", _TIME, BOLD), Segment(" end of the session")]
    if not snapshot.hearing:
        return []
    return [cell_right("▶", _TIME, GOOD), Segment(" "), Segment(elide(snapshot.hearing, width - _TIME - 2), FAINT)]


def _utterance(spoken: SpokenLine, snapshot: Snapshot, width: int, rows: int, newest: bool) -> list[Line]:
    head: Line = [cell_right(clock(spoken.start), _TIME, FAINT), Segment(" ")]
    style = colour(spoken.label, bold=True)
    head += [cell(spoken.label or "no label", _LABEL, style), Segment(" ")]
    if snapshot.has_reference:
        head += [*reference_mark(spoken, letters(snapshot.labels)), Segment(" ")]
    indent = sum(cell_len(segment.text) for segment in head)
    room = max(width - indent - 1, 2)
    words = wrap(spoken.text or f"({spoken.reason or 'no words'})", room)
    if len(words) > rows:
        words = [*words[: rows - 1], elide(" ".join(words[rows - 1 :]), room)]
    ink = FAINT if not spoken.text else BOLD if newest else PLAIN
    return [[*head, Segment(words[0], ink)], *[[Segment(" " * indent), Segment(row, ink)] for row in words[1:]]]


def reference_mark(spoken: SpokenLine, keys: dict[str, str]) -> Line:
    """Return three cells: ✓, or ✗ with the letter of the true label, or nothing without a reference."""
    if spoken.truth is None:
        return [Segment("   ")]
    if spoken.truth == spoken.label:
        return [Segment("✓  ", GOOD)]
    return [Segment("✗ ", BAD), Segment(keys.get(spoken.truth, "?"), colour(spoken.truth, bold=True, reverse=True))]
