"""The label, big, with its confidence and state, and a bar for every label."""

from rich.segment import Segment
from rich.style import Style

from realtime.dashboard.bars import bar, percent
from realtime.dashboard.glyphs import HEIGHT, banner
from realtime.dashboard.line import Line, beside, cell, cell_right, clean, elide
from realtime.dashboard.palette import BAD, BOLD, FAINT, GOOD, KOREAN, PLAIN, colour, letters
from realtime.snapshot import Snapshot

UNSURE = "unsure"
WAITING = "waiting"
_UPPER_HALF = str.maketrans("█▉▊▋▌▍▎▏", "▀▀▘▘▘▘  ")
_STATE_MARKS = {"confirmed": "●", "tentative": "◐", "uncertain": "○"}


def shown_label(snapshot: Snapshot) -> str | None:
    """Return the label that may be shown: none while the vote abstains."""
    return None if snapshot.state == "uncertain" else snapshot.label


def confidence(snapshot: Snapshot) -> float | None:
    """Fused probability of the shown label."""
    label = shown_label(snapshot)
    if label is None or snapshot.probabilities is None:
        return None
    return dict(zip(snapshot.labels, snapshot.probabilities, strict=False)).get(label)


def state_words(snapshot: Snapshot) -> str:
    """Say how firm the label is; an abstention says that it is one."""
    if shown_label(snapshot) is not None:
        return f"{_STATE_MARKS[snapshot.state]} {snapshot.state}"
    return "○ uncertain: no label" if snapshot.probabilities is not None else "○ uncertain: nothing to go by"


def widest(labels: tuple[str, ...], scale: int) -> int:
    """Columns that the widest word of the headline takes at `scale`."""
    return max(len(banner(word, scale)[0]) for word in (*labels, UNSURE, WAITING))


def headline_rows(scale: int) -> int:
    """Rows that `headline` takes at `scale`."""
    return {0: 2, 1: 5, 2: 8}.get(scale, HEIGHT * scale // 2 + 1 + HEIGHT)


def headline(snapshot: Snapshot, width: int, scale: int) -> list[Line]:
    """Draw the label `scale` times the font's size (0: as text), and below it confidence, Korean name and state."""
    label = shown_label(snapshot)
    word = clean(label or (UNSURE if snapshot.probabilities is not None else WAITING))
    style = colour(label, bold=True)
    firm = label is not None and snapshot.state == "confirmed"
    rows: list[Line] = [[Segment(row if firm else _shade(row), style)] for row in banner(word, scale)] if scale else []
    if not scale or not any(row.strip() for row in banner(word, 1)):
        rows = [[cell(word.upper(), width, style)], *[[] for _ in rows[1:]]]
    if scale >= 4:
        rows.append([])
    return rows + _below(snapshot, width, scale, style)


def _shade(row: str) -> str:
    """Show the solid part of a banner half-tone: the label is not firm yet, with or without colour."""
    return row.replace("█", "▒").replace("▀", "▒").replace("▄", " ")


def _below(snapshot: Snapshot, width: int, scale: int, style: Style) -> list[Line]:
    value = confidence(snapshot)
    facts = _facts(snapshot, style)
    if scale < 2:
        number = [Segment(f"{percent(value)} ", style)] if value is not None else []
        return [[*number, *facts[0], Segment("  "), *facts[1]], *([facts[2]] if scale else [])]
    digits = banner(percent(value) if value is not None else "--", scale // 2)
    columns = len(banner("100%", scale // 2)[0]) + 2
    number_rows: list[Line] = [[Segment(row, style)] for row in digits]
    if scale >= 4:
        facts = [[], *facts]
    return beside([(columns, number_rows), (max(width - columns, 0), facts)], 0, len(digits))


def _facts(snapshot: Snapshot, style: Style) -> list[Line]:
    """Return three rows: name in Korean and English, state, reference."""
    label = shown_label(snapshot)
    name = f"{KOREAN.get(label, '')} {clean(label)}".strip() if label else _no_label(snapshot)
    state = [Segment(state_words(snapshot), BOLD if snapshot.state == "confirmed" else PLAIN)]
    return [[Segment(name, style)], state, _reference(snapshot, label)]


def _no_label(snapshot: Snapshot) -> str:
    return "판단 보류 abstaining" if snapshot.probabilities is not None else "대기 중 waiting"


def _reference(snapshot: Snapshot, label: str | None) -> Line:
    truth = snapshot.timeline[-1].truth if snapshot.timeline else None
    if not snapshot.has_reference:
        return []
    if truth is None:
        return [Segment("reference: none now", FAINT)]
    mark = [] if label is None else [Segment(" ✓", GOOD) if label == truth else Segment(" ✗", BAD)]
    return [Segment("reference: ", FAINT), Segment(elide(truth, 16), colour(truth, bold=True)), *mark]


def probability_bars(snapshot: Snapshot, width: int, rows: int) -> list[Line]:
    """One bar for every label: letter, name, bar, per cent; two rows each where `rows` allow."""
    given = dict(zip(snapshot.labels, snapshot.probabilities or (), strict=False))
    best = max(given.values(), default=1.0)
    name_width = min(max((len(clean(label)) for label in snapshot.labels), default=0), max(width - 13, 4))
    room = width - name_width - 8
    thick = rows >= 2 * len(snapshot.labels)
    lines: list[Line] = []
    for label in snapshot.labels:
        value = given.get(label)
        style = colour(label, bold=value == best)
        length = bar(value, room) if value is not None else ""
        name = [_key(label, snapshot), Segment(" "), cell(label, name_width, style if value == best else PLAIN)]
        number = cell_right(percent(value) if value is not None else "–", 5, BOLD if value == best else PLAIN)
        lines.append([*name, Segment(" "), cell(length, room, style), number])
        if thick:
            lines.append([Segment(" " * (name_width + 3)), Segment(length.translate(_UPPER_HALF), style)])
    return lines


def _key(label: str, snapshot: Snapshot) -> Segment:
    return Segment(letters(snapshot.labels)[label], colour(label, bold=True, reverse=True))
