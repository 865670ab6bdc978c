"""Where each stream of a session stands: so that what is missing of a recording can be counted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from devices.block import Block, Gap
from devices.sessions.lines import BadLine, BlockLine, Line


@dataclass(frozen=True, slots=True)
class Position:
    """Just after what has come of a stream."""

    index: int
    """Of the next sample"""
    time: float
    """Seconds of session time"""


Positions = Mapping[str, Position]


def after(event: Block | BlockLine | Gap, position: Position | None) -> Position | None:
    """Return where a stream stands after an event of it."""
    match event:
        case Gap():
            if position is None or event.duration is None:
                return position
            return Position(
                position.index + int(event.lost or 0), max(position.time, float(event.time + event.duration))
            )
        case Block():
            return Position(int(event.index) + len(event.values), float(event.end))
        case BlockLine():
            end = event.time + event.n / event.rate if event.rate else event.time
            return Position(event.index + event.n, end)


def follow(positions: dict[str, Position], event: object) -> None:
    """Take in what has come."""
    if isinstance(event, Block | BlockLine | Gap):
        position = after(event, positions.get(event.stream))
        if position is not None:
            positions[event.stream] = position


def missing(before: Positions, then: Positions, reason: str) -> Iterator[Gap]:
    """Yield a gap for each stream that stands further on than it should."""
    for stream, there in then.items():
        if gap := hole(stream, before.get(stream), there, reason):
            yield gap


def hole(stream: str, here: Position | None, there: Position, reason: str) -> Gap | None:
    """Return what is missing of a stream between two positions."""
    here = here or Position(0, 0.0)
    if there.index <= here.index and there.time <= here.time:
        return None
    return Gap(stream, here.time, max(0, there.index - here.index), max(0.0, there.time - here.time), reason)


def as_json(positions: Positions) -> dict[str, object]:
    """Positions as JSON."""
    return {stream: [one.index, one.time] for stream, one in positions.items()}


def from_json(body: object) -> dict[str, Position]:
    """Read positions.

    Raises
    ------
    BadLine
    """
    if not isinstance(body, dict):
        raise BadLine(f"expected streams with index and time; found {str(body)[:40]!r}")
    return {stream: _position(stream, pair) for stream, pair in body.items()}


def _position(stream: str, pair: object) -> Position:
    match pair:
        case [int(index), float() | int() as time]:
            return Position(index, time)
        case _:
            raise BadLine(f"expected index and time of {stream!r}; found {str(pair)[:40]!r}")


def ends(lines: Iterable[Line], before: Positions) -> dict[str, Position]:
    """Return where each stream stands after some lines."""
    positions = dict(before)
    for line in lines:
        follow(positions, line)
    return positions
