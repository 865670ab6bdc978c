"""BITalino's decoder: every frame it gives was sent, every frame that was lost is counted, whatever the line does."""

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sensors.bitalino_decoder import BitalinoDecoder
from devices.sensors.bitalino_frame import FORMATS, WIDTHS
from devices.sensors.frames import Channel, Frame, Lost, Remark
from tests.devices.sensors.decoding import check_books, cuts, decode, frames, holes

CHANNELS = range(1, 7)


def decoder(channels: int, rate: float = 1000) -> BitalinoDecoder:
    return BitalinoDecoder([Channel(f"A{n + 1}", f"adc{WIDTHS[n]}") for n in range(channels)], rate)


def measured(channels: int, count: int, seed: int = 0) -> list[tuple[int, ...]]:
    """Values as a body gives them: slow waves with noise, never the same twice in a row for long."""
    source = np.random.default_rng(seed)
    time = np.arange(count)[:, None] / 1000
    wave = 0.5 + 0.3 * np.sin(2 * np.pi * time * source.uniform(0.2, 8, channels) + source.uniform(0, 6, channels))
    scale = np.array([1 << width for width in WIDTHS[:channels]])
    values = np.clip((wave + source.normal(0, 0.02, wave.shape)) * scale, 0, scale - 1).astype(int)
    return [tuple(map(int, row)) for row in values]


def packed(channels: int, values, first: int = 0) -> list[bytes]:
    return [FORMATS[channels].pack(first + number, 0, row) for number, row in enumerate(values)]


@pytest.mark.parametrize("channels", CHANNELS)
def test_a_clean_stream_is_read_whole(channels):
    """Every frame of every layout comes once, in order, with its index and the byte at which it was complete."""
    values = measured(channels, 100)
    size = FORMATS[channels].size
    events = decode(decoder(channels), b"".join(packed(channels, values)))
    assert events == [Frame("", n, row, (n + 1) * size) for n, row in enumerate(values)]


@given(st.integers(1, 6), st.binary(max_size=40), st.integers(0, 300), st.binary(max_size=300), cuts())
def test_pieces_do_not_matter(channels, before, place, inside, places):
    """Any chunking of the same bytes gives the same events, with garbage before and within, and the books balance."""
    sent = b"".join(packed(channels, measured(channels, 40)))
    data = before + sent[:place] + inside + sent[place:]
    assert decode(decoder(channels), data, places) == decode(decoder(channels), data)


def test_a_damaged_frame_is_one_lost_frame():
    """A frame that is wrong in its place costs itself alone: those after it prove that the rest kept step."""
    parts = packed(3, measured(3, 20))
    parts[7] = bytes([*parts[7][:2], parts[7][2] ^ 0x10, *parts[7][3:]])
    books = decoder(3)
    events = decode(books, b"".join(parts))
    assert holes(events) == [Lost("", 7, 1, 10 * 6, "checksum")]
    assert [frame.index for frame in frames(events)] == [n for n in range(20) if n != 7]
    assert (books.counters.broken, books.counters.lost, books.counters.resyncs) == (1, 1, 0)


def test_a_hole_in_the_sequence_is_counted():
    """Frames that the device had no room for are missing, and the next two in step prove it."""
    parts = packed(4, measured(4, 30))
    events = decode(decoder(4), b"".join(parts[:10] + parts[15:]))
    assert holes(events) == [Lost("", 10, 5, 12 * 7, "sequence", exact=False)]
    assert [frame.index for frame in frames(events)] == [*range(10), *range(15, 30)]


def test_a_lone_stranger_is_not_believed():
    """A frame of another sequence number is accepted only with a witness."""
    parts = packed(3, measured(3, 30))
    parts.insert(10, FORMATS[3].pack(4, 0, (1, 2, 3)))
    events = decode(decoder(3), b"".join(parts))
    assert (1, 2, 3) not in [frame.values for frame in frames(events)]
    assert len(frames(events)) == 30


# What a line does to bytes at a place, and how many bogus frames each may cost on the average.
def dropped(data: bytes, place: int, source: np.random.Generator) -> bytes:  # noqa: ARG001  (of the same form as the others)
    return data[:place] + data[place + 1 :]


def cut_out(data: bytes, place: int, source: np.random.Generator) -> bytes:
    return data[:place] + data[place + int(source.integers(2, 41)) :]


def flipped(data: bytes, place: int, source: np.random.Generator) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << int(source.integers(8))]) + data[place + 1 :]


def inserted(data: bytes, place: int, source: np.random.Generator) -> bytes:
    return data[:place] + source.bytes(1) + data[place:]


def zeros(data: bytes, place: int, source: np.random.Generator) -> bytes:
    return data[:place] + bytes(int(source.integers(1, 201))) + data[place:]


LIMITS = {dropped: 0.03, cut_out: 0.03, inserted: 0.03, flipped: 0.0, zeros: 0.10}


@pytest.mark.parametrize("fault", LIMITS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("channels", CHANNELS)
def test_faults_cost_hardly_a_bogus_frame(channels, fault):
    """At every byte of a frame: few frames that nobody sent, all that were lost counted, back within four frames."""
    size, source = FORMATS[channels].size, np.random.default_rng(channels)
    bogus, late = [], []
    for event in range(300):
        values = measured(channels, 80, seed=event)
        data = fault(b"".join(packed(channels, values)), 30 * size + event % size, source)
        events = decode(decoder(channels), data)
        given_out = frames(events)
        bogus.append(sum(frame.values not in values[frame.index % 16 :: 16] for frame in given_out))
        late.append(given_out[-1] != Frame("", 79, values[79], len(data)))
        if not bogus[-1]:
            assert len(given_out) + sum(hole.count for hole in holes(events)) == 80
            resumed = next(frame.index for frame in given_out if frame.index > 30)
            assert resumed <= 30 + 4 + (fault is cut_out) * -(-40 // size)
    limit = LIMITS[fault] if channels in (3, 4, 5) or not LIMITS[fault] else 0.10
    assert fmean(bogus) <= limit
    assert fmean(late) <= limit


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("flood", [b"\x00", b"\xff", b"BITalino_v5.2\n"], ids=["zeros", "ones", "text"])
def test_floods_give_no_frames(channels, flood):
    """A dead line, a stuck one or a talking device ends the frames at once; the stream is found again after it."""
    values = measured(channels, 60)
    sent = packed(channels, values)
    data = b"".join(sent[:30]) + flood * (3000 // len(flood)) + b"".join(sent[30:])
    books = decoder(channels)
    events = decode(books, data, range(0, len(data), 61))
    assert sum(frame.values not in values for frame in frames(events)) <= 1
    assert len(frames(events)) >= 55
    assert [event.code for event in events if isinstance(event, Remark)] == ["not this protocol"]


def test_nothing_but_zeros_is_no_bitalino():
    """A wrong baud rate reads as frames of zeros that pass every check: none of them is believed, and it is said."""
    events = decode(decoder(6), bytes(20_000))
    assert [type(event) for event in events] == [Remark]
    assert events[0].code == "not this protocol"


@pytest.mark.parametrize("channels", CHANNELS)
def test_noise_gives_hardly_a_frame(channels):
    """Of a million random bytes fewer than one window in ten thousand is taken for a frame, and nothing piles up."""
    books = decoder(channels)
    source = np.random.default_rng(channels)
    for _ in range(256):
        books.push(source.bytes(4096))
        check_books(books)
        assert books.counters.waiting < 3 * FORMATS[channels].size
    assert books.counters.frames <= 1e-4 * books.counters.received


def late_by(jitter_s: float, source: np.random.Generator):
    """When the frame of a number arrives: made on time, late by up to so much."""
    return lambda number: 50 + number / 1000 + source.uniform(0, jitter_s)


def across_a_hole(lost: int, jitter_s: float, seed: int) -> Lost:
    """What is said of a hole of so many frames after two seconds at 1 kHz."""
    source = np.random.default_rng(seed)
    time, books = late_by(jitter_s, source), decoder(4)
    parts = packed(4, measured(4, 2040))
    for number in range(2000):
        books.push(parts[number], time(number))
    events = []
    for number in range(2000, 2010):
        events += books.push(FORMATS[4].pack(number + lost, 0, (1, 2, 3, 4)), time(number + lost))
    return holes(events)[0]


@pytest.mark.parametrize("lost", [1, 5, 15, 17, 31, 40, 100, 250, 1000, 5003])
def test_time_counts_what_the_sequence_cannot(lost):
    """A hole of any length is counted exactly while arrivals jitter by less than eight frames."""
    for seed in range(5):
        assert across_a_hole(lost, 0.0075, seed) == Lost("", 2000, lost, 2002 * 7, "sequence", exact=True)


def test_a_doubtful_count_says_so():
    """Where arrivals jitter by more, the count is marked as a guess."""
    assert not any(across_a_hole(40, 0.04, seed).exact for seed in range(5))


def test_a_cut_begins_anew():
    """After a cut nothing is taken over: the next frames prove themselves, and the hole is counted by the sequence."""
    books = decoder(3)
    parts = packed(3, measured(3, 40))
    first = books.push(b"".join(parts[:10]) + parts[10][:4])
    assert books.cut() == []
    check_books(books)
    events = books.push(b"".join(parts[13:]))
    assert [frame.index for frame in frames(first + events)] == [*range(10), *range(13, 40)]
    assert [(hole.index, hole.count) for hole in holes(events)] == [(10, 3)]


def test_remarks_of_the_device_come_first():
    """What the device said before it began to send comes with the first bytes, once."""
    said = Remark("version", "BITalino v5.2")
    books = BitalinoDecoder([Channel("A1", "adc10")], 1000, [said])
    parts = packed(1, measured(1, 10))
    assert books.push(parts[0]) == [said]
    assert all(isinstance(event, Frame) for event in books.push(b"".join(parts[1:])))
