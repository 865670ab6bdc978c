"""Voice windows: on the grid, of the right samples, whatever the blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.block import Block, Gap
from models.features.mfcc import MfccParameters, mfcc_features
from models.scores import Scores
from realtime.segmenter import Segment, Segmenter, SegmenterOptions
from realtime.vad import Vad
from realtime.voice import VoiceOptions, VoiceStage
from tests.realtime.conftest import RATE, Floats, blocks, hush, vowels

SIZES = st.lists(st.integers(1, 6000), min_size=2, max_size=6)


class Listener:
    """A model whose seven probabilities depend on every value of the features; keeps what it was given."""

    feature_parameters = MfccParameters()

    def __init__(self) -> None:
        self._weights = np.random.default_rng(0).normal(0, 0.01, (7, 100 * 465)).astype(np.float32)
        self.heard: list[Floats] = []

    def predict(self, *inputs: Floats) -> Floats:
        (features,) = inputs
        self.heard.append(features)
        powers = np.exp(self._weights @ features.ravel())
        return powers / powers.sum()


class Early(Vad):
    """Hears speech in everything, a little less at one step."""

    def __init__(self, low: int) -> None:
        super().__init__()
        self._steps_to_low = low

    def push(self, samples: Floats) -> list[float]:
        self._steps_to_low -= 1
        return [0.5 if self._steps_to_low == 0 else 0.9 for _ in range(len(samples) // 512)]


class Run:
    """A recording through the segmenter and the voice stage."""

    def __init__(
        self, items: list[Block | Gap], options: SegmenterOptions | None = None, vad: Vad | None = None
    ) -> None:
        self.model = Listener()
        self.stage = VoiceStage(self.model)
        self.windows: list[Scores] = []
        self.segments: list[Segment] = []
        self.totals: list[Scores] = []
        self.last: list[Scores] = []
        self.waits: list[float] = []
        segmenter = Segmenter(options, vad)
        for item in [*items, None]:
            events = segmenter.push(item) if item else segmenter.flush()
            scores = self.stage.push(events)
            self.windows += scores
            if isinstance(item, Block):
                self.waits += [item.end - one.end for one in scores]
            for event in events:
                if isinstance(event, Segment):
                    self.segments.append(event)
                    self.totals.append(self.stage.segment_scores(event))
                    self.last.append(self.stage.last_window(event))


def content(scores: Scores) -> tuple[object, ...]:
    assert scores.probabilities is not None
    return scores.start, scores.end, scores.probabilities.tobytes(), scores.quality, scores.reason


@settings(max_examples=3, deadline=None)
@given(sizes=SIZES)
def test_any_chunking_gives_identical_scores(conversation: Floats, sizes: list[int]) -> None:
    """Windows, segments and their last windows are the same to the last bit."""
    expected, found = Run(list(blocks(conversation))), Run(list(blocks(conversation, sizes)))
    for name in ("windows", "totals", "last"):
        assert list(map(content, getattr(found, name))) == list(map(content, getattr(expected, name)))
    assert len(expected.windows) >= 6


def test_windows_end_on_the_grid_and_reach_back_to_the_start_of_the_speech(conversation: Floats) -> None:
    """Every half second from the first whole second of speech on, at most 4.65 s long, for as long as words come."""
    run = Run(list(blocks(conversation)), SegmenterOptions(longest_s=60))
    for segment in run.segments:
        windows = [one for one in run.windows if segment.start < one.end < segment.closed_at]
        ends = [one.end for one in windows]
        assert all(end % 0.5 == 0 for end in ends)
        assert 1.0 <= ends[0] - segment.start < 1.5
        assert ends == list(np.arange(ends[0], ends[-1] + 0.1, 0.5))
        assert ends[-1] > segment.end - 0.7
        for one in windows:
            assert 1.0 <= one.end - one.start <= 4.65
            assert one.start == pytest.approx(max(segment.start, one.end - 4.65), abs=0.0101)
    assert all(any(s.start < one.end < s.closed_at for s in run.segments) for one in run.windows)


def test_a_window_is_scored_on_exactly_its_own_samples(conversation: Floats) -> None:
    """The features are those of the recording between the window's ends; a session may begin at any time."""
    run = Run(list(blocks(conversation, start=100.25)))
    by_end = sorted([*run.windows, *run.last], key=lambda one: -one.end)
    assert len(run.model.heard) == len(by_end)
    expected = [
        mfcc_features(
            conversation[round((one.start - 100.25) * RATE) : round((one.end - 100.25) * RATE)],
            run.model.feature_parameters,
        )
        for one in by_end
    ]
    for features in expected:
        assert min(float(np.abs(features - heard).max()) for heard in run.model.heard) < 1e-3


def test_scores_come_with_the_block_that_holds_the_last_sample(conversation: Floats) -> None:
    """With blocks of 32 ms nothing waits for a later block."""
    run = Run(list(blocks(conversation)))
    assert all(-1e-9 <= wait < 0.032 for wait in run.waits)


@pytest.mark.parametrize("seconds", [3, 8])
def test_a_segment_is_the_mean_of_its_longest_windows(seconds: float) -> None:
    """The whole of a short segment, every full window of a long one; the last ends with the segment."""
    run = Run(list(blocks(np.concatenate([hush(1), vowels(seconds), hush(2)]))))
    (segment,), (total,), (last,) = run.segments, run.totals, run.last
    assert last.end == segment.end
    windows = [*(one for one in run.windows if one.end < segment.end), last]
    longest = [one.probabilities for one in windows if one.end - one.start > last.end - last.start - 0.01]
    assert (len(longest) > 1) == (seconds > 5)
    np.testing.assert_allclose(total.probabilities, np.mean(longest, axis=0), rtol=1e-5)
    assert (total.start, total.end) == (segment.start, segment.end)
    assert 0.6 < total.quality <= 1


def test_a_short_word_is_scored_once_and_trusted_less() -> None:
    """Less than a second gives no window on the grid, but its segment has a score."""
    options = SegmenterOptions(before_s=0.05, after_s=0.05)
    run = Run(list(blocks(np.concatenate([hush(1.1), vowels(0.4), hush(2)]))), options)
    long = Run(list(blocks(np.concatenate([hush(1), vowels(2), hush(2)]))), options)
    assert run.windows == []
    assert 0.2 < run.totals[0].quality < 0.8 * long.totals[0].quality


@pytest.mark.parametrize("longest_s", [6.0, 15.0])
def test_windows_go_on_behind_a_cut(longest_s: float) -> None:
    """All pieces of endless speech have scores, also when the cut lies further back than any window reaches."""
    speech = np.concatenate([hush(0.5), vowels(19, 0), hush(1)])
    early = Early(round(0.6 * longest_s * RATE / 512))
    run = Run(list(blocks(speech)), SegmenterOptions(longest_s=longest_s), early)
    assert run.segments[0].reason == "too long"
    assert len(run.segments) >= 2
    assert all(total.probabilities is not None for total in run.totals)
    gaps = np.diff([one.end for one in run.windows])
    assert gaps.max() <= 2.0


def test_no_window_reaches_over_a_hole() -> None:
    """Behind lost samples, windows start anew."""
    audio = np.concatenate([hush(1), vowels(4), hush(1)])
    at, lost = 3 * RATE + 77, 1000
    gap = Gap("audio", at / RATE, lost, lost / RATE, "overrun")
    run = Run([*blocks(audio[:at]), gap, *blocks(audio[at:], index=at + lost)])
    hole = at / RATE, (at + lost) / RATE
    assert len(run.windows) >= 3
    assert all(one.end <= hole[0] or one.start >= hole[1] for one in [*run.windows, *run.last])


def test_silence_is_not_scored() -> None:
    """Windows end while somebody speaks, and no later than the grid's next point."""
    run = Run(blocks(np.concatenate([hush(1), vowels(3), hush(2)])))
    assert [1.0 < one.end <= 4.5 for one in run.windows] == [True] * len(run.windows)
    assert len(run.windows) >= 4


def test_cut_off_and_inaudible_speech_is_trusted_less() -> None:
    """Quality falls with clipping and with level."""
    speech = np.concatenate([hush(1), vowels(3), hush(1)])
    (good,), (loud,), (faint,) = (
        Run(list(blocks((speech * gain).astype(np.float32)))).totals for gain in (1, 10, 0.005)
    )
    assert loud.quality < 0.8 * good.quality
    assert faint.quality < 0.8 * good.quality


def test_without_a_model_there_are_reasons_and_no_scores() -> None:
    """A bundle may lack the voice."""
    stage, segmenter = VoiceStage(None), Segmenter()
    for block in blocks(np.concatenate([hush(1), vowels(2), hush(1)])):
        events = segmenter.push(block)
        assert stage.push(events) == []
        for event in events:
            if isinstance(event, Segment):
                scores = stage.segment_scores(event)
                assert scores.probabilities is None
                assert scores.reason == "the bundle has no model"


def test_a_model_that_does_not_fit_is_refused() -> None:
    model = Listener()
    model.feature_parameters = MfccParameters(sample_rate=8000)
    with pytest.raises(ValueError, match="expected MFCC at 16000 Hz"):
        VoiceStage(model)
    with pytest.raises(ValueError, match="longer than the model's window"):
        VoiceStage(Listener(), VoiceOptions(least_s=5.0))
    with pytest.raises(ValueError, match="hop_s"):
        VoiceOptions(hop_s=0.0)


def test_a_segment_that_was_not_just_pushed_is_refused() -> None:
    segment = Segment(0, 0.0, 1.0, 1.5, "silence", hush(1), 1.0)
    with pytest.raises(ValueError, match="latest push"):
        VoiceStage(Listener()).segment_scores(segment)
