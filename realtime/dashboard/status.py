"""The first and the last rows: what is playing, how far it is, and how well the program keeps up."""

from rich.segment import Segment
from rich.style import Style

from realtime.dashboard.bars import share
from realtime.dashboard.line import Line, cells, clean, clock, elide, fit, opposed
from realtime.dashboard.palette import ALARM, BADGE, BOLD, FAINT, PLAIN, WARN
from realtime.snapshot import Snapshot

LATE = 1.0
"""Seconds of lag from which on it is shown as a warning"""


def header(snapshot: Snapshot, width: int) -> Line:
    """Name, badges and source; session time, progress, speed and lag."""
    left = [Segment(" maeum", BOLD), Segment(" 마음 " if width >= 60 else " ", FAINT)]
    for text, style in badges(snapshot):
        left += [Segment(f" {text} ", style), Segment(" ")]
    right = _time(snapshot, max(width // 8, 6) if width >= 70 else 0)
    room = width - cells(left) - cells(right) - 2
    return opposed([*left, Segment(elide(snapshot.source, max(room, 0)))], right, width)


def badges(snapshot: Snapshot) -> list[tuple[str, Style]]:
    """Return what must never be overlooked, each in a box of its own."""
    synthetic = [("SYNTHETIC", BADGE)] if snapshot.synthetic else []
    return [*synthetic, *((clean(badge), ALARM if badge == "REC" else BADGE) for badge in snapshot.badges)]


def _time(snapshot: Snapshot, columns: int) -> Line:
    total = f"/{clock(snapshot.duration)}" if snapshot.duration is not None else ""
    line = [Segment(clock(snapshot.t), BOLD), Segment(total, FAINT), Segment(" ")]
    if columns and snapshot.duration:
        done = round(share(snapshot.t / snapshot.duration) * columns)
        line += [Segment("━" * done, BOLD), Segment("─" * (columns - done), FAINT), Segment(" ")]
    speed = "max" if snapshot.speed is None else f"×{snapshot.speed:g}"
    lag = Segment(f"lag {min(snapshot.lag, 9999.0):.1f} s ", WARN if snapshot.lag > LATE else FAINT)
    return [*line, Segment("■ " if snapshot.finished else ""), Segment(f"{speed} "), lag]


def footer(snapshot: Snapshot, width: int) -> Line:
    """Counters, median latencies and the bundle."""
    line: Line = [Segment(" ")]
    for name, value in snapshot.counters:
        line += [Segment(f"{clean(name)} ", FAINT), Segment(f"{clean(value)}  ", PLAIN)]
    if snapshot.latency_ms:
        line.append(Segment("│ ", FAINT))
    if snapshot.age_ms:
        middle, high, most = (f"{milliseconds / 1000:.1f}" for milliseconds in snapshot.age_ms)
        line += [Segment("age ", FAINT), Segment(f"{middle}/{high}/{most} s  ", PLAIN)]
    for name, milliseconds in snapshot.latency_ms:
        line += [Segment(f"{clean(name)} ", FAINT), Segment(f"{milliseconds:.0f} ms  ", PLAIN)]
    bundle = [Segment(f"{elide(snapshot.bundle, width // 4)} ", FAINT)]
    return opposed(line, bundle, width) if cells(line) + cells(bundle) <= width else fit(line, width)


def notice(snapshot: Snapshot, width: int) -> Line:
    """Return what is asked, or else the newest notice, or else what can be pressed."""
    if snapshot.prompt:
        return [Segment(" ? ", BADGE), Segment(f" {elide(snapshot.prompt, max(width - 5, 0))}", BOLD)]
    if not snapshot.notices:
        return [Segment(f" {elide(snapshot.keys, max(width - 2, 0))}", FAINT)] if snapshot.keys else []
    return [Segment(" ! ", WARN), Segment(elide(snapshot.notices[-1], max(width - 4, 0)), WARN)]
