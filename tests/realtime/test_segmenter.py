"""Utterances out of a stream: exact, whatever the blocks, with every kind of bad input."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.block import Away, Block, Gap
from realtime.segmenter import Activity, Segment, Segmenter, SegmenterOptions, SpeechEvent, SpeechStarted
from realtime.vad import Vad
from tests.realtime.conftest import RATE, Floats, blocks, hush, vowels

SIZES = st.lists(st.integers(1, 6000), min_size=2, max_size=6)


class Always(Vad):
    """Hears speech in everything."""

    def __init__(self, probability: float = 0.9) -> None:
        self.probability = probability

    def push(self, samples: Floats) -> list[float]:
        return [self.probability] * (len(samples) // 512)

    def reset(self) -> None:
        """Nothing is remembered."""


def everything(segmenter: Segmenter, items: list[Block | Gap]) -> list[SpeechEvent]:
    return [*(event for item in items for event in segmenter.push(item)), *segmenter.flush()]


def segments(events: list[SpeechEvent]) -> list[Segment]:
    return [event for event in events if isinstance(event, Segment)]


def cut(audio: Floats, options: SegmenterOptions | None = None) -> list[Segment]:
    return segments(everything(Segmenter(options), list(blocks(audio))))


def content(event: SpeechEvent) -> tuple[object, ...]:
    """All that an event says, comparable."""
    values = (getattr(event, name) for name in event.__slots__)
    return (type(event), *(value.tobytes() if isinstance(value, np.ndarray) else value for value in values))


@settings(max_examples=3, deadline=None)
@given(sizes=SIZES, start=st.sampled_from([0.0, 12.345, 1e4 / 3]))
def test_any_chunking_gives_identical_events(conversation: Floats, sizes: list[int], start: float) -> None:
    """Order, times and audio are the same to the last bit."""
    expected = everything(Segmenter(), list(blocks(conversation, (512,), start)))
    found = everything(Segmenter(), list(blocks(conversation, sizes, start)))
    assert [content(event) for event in found] == [content(event) for event in expected]


@settings(max_examples=3, deadline=None)
@given(sizes=SIZES)
def test_what_follows_closes_later_than_progress(conversation: Floats, sizes: list[int]) -> None:
    """`progress` never promises too much, never goes back, and reaches the end."""
    segmenter = Segmenter()
    known = 0.0
    for block in blocks(conversation, sizes):
        for event in segmenter.push(block):
            if isinstance(event, Segment):
                assert event.closed_at > known
        assert known <= segmenter.progress <= block.end + 1e-9
        assert segmenter.progress > block.end - 0.033
        known = segmenter.progress
    segmenter.flush()
    assert segmenter.progress == pytest.approx(len(conversation) / RATE)


def test_utterances_are_found_where_they_are(conversation: Floats) -> None:
    """A pause of 1.5 s divides, the closing takes no second, and a segment's audio is the recording's."""
    events = everything(Segmenter(), list(blocks(conversation, start=3.0)))
    found = segments(events)
    assert len(found) == 2
    assert [segment.reason for segment in found] == ["silence", "silence"]
    for segment in found:
        np.testing.assert_array_equal(segment.audio, conversation[segment.index : segment.stop])
        assert segment.start == 3.0 + segment.index / RATE
        assert segment.end == pytest.approx(3.0 + segment.stop / RATE, abs=1e-9)
        assert 0.35 < segment.closed_at - segment.end < 0.5
        assert segment.speech_ratio > 0.5
    started = [event for event in events if isinstance(event, SpeechStarted)]
    assert [(event.index, event.time) for event in started] == [(one.index, one.start) for one in found]


def test_soft_onsets_and_endings_are_kept() -> None:
    """A segment begins before the speech and ends behind it."""
    (segment,) = cut(np.concatenate([hush(2), vowels(2), hush(2)]))
    assert 1.7 < segment.start < 1.95
    assert 4.05 < segment.end < 4.4
    assert 4.5 < segment.closed_at < 4.85


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0, np.nan, np.inf])
def test_constant_audio_never_starts_speech(value: float) -> None:
    """All zero, direct current, or no numbers at all: no event but the steps themselves."""
    events = everything(Segmenter(), list(blocks(np.full(RATE * 5, value, np.float32))))
    assert all(isinstance(event, Activity) and not event.speech for event in events)


def test_a_click_is_no_speech() -> None:
    """One loud sample in a quiet room starts nothing."""
    audio = hush(3)
    audio[RATE] = 1.0
    assert cut(audio) == []


def test_samples_that_are_no_numbers_count_as_zero_and_are_counted() -> None:
    """A hole of NaN in a word costs its samples, not the segment."""
    audio = np.concatenate([hush(1), vowels(2), hush(1)])
    audio[2 * RATE : 2 * RATE + 700] = np.nan
    segmenter = Segmenter()
    (segment,) = segments(everything(segmenter, list(blocks(audio))))
    assert segmenter.invalid == 700
    zeros = cut(np.nan_to_num(audio))[0]
    assert content(segment) == content(zeros)


def test_overdriven_samples_are_limited() -> None:
    """Values outside -1..1 are cut off, so that no model sees them."""
    (segment,) = cut(np.concatenate([hush(1), vowels(2) * 1000, hush(1)]))
    assert np.abs(segment.audio).max() == 1


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "unannounced"])
def test_a_hole_in_a_word_closes_the_segment_and_speech_starts_anew(announced: bool) -> None:
    """What was heard is kept up to the last sample, the loss is counted, and times stay right behind it."""
    audio = np.concatenate([hush(1), vowels(2), hush(1)])
    lost = RATE // 2
    at = 2 * RATE + 100
    items: list[Block | Gap] = list(blocks(audio[:at]))
    if announced:
        items.append(Gap("audio", at / RATE, lost, lost / RATE, "overrun"))
    items += blocks(audio[at:], index=at + lost)
    segmenter = Segmenter()
    first, second = segments(everything(segmenter, items))
    assert first.reason == "stream lost"
    assert first.stop == at
    assert first.end == first.closed_at == pytest.approx(at / RATE)
    assert second.reason == "silence"
    assert second.index >= at + lost
    assert second.start == pytest.approx(second.index / RATE)
    assert segmenter.lost == lost


def test_a_hole_of_unknown_size_ends_with_the_next_block() -> None:
    """The next block's own index and time hold."""
    segmenter = Segmenter(vad=Always())
    segmenter.push(Block("audio", 0, 0.0, RATE, hush(1)))
    (closed,) = segmenter.push(Gap("audio", 1.0, None, None, "unplugged"))
    assert isinstance(closed, Segment)
    assert closed.reason == "stream lost"
    started = [e for e in segmenter.push(Block("audio", 20_000, 7.5, RATE, hush(1))) if isinstance(e, SpeechStarted)]
    assert [(event.index, event.time) for event in started] == [(20_000, 7.5)]
    assert segmenter.lost == 4_000


class Breathing(Always):
    """Hears speech in everything, a little less at its 300th step."""

    def push(self, samples: Floats) -> list[float]:
        self.steps = getattr(self, "steps", 0) + 1
        return [0.5] if self.steps == 300 else super().push(samples)


def test_speech_ends_when_its_stream_stalls_though_nobody_says_so() -> None:
    """Other streams carry time on; a second and a half later the segment is closed, and the label need not wait."""
    segmenter = Segmenter()
    for block in blocks(np.concatenate([hush(1), vowels(2)])):
        segmenter.push(block)
    assert segmenter.speaking
    assert segmenter.advance(4.4) == []
    assert segmenter.speaking
    (segment,) = segmenter.advance(4.6)
    assert (segment.reason, segmenter.speaking) == ("stream lost", False)
    assert segment.end <= 3.0
    assert segmenter.progress == pytest.approx(3.1)
    assert segmenter.advance(9.0) == []
    assert segmenter.progress == pytest.approx(7.5)


def test_a_stream_that_goes_on_behind_a_stall_is_heard_again() -> None:
    """What was delayed, not lost, is speech of its own."""
    segmenter, audio = Segmenter(), np.concatenate([hush(1), vowels(4), hush(1)])
    given = list(blocks(audio))
    before = [event for block in given[:94] for event in segmenter.push(block)]
    stalled = segmenter.advance(20.0)
    after = [event for block in given[94:] for event in segmenter.push(block)]
    segments = [event for event in [*before, *stalled, *after] if isinstance(event, Segment)]
    assert [one.reason for one in segments] == ["stream lost", "silence"]
    assert segments[0].stop <= segments[1].index


def test_an_absence_ends_speech_even_without_a_gap_before_it() -> None:
    segmenter = Segmenter()
    for block in blocks(np.concatenate([hush(1), vowels(2)])):
        segmenter.push(block)
    (segment,) = segmenter.push(Away("audio", 3.2))
    assert (segment.reason, segmenter.speaking, segmenter.progress) == ("stream lost", False, 3.2)


def test_speech_that_never_ends_is_cut_where_it_is_least_like_speech_and_nothing_is_lost() -> None:
    """Pieces of at most 15 s join without a seam."""
    audio = vowels(60)
    events = everything(Segmenter(vad=Breathing()), list(blocks(audio)))
    pieces = segments(events)
    assert abs(pieces[0].stop - 300 * 512) <= 512
    assert all(len(piece.audio) <= 15.1 * RATE for piece in pieces)
    assert [piece.reason for piece in pieces] == ["too long"] * (len(pieces) - 1) + ["end"]
    np.testing.assert_array_equal(np.concatenate([piece.audio for piece in pieces]), audio)
    assert [event.index for event in events if isinstance(event, SpeechStarted)] == [piece.index for piece in pieces]


def test_the_end_closes_with_the_last_sample() -> None:
    """Speech that goes on to the end of the stream is complete."""
    audio = np.concatenate([hush(1), vowels(2.01)])
    (segment,) = cut(audio)
    assert segment.reason == "end"
    assert segment.stop == len(audio)


@pytest.mark.parametrize("probability", [0.9, 0.45, 0.0])
def test_long_streams_take_no_more_memory_than_short_ones(probability: float) -> None:
    """Endless speech, endless doubt and endless silence stay in a few megabytes; ten minutes of audio are 38."""
    segmenter = Segmenter(vad=Always(probability))
    second = np.full(RATE, 0.1, np.float32)
    tracemalloc.start()
    for number in range(600):
        segmenter.push(Block("audio", number * RATE, float(number), RATE, second))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6e6


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (Block("audio", 0, 0.0, 44_100, hush(0.1)), "44100 Hz, expected 16000"),
        (Block("audio", -5, 0.0, RATE, hush(0.1)), "repeats samples"),
    ],
)
def test_a_block_that_cannot_be_heard_is_refused(block: Block, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Segmenter().push(block)


@pytest.mark.parametrize(
    "bad",
    [
        {"start_probability": 0.1},
        {"stay_probability": 0.0},
        {"after_s": 1.0},
        {"before_s": -1.0},
        {"longest_s": 1.0},
        {"stall_s": 0.0},
    ],
)
def test_options_that_contradict_each_other_are_refused(bad: dict[str, float]) -> None:
    (name,) = bad
    with pytest.raises(ValueError, match=name):
        SegmenterOptions(**bad)


def test_speech_right_after_a_stall_that_lost_nothing_begins_behind_it() -> None:
    """What was heard before the stall is forgotten: no segment can have it in front."""
    segmenter = Segmenter()
    audio = np.concatenate([hush(1.0), vowels(2.0), hush(1.5)])
    before, after = 16_300, audio[16_300:]  # not a whole number of steps
    for block in blocks(audio[:before], [500]):
        segmenter.push(block)
    segmenter.advance(1.02 + SegmenterOptions().stall_s)
    events = [event for block in blocks(after, [500], index=before) for event in segmenter.push(block)]
    (started,) = [event for event in events if isinstance(event, SpeechStarted)]
    (segment,) = [event for event in events if isinstance(event, Segment)]
    assert started.index == segment.index == before
    steps = np.concatenate([event.audio for event in events if isinstance(event, Activity)])
    assert np.array_equal(segment.audio, steps[: len(segment.audio)])
