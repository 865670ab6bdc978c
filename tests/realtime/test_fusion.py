"""Everything is merged by event time: the order of arrival does not matter, late words wait for nobody but labels."""

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.block import Gap
from models.scores import LABELS, MODALITIES, Scores
from realtime.fusion import Fusion, Label, SegmentResult, SegmentScores
from realtime.segmenter import Segment
from realtime.steady import Steady
from realtime.vote import RollingVote
from realtime.whisper import Transcript


def fusion() -> Fusion:
    return Fusion(RollingVote(dict.fromkeys(MODALITIES, 1.0)), Steady(LABELS))


def scores(modality: str, end: float, winner: int = 3) -> Scores:
    p = np.full(7, 0.05, np.float32)
    p[winner] = 0.7
    return Scores(modality, max(0.0, end - 1), end, p)


def segment(start: float, end: float, **more) -> SegmentScores:
    spoken = Segment(0, start, end, end + 0.4, "silence", np.zeros(16, np.float32), 1.0)
    return SegmentScores(spoken, scores("voice", end), scores("text", end), Transcript("네", 0.9), **more)


def described(out) -> list:
    return [
        (one.t, one.label, one.state)
        if isinstance(one, Label)
        else (one.scored.segment.closed_at, one.label)
        if isinstance(one, SegmentResult)
        else one
        for one in out
    ]


def test_labels_come_every_half_second_up_to_the_known_time():
    merged = fusion()
    assert [one.t for one in merged.advance(1.7)] == [0.5, 1.0, 1.5]
    assert [one.t for one in merged.advance(1.99)] == []
    assert [one.t for one in merged.advance(2.0)] == [2.0]


def test_scores_count_in_the_label_of_the_moment_from_which_they_are_known():
    merged = fusion()
    merged.push(scores("voice", 1.0), at=1.0)
    first, second = merged.advance(1.0)
    assert first.ballot.probabilities is None
    assert second.ballot.votes["voice"].age == 0.0


def test_bodies_do_not_vote_for_another_speaker():
    merged = fusion()
    merged.push(scores("bio", 2.0), at=2.0)
    merged.push(segment(1.0, 3.0, no_body="sensors on F, M speaks"), at=4.0)
    (result,) = [one for one in merged.advance(5.0) if isinstance(one, SegmentResult)]
    assert result.ballot.votes["bio"].probabilities is None
    assert result.ballot.votes["bio"].reason == "worn by another person: sensors on F, M speaks"


def test_a_body_last_felt_before_the_segment_does_not_vote_on_it():
    merged = fusion()
    merged.push(scores("bio", 1.0), at=1.5)
    merged.push(segment(1.0, 3.0), at=4.0)
    (result,) = [one for one in merged.advance(5.0) if isinstance(one, SegmentResult)]
    assert result.ballot.votes["bio"].reason == "no sensor data"


def test_finishing_emits_what_counts_from_after_the_end():
    merged = fusion()
    merged.push(segment(0.2, 1.0), at=1.9)
    out = list(merged.finish(1.4))
    assert [type(one) for one in out] == [Label, Label, SegmentResult]


@given(st.randoms(use_true_random=False), st.lists(st.floats(0.1, 9.9), max_size=5))
def test_arrival_order_and_steps_of_knowledge_change_nothing(rng: random.Random, stops: list[float]):
    """Items pushed in any order and in any number of steps give the same labels as all at once."""
    items = [(scores("voice", t, int(t) % 7), t) for t in np.arange(0.5, 9.0, 0.5)]
    items += [(scores("bio", t, 2), t + 0.5) for t in np.arange(1.0, 9.0)]
    items += [(segment(1.0, 2.1), 3.0), (segment(4.0, 5.3), 6.25), (Gap("eda", 3.3, 4, 1.0, "no rows"), 3.8)]

    def run(order, steps) -> list:
        merged, waiting, out = fusion(), list(order), []
        for stop in [*sorted(steps), 10.0]:
            due = [one for one in waiting if one[1] <= stop]
            waiting = [one for one in waiting if one[1] > stop]
            for item, at in due:
                merged.push(item, at)
            out += merged.advance(stop)
        return described(out)

    shuffled = items.copy()
    rng.shuffle(shuffled)
    assert run(shuffled, stops) == run(items, [])
