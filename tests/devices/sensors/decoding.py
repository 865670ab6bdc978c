"""Bytes into a decoder in any pieces, and what must hold whatever the pieces are."""

from itertools import pairwise

from hypothesis import strategies as st

from devices.sensors.frames import Decoder, Frame, Lost


def decode(decoder: Decoder, data: bytes, cuts=(), times=None) -> list:
    """Push data in the pieces that the cuts make, and check the books after every push."""
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    events = []
    for start, end in pairwise(places):
        events += decoder.push(data[start:end], times(end) if times else None)
        check_books(decoder)
    return events


def check_books(decoder: Decoder) -> None:
    """Check that every byte received is accounted for."""
    books = decoder.counters
    assert books.received == books.accepted + books.skipped + books.waiting


def cuts(longest: int = 400):
    """Any places at which a stream may be cut into pieces."""
    return st.lists(st.integers(0, longest), max_size=30)


def frames(events) -> list[Frame]:
    """Only the frames among what a decoder returned."""
    return [event for event in events if isinstance(event, Frame)]


def holes(events) -> list[Lost]:
    """Only the holes among what a decoder returned."""
    return [event for event in events if isinstance(event, Lost)]
