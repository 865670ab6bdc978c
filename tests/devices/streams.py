"""What tests of sources look at: the samples of a stream, put together again."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from devices.block import Block, Gap, Quality
from devices.timeline import delivery_time

Event = Block | Gap


def blocks(events: Iterable[Event], stream: str) -> list[Block]:
    """Return the blocks of one stream."""
    return [event for event in events if isinstance(event, Block) and event.stream == stream]


def gaps(events: Iterable[Event], stream: str | None = None) -> list[Gap]:
    """Return the gaps of one stream, or of all."""
    return [event for event in events if isinstance(event, Gap) and stream in (None, event.stream)]


def samples(events: Iterable[Event], stream: str) -> NDArray[np.float32]:
    """Join the values of one stream."""
    return np.concatenate([np.empty(0, np.float32), *(block.values for block in blocks(events, stream))])


def indices(events: Iterable[Event], stream: str) -> list[int]:
    """List the index of every sample."""
    return [block.index + n for block in blocks(events, stream) for n in range(len(block.values))]


def times(events: Iterable[Event], stream: str) -> NDArray[np.float64]:
    """Return the session time of every sample."""
    each = [block.time + np.arange(len(block.values)) / (block.rate or 1) for block in blocks(events, stream)]
    return np.concatenate([np.empty(0), *each])


def flags(events: Iterable[Event], stream: str) -> list[Quality]:
    """List the flags of every sample."""
    return [block.flags for block in blocks(events, stream) for _ in block.values]


def same(one: Iterable[Event], other: Iterable[Event], stream: str) -> bool:
    """Tell whether two flows hold the same samples, whatever their blocks (by which audio is flagged)."""
    one, other = list(one), list(other)
    return (
        indices(one, stream) == indices(other, stream)
        and np.array_equal(samples(one, stream), samples(other, stream))
        and np.allclose(times(one, stream), times(other, stream), rtol=0, atol=1e-6)
        and (stream == "audio" or flags(one, stream) == flags(other, stream))
    )


def in_order(events: Iterable[Event]) -> bool:
    """Tell whether events come in the order of delivery."""
    times = [delivery_time(event) for event in events]
    return times == sorted(times)
