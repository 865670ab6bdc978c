"""Soft voting: probability vectors of several modalities become one, at the end of a segment or at any moment.

At moment t a modality that scored its last window at t_m votes with

    w_m(t) = weight_m * quality_m * 2 ** -((t - t_m) / half_life_m)
    p(t)   = sum_m w_m(t) p_m / sum_m w_m(t)

so a vote fades with its age, is never counted as new again, and an absent modality is renormalised away. Where the sum
of the weights is below the floor there is no vote at all: abstaining beats guessing. With equal weights, at the moment
at which every modality has just scored, this is the sum of probability vectors of the original notebooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.scores import MODALITIES, Modality, Scores


@dataclass(frozen=True, slots=True)
class VoteOptions:
    """How long votes live and when there are too few of them."""

    voice_half_life_s: float = 2.0
    text_half_life_s: float = 5.0
    bio_half_life_s: float = 10.0
    forget_after: float = 4.0
    """Half-lives after which a vote counts nothing, so that a dead modality is silent for certain"""
    floor: float = 0.2
    """Sum of weights below which there is no label"""

    def half_life(self, modality: Modality) -> float:
        """Seconds after which a vote of this modality counts half."""
        return {"voice": self.voice_half_life_s, "text": self.text_half_life_s, "bio": self.bio_half_life_s}[modality]


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


def segment_vote(scores: Mapping[Modality, Scores], t: float) -> Ballot:
    """Vote at the end of a segment: every modality that scored counts the same, as in the original notebooks.

    Parameters
    ----------
    scores
        The segment's own scores; a modality that is missing here is absent without a reason.
    t
        Session time at which the segment closed, from which ages are counted.
    """
    votes: dict[Modality, Vote] = {}
    for modality in MODALITIES:
        match scores.get(modality):
            case None:
                votes[modality] = Vote(None, 0.0, None, "not in use")
            case one:
                weight = 0.0 if one.probabilities is None else 1.0
                votes[modality] = Vote(one.probabilities, weight, max(0.0, t - one.end), one.reason)
    return count(votes)


@dataclass(slots=True)
class RollingVote:
    """Holds the newest scores of each modality and votes at any later moment."""

    weights: Mapping[Modality, float]
    """Of the modalities in use, as their models' validation earned them"""
    options: VoteOptions = field(default_factory=VoteOptions)
    absent: Mapping[Modality, str] = field(default_factory=dict)
    """Why a modality is not in use"""
    _valid: dict[Modality, Scores] = field(default_factory=dict)
    _newest: dict[Modality, Scores] = field(default_factory=dict)

    def push(self, scores: Scores) -> None:
        """Take new scores; a window without probabilities leaves the older vote to fade."""
        self._newest[scores.modality] = scores
        if scores.probabilities is not None:
            self._valid[scores.modality] = scores

    def newest(self, modality: Modality) -> Scores | None:
        """Latest scores of a modality, with or without probabilities; None before the first."""
        return self._newest.get(modality)

    def at(self, t: float) -> Ballot:
        """Vote at session time `t`, which must not lie before any window pushed."""
        return count({modality: self._vote(modality, t) for modality in MODALITIES}, self.options.floor)

    def _vote(self, modality: Modality, t: float) -> Vote:
        if modality not in self.weights:
            return Vote(None, 0.0, None, self.absent.get(modality, "not in use"))
        newest, valid = self._newest.get(modality), self._valid.get(modality)
        reason = newest.reason if newest else "nothing heard yet" if modality != "bio" else "no sensor data yet"
        if valid is None:
            return Vote(None, 0.0, None, reason)
        age = max(0.0, t - valid.end)
        half_lives = age / self.options.half_life(modality)
        if half_lives > self.options.forget_after:
            return Vote(None, 0.0, age, reason or f"nothing new for {age:.0f} s")
        weight = self.weights[modality] * valid.quality * 2.0**-half_lives
        return Vote(valid.probabilities, weight, age, reason)
