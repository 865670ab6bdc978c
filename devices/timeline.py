"""Several flows of blocks and gaps merged into the one order in which a live session would deliver them."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import merge

from devices.block import Block, Gap

Recorded = Block | Gap


def delivery_time(event: Recorded) -> float:
    """Session time at which a live session would know of it: a block's end, a gap's beginning."""
    return event.end if isinstance(event, Block) else event.time


def in_delivery_order(*flows: Iterable[Recorded]) -> Iterator[Recorded]:
    """Merge flows that are each in order; of events at one time, those of the earlier argument come first."""
    return merge(*flows, key=delivery_time)


def cut(event: Recorded, end: float) -> list[Recorded]:
    """Leave of an event what lies before `end` seconds of session time: the event, a shorter one, or nothing."""
    if delivery_time(event) <= end and (isinstance(event, Block) or event.time + (event.duration or 0.0) <= end):
        return [event]
    if event.time >= end:
        return []
    if isinstance(event, Block):
        return [replace(event, values=event.values[: math.ceil((end - event.time) * event.rate)])]
    share = (end - event.time) / event.duration if event.duration else 0.0
    return [replace(event, lost=None if event.lost is None else round(share * event.lost), duration=end - event.time)]
