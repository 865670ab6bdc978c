"""Soft voting: probability vectors of several modalities become one, at the end of a segment or at any moment.

At moment t a modality that scored its last window at t_m votes with

    w_m(t) = reliability_m * quality_m * 2 ** -((t - t_m) / half_life_m)
    p(t)   = sum_m w_m(t) p_m / sum_m w_m(t)

so a vote fades with its age, is never counted as new again, and an absent modality is renormalised away. The vote of a
modality whose device has gone also falls to 0 within the length of its window. Where the sum of the weights is below
the floor there is no vote at all: abstaining beats guessing. With equal weights, at the moment at which every modality
has just scored, this is the sum of probability vectors of the original notebooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.scores import MODALITIES, Modality, Scores
from realtime.reasons import Why, headed

_IDLE: Mapping[Modality, Why] = {"voice": Why.NO_SPEECH, "text": Why.NO_SPEECH, "bio": Why.NO_DATA}
"""What is missing when a modality gives no scores"""
_POOR: Mapping[Modality, Why] = {"voice": Why.LOW_QUALITY, "text": Why.NO_WORDS, "bio": Why.LOW_QUALITY}
"""What is wrong when a modality gives a reason instead of probabilities"""
_ABSENT: Mapping[Modality, Why] = {"voice": Why.NO_MICROPHONE, "text": Why.NO_TRANSCRIPTS, "bio": Why.NO_SENSOR}
"""What is missing when a modality is not in use"""


@dataclass(frozen=True, slots=True)
class VoteOptions:
    """How long votes live and when there are too few of them."""

    voice_half_life_s: float = 2.0
    text_half_life_s: float = 5.0
    bio_half_life_s: float = 10.0
    forget_after: float = 4.0
    """Half-lives after which a vote counts nothing, so that a dead modality is silent for certain"""
    voice_window_s: float = 4.65
    """Seconds from the loss of the microphone until the voice counts nothing: the length of its longest window"""
    text_window_s: float = 15.0
    """The same for the words: the length of the longest segment"""
    bio_window_s: float = 30.0
    """The same for the body, from the loss of its last sensor"""
    floor: float = 0.06
    """Sum of weights below which there is no label: a fifth of what the models of the default bundle weigh at best"""

    def half_life(self, modality: Modality) -> float:
        """Seconds after which a vote of this modality counts half."""
        return {"voice": self.voice_half_life_s, "text": self.text_half_life_s, "bio": self.bio_half_life_s}[modality]

    def window(self, modality: Modality) -> float:
        """Seconds after which a modality that was lost counts nothing."""
        return {"voice": self.voice_window_s, "text": self.text_window_s, "bio": self.bio_window_s}[modality]

    def freshness(self, modality: Modality, age: float) -> float:
        """What is left of a vote `age` seconds after the end of its window, 0..1."""
        half_lives = age / self.half_life(modality)
        return 2.0**-half_lives if half_lives <= self.forget_after else 0.0

    def presence(self, modality: Modality, lost_for: float) -> float:
        """What is left of a modality whose device went so many seconds ago, 0..1."""
        return min(1.0, max(0.0, 1 - lost_for / self.window(modality)))


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """What one modality brings to one label."""

    probabilities: NDArray[np.float32] | None
    """[labels]; None when there is nothing valid"""
    weight: float
    """Before normalisation; 0 when there is nothing valid"""
    age: float | None
    """Seconds since the end of the scored window; None when nothing was ever scored"""
    reason: str | None
    """Why the weight is 0, or why the last window brought nothing new"""


@dataclass(frozen=True, slots=True, eq=False)
class Ballot:
    """The votes of one moment and their weighted mean."""

    probabilities: NDArray[np.float32] | None
    """[labels], sums to 1; None when abstaining"""
    votes: Mapping[Modality, Vote]

    def share(self, modality: Modality) -> float:
        """Part of the decision that this modality has, 0..1."""
        total = sum(vote.weight for vote in self.votes.values())
        return self.votes[modality].weight / total if total else 0.0


def count(votes: Mapping[Modality, Vote], floor: float = 0.0) -> Ballot:
    """Weighted mean of the votes; abstains when their weights sum to `floor` or less."""
    valid = [(vote.weight, vote.probabilities) for vote in votes.values() if vote.probabilities is not None]
    total = sum(weight for weight, _ in valid)
    if total <= floor:
        return Ballot(None, votes)
    mean = sum(weight * probabilities.astype(np.float64) for weight, probabilities in valid) / total
    return Ballot(np.asarray(mean / np.sum(mean), np.float32), votes)


def segment_vote(scores: Mapping[Modality, Scores], t: float, weights: Mapping[Modality, float] = {}) -> Ballot:
    """Vote at the end of a segment by reliability alone, as all of it is about the segment and complete.

    With equal weights this is the sum of the original notebooks. What has no quality at all has not scored.

    Parameters
    ----------
    scores
        The segment's own scores; a modality that is missing here is absent without a reason.
    t
        Session time at which the segment closed, from which ages are counted.
    weights
        Reliability of the modalities; 1 for one that is not named.
    """
    votes: dict[Modality, Vote] = {}
    for modality in MODALITIES:
        match scores.get(modality):
            case None:
                votes[modality] = Vote(None, 0.0, None, _ABSENT[modality])
            case one:
                probabilities = one.probabilities if one.quality > 0 else None
                reason = headed(one.reason, _POOR[modality]) if one.reason else None
                weight = 0.0 if probabilities is None else weights.get(modality, 1.0)
                votes[modality] = Vote(probabilities, weight, max(0.0, t - one.end), reason)
    return count(votes)


@dataclass(frozen=True, slots=True)
class _Loss:
    since: float
    reason: str


@dataclass(slots=True)
class RollingVote:
    """Holds the newest scores of each modality and votes at any later moment."""

    weights: Mapping[Modality, float]
    """Of the modalities in use, as their models' validation earned them (see `models.reliability`)"""
    options: VoteOptions = field(default_factory=VoteOptions)
    absent: Mapping[Modality, str] = field(default_factory=dict)
    """Why a modality is not in use"""
    muted: set[Modality] = field(default_factory=set)
    """Modalities that count nothing, whatever they score, because somebody wants it so"""
    _valid: dict[Modality, Scores] = field(default_factory=dict)
    _newest: dict[Modality, Scores] = field(default_factory=dict)
    _lost: dict[Modality, _Loss] = field(default_factory=dict)

    def push(self, scores: Scores) -> None:
        """Take new scores; a window without probabilities leaves the older vote to fade."""
        self._newest[scores.modality] = scores
        if scores.probabilities is not None:
            self._valid[scores.modality] = scores

    def lose(self, modality: Modality, since: float, reason: str) -> None:
        """Let a modality whose device has gone fade; `since` is the session time of the first missing sample."""
        self._lost.setdefault(modality, _Loss(since, reason))

    def regain(self, modality: Modality, at: float) -> None:
        """Let a modality count again, its device is back; what it said before counts only after a short absence."""
        lost = self._lost.pop(modality, None)
        if lost is not None and self.options.presence(modality, at - lost.since) == 0:
            self._valid.pop(modality, None)

    def newest(self, modality: Modality) -> Scores | None:
        """Latest scores of a modality, with or without probabilities; None before the first."""
        return self._newest.get(modality)

    def why(self, modality: Modality) -> str | None:
        """Reason, headed by one of `Why`, for which a modality brings nothing new now; None when it does."""
        if modality not in self.weights:
            return headed(self.absent.get(modality, Why.NO_MODEL), _ABSENT[modality])
        if modality in self.muted:
            return Why.MUTED
        if modality in self._lost:
            return Why.UNPLUGGED.because(self._lost[modality].reason)
        newest = self._newest.get(modality)
        return headed(newest.reason, _POOR[modality]) if newest and newest.reason else None

    def at(self, t: float) -> Ballot:
        """Vote at session time `t`, which must not lie before any window pushed."""
        return count({modality: self._vote(modality, t) for modality in MODALITIES}, self.options.floor)

    def _vote(self, modality: Modality, t: float) -> Vote:
        valid, why = self._valid.get(modality), self.why(modality)
        if valid is None or modality not in self.weights:
            return Vote(None, 0.0, None, why or _IDLE[modality].because("nothing yet"))
        age = max(0.0, t - valid.end)
        weight = self._weight(modality, valid.quality, age, t)
        if weight == 0:
            return Vote(None, 0.0, age, why or self._why_nothing(modality, age))
        return Vote(valid.probabilities, weight, age, why)

    def _weight(self, modality: Modality, quality: float, age: float, t: float) -> float:
        """Reliability, times less for every doubt; no factor is above 1."""
        if modality in self.muted:
            return 0.0
        lost = self._lost.get(modality)
        presence = 1.0 if lost is None else self.options.presence(modality, t - lost.since)
        trusted = min(1.0, max(0.0, quality))  # in this order, so that a quality that is no number counts as 0
        return self.weights[modality] * trusted * self.options.freshness(modality, age) * presence

    def _why_nothing(self, modality: Modality, age: float) -> str:
        if not self.weights[modality] > 0:
            return Why.CHANCE
        faded = self.options.freshness(modality, age) == 0
        return _IDLE[modality].because(f"nothing new for {age:.0f} s") if faded else _POOR[modality]
