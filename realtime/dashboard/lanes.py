"""What each modality hears, says and weighs: voice, words, body."""

from rich.cells import cell_len
from rich.segment import Segment

from models.scores import Modality
from realtime.dashboard.bars import bar, percent, rise, sparkline
from realtime.dashboard.line import Line, beside, cell, cell_right, elide, opposed
from realtime.dashboard.palette import BOLD, FAINT, WARN, colour, letters
from realtime.snapshot import Lane, Snapshot

CARD_ROWS = 11
_NAMES: dict[Modality, tuple[str, str]] = {"voice": ("voice", "목소리"), "text": ("words", "말"), "bio": ("body", "몸")}
_TITLE, _LEVELS, _LABEL, _BAR, _SHARE, _WEIGHT, _AGE = 5, 10, 10, 6, 4, 4, 6


def lane_heading(width: int) -> Line:
    """Column names above `lane_rows`, in the same columns."""
    names = (("", _TITLE), ("level", _LEVELS), ("says", _LABEL + 1 + _BAR + _SHARE), ("vote", _WEIGHT), ("age", _AGE))
    line: Line = [Segment(" ")]
    for name, columns in names:
        align = cell_right if name in ("vote", "age") else cell
        line += [align(name, columns, FAINT), Segment(" ")]
    return [*line, cell("facts", max(width - sum(c + 1 for _, c in names) - 1, 0), FAINT)]


def lane_rows(snapshot: Snapshot, width: int) -> list[Line]:
    """One row for every lane."""
    return [_row(lane, snapshot.labels, width) for lane in snapshot.lanes]


def _row(lane: Lane, labels: tuple[str, ...], width: int) -> Line:
    top, value = _top(lane, labels)
    head = [Segment(" "), cell(_NAMES[lane.modality][0], _TITLE, BOLD), Segment(" ")]
    head += [cell(sparkline(lane.level, _LEVELS)[0], _LEVELS, colour(top)), Segment(" ")]
    says = _LABEL + 1 + _BAR + _SHARE + 1 + _WEIGHT + 1 + _AGE
    if top is None:
        reason = elide(f"– {lane.reason or 'nothing yet'}", width - _TITLE - _LEVELS - 4)
        says = max(says, cell_len(reason))
        middle = [cell(reason, says, WARN)]
    else:
        middle = [_key(top, labels), Segment(" "), cell(top, _LABEL - 2, colour(top, bold=True)), Segment(" ")]
        middle += [cell(bar(value, _BAR), _BAR, colour(top)), cell_right(percent(value), _SHARE), Segment(" ")]
        middle += [cell_right(percent(lane.weight), _WEIGHT), Segment(" "), cell_right(_age(lane), _AGE, FAINT)]
    rest = width - 2 - _TITLE - 1 - _LEVELS - says - 1
    return [*head, *middle, Segment(" "), Segment(elide(_facts(lane, top), max(rest, 0)))]


def lane_cards(snapshot: Snapshot, width: int) -> list[Line]:
    """Lanes side by side, `CARD_ROWS` high: level over time, facts, and a column for every label."""
    count = max(len(snapshot.lanes), 1)
    card = (width - 4 * (count - 1)) // count
    return beside([(card, _card(lane, snapshot.labels, card)) for lane in snapshot.lanes], 4, CARD_ROWS)


def _card(lane: Lane, labels: tuple[str, ...], width: int) -> list[Line]:
    top, value = _top(lane, labels)
    english, korean = _NAMES[lane.modality]
    votes = f"vote {percent(lane.weight)}   {_age(lane)} old" if top is not None else "no vote"
    title = opposed([Segment(f"{english} ", BOLD), Segment(korean)], [Segment(votes, FAINT)], width)
    levels: list[Line] = [[Segment(row, colour(top))] for row in sparkline(lane.level, width, 3)]
    facts: Line = [Segment(elide(_facts(lane, top), width))]
    if top is None:
        reason = [Segment(elide(f"– {lane.reason or 'nothing yet'}", width), WARN)]
        return [title, *levels, facts, [], reason]
    says: Line = [
        _key(top, labels),
        Segment(f" {elide(top, width - 8)} ", colour(top, bold=True)),
        Segment(percent(value)),
    ]
    return [title, *levels, facts, *_columns(lane, labels, width, 4), says]


def _columns(lane: Lane, labels: tuple[str, ...], width: int, rows: int) -> list[Line]:
    """Return a chart with one column for every label, `rows` high, and their letters."""
    thick = max(min(width // max(len(labels), 1) - 2, 5), 1)
    lines: list[Line] = [[] for _ in range(rows + 1)]
    for label, value in zip(labels, lane.probabilities or (), strict=False):
        for line, block in zip(lines, rise(value, rows), strict=False):
            line += [Segment(block * thick, colour(label)), Segment("  ")]
        lines[rows] += [Segment(letters(labels)[label].center(thick), colour(label, bold=True)), Segment("  ")]
    return lines


def _top(lane: Lane, labels: tuple[str, ...]) -> tuple[str | None, float]:
    """Return the label that the lane holds most likely, with its probability."""
    given = list(zip(lane.probabilities or (), labels, strict=False))
    if not given:
        return None, 0.0
    value, label = max(given)
    return label, value


def _facts(lane: Lane, top: str | None) -> str:
    """Return the lane's facts, and the reason when it holds a result that has no vote now."""
    return " · ".join(filter(None, (lane.detail, lane.reason if top is not None else None)))


def _age(lane: Lane) -> str:
    return f"{lane.age:.1f} s" if lane.age is not None and lane.age < 1000 else "–"


def _key(label: str, labels: tuple[str, ...]) -> Segment:
    return Segment(letters(labels)[label], colour(label, bold=True, reverse=True))
