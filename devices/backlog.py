"""What waits between the threads of the devices and the session, in bounded room; nothing of it vanishes silently."""

from collections import Counter, deque
from dataclasses import replace

from devices.block import Away, Block, Event, Gap

TOO_SLOW = "the computer was too slow"


class Backlog:
    """Events in the order in which they came. Not safe for threads.

    Once it is full, samples are left out until half of the room is free again, so that one long hole results rather
    than a thousand short ones; of each stream it comes out as one gap. Whatever begins an absence, is said, or changes
    a device's state is rare and let in always.

    Parameters
    ----------
    size
        Events for which there is room.
    """

    def __init__(self, size: int) -> None:
        self.dropped: Counter[str] = Counter()
        """Samples left out, by stream"""
        self.came: Counter[str] = Counter()
        """Samples that came, by stream"""
        self._size = size
        self._waiting: deque[tuple[float, Event]] = deque()
        self._holes: dict[str, Gap] = {}
        self._is_full = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, event: Event, now: float) -> None:
        """Take an event that comes at session time `now`."""
        if isinstance(event, Block):
            self.came[event.stream] += len(event.values)
        self._is_full = self._is_full or len(self) >= self._size
        match event:
            case Block() | Gap(duration=float()) if self._is_full:
                self._leave_out(event)
            case Away() if self._is_full:
                pass  # the next one says the same
            case Gap(stream=stream) if stream in self._holes:
                self._waiting += [(now, self._holes.pop(stream)), (now, event)]
            case _:
                self._waiting.append((now, event))

    def take(self, now: float) -> tuple[float, Event]:
        """Give the oldest event back, with the session time at which it came; there must be one."""
        oldest = self._waiting.popleft()
        if self._is_full and len(self) <= self._size // 2:
            self._is_full = False
            self._waiting += [(now, hole) for hole in self._holes.values()]
            self._holes.clear()
        return oldest

    def waiting(self, stream: str) -> int:
        """Samples of a stream that wait."""
        blocks = (event for _, event in self._waiting if isinstance(event, Block))
        return sum(len(block.values) for block in blocks if block.stream == stream)

    def _leave_out(self, event: Block | Gap) -> None:
        if isinstance(event, Block):
            self.dropped[event.stream] += len(event.values)
            event = Gap(event.stream, event.time, len(event.values), event.end - event.time, TOO_SLOW)
        before = self._holes.get(event.stream)
        self._holes[event.stream] = event if before is None else _joined(before, event)


def _joined(first: Gap, then: Gap) -> Gap:
    """One hole from two that follow each other."""
    uncounted = first.lost is None and then.lost is None
    return replace(
        first,
        lost=None if uncounted else (first.lost or 0) + (then.lost or 0),
        duration=then.time + (then.duration or 0.0) - first.time,
        reason=TOO_SLOW if TOO_SLOW in (first.reason, then.reason) else first.reason,
    )
