"""Soft voting: probabilities always sum to one, votes fade, and too few of them abstain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scores import LABELS, MODALITIES, Scores
from realtime.reasons import Why
from realtime.vote import RollingVote, VoteOptions, segment_vote

WEIGHTS = dict.fromkeys(MODALITIES, 1.0)


def one_hot(label: str, certainty: float = 1.0) -> np.ndarray:
    p = np.full(7, (1 - certainty) / 6, np.float32)
    p[LABELS.index(label)] = certainty
    return p


def scores(modality: str, label: str, end: float = 1.0, certainty: float = 0.9, quality: float = 1.0) -> Scores:
    return Scores(modality, end - 1.0, end, one_hot(label, certainty), quality)


def test_segment_vote_is_the_sum_of_the_notebooks():
    """With all three present the label is the argmax of the plain sum."""
    given_scores = {
        "voice": scores("voice", "happy", certainty=0.5),
        "text": scores("text", "sad", certainty=0.9),
        "bio": scores("bio", "happy", certainty=0.5),
    }
    ballot = segment_vote(given_scores, t=1.0)
    total = sum(s.probabilities for s in given_scores.values())
    np.testing.assert_allclose(ballot.probabilities, total / total.sum(), atol=1e-6)
    assert [ballot.share(m) for m in MODALITIES] == pytest.approx([1 / 3] * 3)


def test_segment_vote_renormalises_a_missing_modality_and_keeps_its_reason():
    absent = Scores("bio", 0.0, 1.0, None, 0.0, "no sensor in this source")
    ballot = segment_vote({"voice": scores("voice", "angry"), "text": scores("text", "angry"), "bio": absent}, 1.0)
    assert ballot.probabilities.sum() == pytest.approx(1.0)
    assert ballot.votes["bio"].weight == 0.0
    assert ballot.votes["bio"].reason == "no sensor in this source"
    assert ballot.share("voice") == pytest.approx(0.5)


def test_segment_without_any_scores_abstains():
    assert segment_vote({}, 1.0).probabilities is None


def test_votes_halve_with_their_half_life():
    vote = RollingVote(WEIGHTS, VoteOptions(voice_half_life_s=2.0))
    vote.push(scores("voice", "happy", end=1.0, quality=0.8))
    assert vote.at(1.0).votes["voice"].weight == pytest.approx(0.8)
    assert vote.at(3.0).votes["voice"].weight == pytest.approx(0.4)


def test_a_dead_modality_is_silent_for_certain():
    """After the configured number of half-lives the weight is 0, and the reason says for how long nothing new came."""
    options = VoteOptions(voice_half_life_s=2.0, forget_after=4.0)
    vote = RollingVote(WEIGHTS, options)
    vote.push(scores("voice", "happy", end=1.0))
    late = vote.at(9.5)
    assert late.probabilities is None
    assert late.votes["voice"].weight == 0.0
    assert late.votes["voice"].reason == "no speech: nothing new for 8 s"


def test_below_the_floor_there_is_no_label():
    vote = RollingVote(WEIGHTS, VoteOptions(floor=0.3))
    vote.push(scores("text", "sad", quality=0.29))
    assert vote.at(1.0).probabilities is None


def test_a_refused_window_leaves_the_older_vote_to_fade_and_shows_why():
    vote = RollingVote(WEIGHTS)
    vote.push(scores("text", "sad", end=1.0))
    vote.push(Scores("text", 1.0, 2.0, None, 0.0, "endless repeat"))
    ballot = vote.at(2.0)
    assert ballot.votes["text"].probabilities is not None
    assert ballot.votes["text"].age == pytest.approx(1.0)
    assert ballot.votes["text"].reason == "no words: endless repeat"


@pytest.mark.parametrize("present", range(8))
def test_every_presence_pattern_votes_over_what_is_there(present: int):
    """All eight combinations of present modalities give a proper distribution or abstain, with reasons for the rest."""
    vote = RollingVote(WEIGHTS, absent={"bio": "no sensor in this source"})
    there = [m for i, m in enumerate(MODALITIES) if present >> i & 1]
    for modality in there:
        vote.push(scores(modality, "fear"))
    ballot = vote.at(1.0)
    assert (ballot.probabilities is None) == (not there)
    if there:
        assert ballot.probabilities.sum() == pytest.approx(1.0, abs=1e-6)
    for modality in MODALITIES:
        assert (ballot.votes[modality].reason is None) == (modality in there)


distribution = st.lists(st.floats(0.001, 1.0), min_size=7, max_size=7).map(
    lambda values: (np.array(values) / sum(values)).astype(np.float32)
)


@given(
    st.lists(
        st.tuples(st.sampled_from(MODALITIES), st.floats(0, 60), st.floats(0, 1), st.none() | distribution), max_size=12
    ),
    st.floats(0, 30),
)
def test_probabilities_always_sum_to_one(pushed, later):
    """Whatever was pushed, a label's probabilities sum to one and weights are finite and not negative."""
    vote = RollingVote({"voice": 1.0, "text": 0.7, "bio": 0.3})
    for modality, end, quality, p in sorted(pushed, key=lambda one: one[1]):
        vote.push(Scores(modality, max(0.0, end - 1), end, p, quality, None if p is not None else "no speech"))
    ballot = vote.at(max((one[1] for one in pushed), default=0.0) + later)
    if ballot.probabilities is not None:
        assert ballot.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert (ballot.probabilities >= 0).all()
    assert all(np.isfinite(v.weight) and v.weight >= 0 for v in ballot.votes.values())
    assert sum(ballot.share(m) for m in MODALITIES) == pytest.approx(1.0) or ballot.probabilities is None


@given(
    st.lists(st.tuples(st.sampled_from(MODALITIES), st.floats(0, 60), st.floats(allow_nan=True)), max_size=12),
    st.dictionaries(st.sampled_from(MODALITIES), st.floats(0, 1), min_size=1),
    st.sampled_from(MODALITIES),
)
def test_quality_never_lifts_a_weight_above_the_reliability(pushed, weights, muted):
    """Whatever number it is; nothing is ever lifted out of a mute, and where the weight is 0 a reason says why."""
    vote = RollingVote(weights)
    for modality, end, quality in sorted(pushed, key=lambda one: one[1]):
        vote.push(scores(modality, "fear", end=end, quality=quality))
    vote.muted.add(muted)
    ballot = vote.at(61.0)
    for modality, one in ballot.votes.items():
        assert 0 <= one.weight <= (weights.get(modality, 0.0) if modality != muted else 0.0)
        assert one.weight > 0 or str(one.reason).partition(":")[0] in frozenset(Why)
    if ballot.probabilities is not None:
        assert ballot.probabilities.sum() == pytest.approx(1.0, abs=1e-5)


@given(
    st.sampled_from(MODALITIES),
    st.lists(st.floats(0, 30), min_size=1, max_size=6),
    st.floats(0, 30),
    st.lists(st.floats(0, 40), min_size=2, max_size=6),
)
def test_a_lost_modality_fades_to_nothing_within_its_window(modality, ends, lost, later):
    """Never rising on the way, whatever it had scored and whenever its device went."""
    vote = RollingVote(WEIGHTS)
    for end in sorted(ends):
        vote.push(scores(modality, "fear", end=end))
    vote.lose(modality, lost, "USB")
    begins = max(30.0, lost)
    weights = [vote.at(begins + after).votes[modality].weight for after in sorted(later)]
    assert weights == sorted(weights, reverse=True)
    gone = vote.at(max(begins, lost + vote.options.window(modality) + 1e-9)).votes[modality]
    assert (gone.weight, gone.reason) == (0.0, "unplugged: USB")


@given(st.sampled_from(MODALITIES), st.floats(0, 60), st.floats(0, 1))
def test_a_modality_that_falls_silent_is_forgotten_for_certain(modality, end, quality):
    """Though nobody says that it has gone."""
    vote = RollingVote(WEIGHTS)
    vote.push(scores(modality, "fear", end=end, quality=quality))
    options = vote.options
    late = vote.at(end + 1.01 * options.forget_after * options.half_life(modality))
    assert late.votes[modality].weight == 0.0
    assert late.probabilities is None


def test_what_was_said_before_a_short_absence_still_counts_and_before_a_long_one_does_not():
    for lost_for, remembered in ((1.0, True), (5.0, False)):
        vote = RollingVote(WEIGHTS)
        vote.push(scores("voice", "happy", end=1.0))
        vote.lose("voice", 1.0, "USB")
        vote.regain("voice", 1.0 + lost_for)
        assert (vote.at(1.0 + lost_for).votes["voice"].weight > 0) == remembered


def test_a_model_that_only_guesses_has_no_vote():
    vote = RollingVote({"voice": 0.0, "text": 0.3})
    vote.push(scores("voice", "happy"))
    ballot = vote.at(1.0)
    assert ballot.probabilities is None
    assert ballot.votes["voice"].reason == Why.CHANCE


def test_a_segment_that_cannot_be_trusted_at_all_does_not_vote():
    ballot = segment_vote({"voice": scores("voice", "angry", quality=0.0), "text": scores("text", "sad")}, 1.0)
    assert ballot.share("text") == 1.0
    assert ballot.votes["bio"].reason == Why.NO_SENSOR
