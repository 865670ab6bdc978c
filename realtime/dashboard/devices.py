"""What each device of a live session is doing: one row for each, told by words and marks as well as by colour."""

from rich.segment import Segment
from rich.style import Style

from devices.block import DeviceState
from realtime.dashboard.line import Line, cell, cell_right, clock, elide
from realtime.dashboard.palette import BAD, BOLD, FAINT, GOOD, PLAIN, WARN
from realtime.snapshot import Snapshot

_STATES: dict[str, tuple[str, Style]] = {
    "streaming": ("●", GOOD),
    "opening": ("◌", FAINT),
    "stalled": ("▲", WARN),
    "waiting": ("▲", WARN),
    "lost": ("✗", BAD),
    "closed": ("■", FAINT),
}
_STATE, _AWAY = 11, 8
_NUMBERS = (("drift", 9), ("late", 7), ("lost", 7), ("back", 4))
_NUMBERS_WIDTH = sum(columns + 1 for _, columns in _NUMBERS)
_NAME, _SHORTEST = 30, 12
_TELLING = 2
"""Rows from which on the last one says how many devices are not shown"""
_PROBLEM = 30
"""Columns from which on a problem stands beside the numbers, and not in their place"""


def device_heading(width: int) -> Line:
    """Column names above `device_rows`, in the same columns."""
    name, beside = _widths(width)
    line: Line = [Segment(" "), cell("device", name, FAINT), Segment(" "), cell("state", _STATE, FAINT)]
    for text, columns in _NUMBERS:
        line += [Segment(" "), cell_right(text, columns, FAINT)]
    return [*line, Segment(" "), cell_right("away", _AWAY, FAINT), *([Segment("  problem", FAINT)] if beside else [])]


def device_rows(snapshot: Snapshot, width: int, most: int) -> list[Line]:
    """One row for every device; where there is no room for all, those that do not stream well come first."""
    devices = snapshot.devices
    if len(devices) <= most:
        return [_row(device, width) for device in devices]
    worst = sorted(devices, key=lambda device: device.state == "streaming" and device.problem is None)
    if most < _TELLING:
        return [_row(device, width) for device in worst[: max(most, 0)]]
    more = Segment(f" and {len(devices) - most + 1} more", FAINT)
    return [*(_row(device, width) for device in worst[: most - 1]), [more]]


def mark(device: DeviceState) -> tuple[str, Style]:
    """What a device is doing, as a sign and a word, and its colour."""
    sign, style = _STATES.get(device.state, ("?", PLAIN))
    if device.state == "streaming" and device.problem is not None:
        sign, style = "◐", WARN
    return f"{sign} {device.state}", style


def numbers(device: DeviceState) -> tuple[str, str, str, str]:
    """Drift, latency, samples lost and reconnects as words; a dash where nothing is known."""
    return (
        "–" if device.drift_ppm is None else f"{device.drift_ppm:+.0f} ppm",
        "–" if device.latency_s is None else f"{1000 * device.latency_s:.0f} ms",
        str(device.lost),
        str(device.reconnects),
    )


def _row(device: DeviceState, width: int) -> Line:
    name, beside = _widths(width)
    word, style = mark(device)
    line: Line = [Segment(" "), cell(device.device, name, BOLD), Segment(" "), cell(word, _STATE, style)]
    if device.problem is not None and not beside:
        line += [Segment(" "), cell(device.problem, _NUMBERS_WIDTH - 1, WARN)]
    else:
        for text, (_, columns) in zip(numbers(device), _NUMBERS, strict=True):
            line += [Segment(" "), cell_right(text, columns)]
    line += [Segment(" "), cell_right(clock(device.away_s), _AWAY, PLAIN if device.away_s else FAINT)]
    if beside and device.problem is not None:
        line += [Segment("  "), Segment(elide(device.problem, beside), WARN)]
    return line


def _widths(width: int) -> tuple[int, int]:
    """Columns of the name, and of a problem beside the numbers; 0 where it stands in their place."""
    rest = width - 1 - 1 - _STATE - _NUMBERS_WIDTH - 1 - _AWAY
    beside = rest - _NAME - 3
    return (_NAME, beside) if beside >= _PROBLEM else (max(min(rest - 1, _NAME), _SHORTEST), 0)
