"""Several flows of blocks and gaps merged into the one order in which a live session would deliver them."""

from collections.abc import Iterable, Iterator
from heapq import merge

from devices.block import Block, Gap

Recorded = Block | Gap


def delivery_time(event: Recorded) -> float:
    """Session time at which a live session would know of it: a block's end, a gap's beginning."""
    return event.end if isinstance(event, Block) else event.time


def in_delivery_order(*flows: Iterable[Recorded]) -> Iterator[Recorded]:
    """Merge flows that are each in order; of events at one time, those of the earlier argument come first."""
    return merge(*flows, key=delivery_time)
