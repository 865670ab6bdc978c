"""Counts a session as it goes, and sums it up at the end."""

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from devices.block import Gap
from devices.live import states_of
from models.scores import LABELS, MODALITIES, Modality
from realtime.fusion import Label, SegmentResult
from realtime.reference import truth_at
from realtime.session import Message, Notice, Session
from realtime.summary import Latency, SessionSummary
from realtime.vote import Ballot


class Tally:
    """Messages in, one summary out."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._segments = self._scored = self._labels = self._abstained = self._compared = self._agreed = 0
        self._confusion = np.zeros((len(LABELS), len(LABELS)), int)
        self._right: defaultdict[Modality, list[bool]] = defaultdict(list)
        self._dropped: Counter[str] = Counter()
        self._notices: list[str] = []

    def take(self, message: Message) -> None:
        """Count one message."""
        match message:
            case SegmentResult():
                self._take_segment(message)
            case Label():
                self._take_label(message)
            case Gap():
                if message.lost:
                    self._dropped[f"{message.stream} samples lost"] += message.lost
            case Notice():
                self._notices.append(message.text)
            case _:
                pass

    def summary(self) -> SessionSummary:
        """What the session came to so far."""
        session, confusion = self._session, self._confusion
        judged, correct = int(confusion.sum()), int(np.trace(confusion))
        return SessionSummary(
            source=session.source.name,
            bundle=session.bundle.identity,
            labels=session.bundle.labels,
            synthetic=session.source.synthetic,
            duration=session.now,
            elapsed=session.pacer.elapsed_s,
            segments=self._segments,
            scored=self._scored,
            with_truth=judged,
            correct=correct,
            accuracy=correct / judged if judged else None,
            uar=_uar(confusion) if judged else None,
            confusion=tuple(tuple(map(int, row)) for row in confusion) if judged else (),
            modality_accuracy={one: float(np.mean(self._right[one])) for one in MODALITIES if self._right[one]},
            rolling_agreement=self._agreed / self._compared if self._compared else None,
            abstained=self._abstained / self._labels if self._labels else 0.0,
            latency_ms=_latencies(session),
            dropped=dict(self._dropped),
            accounts=tuple(session.accounts()),
            devices=states_of(session.source),
            notices=tuple(self._notices),
        )

    def _take_segment(self, result: SegmentResult) -> None:
        self._segments += 1
        self._scored += result.label is not None
        if result.scored.transcript.reason is not None and self._session.no_words is None:
            self._dropped[f"transcripts: {result.scored.transcript.reason}"] += 1
        truth = result.scored.reference.label if result.scored.reference else None
        if truth is None or result.label is None:
            return
        self._confusion[LABELS.index(truth), LABELS.index(result.label)] += 1
        for modality, guess in _guesses(result.ballot).items():
            self._right[modality].append(guess == truth)

    def _take_label(self, label: Label) -> None:
        self._labels += 1
        self._abstained += label.label is None
        truth = truth_at(self._session.source.utterances, label.t)
        if truth is not None and label.label is not None:
            self._compared += 1
            self._agreed += label.label == truth


def _latencies(session: Session) -> dict[str, Latency]:
    """Return how long everything took, the parts of the labels' ages behind the whole."""
    ages = {
        name if name == "age" else f"age: {name}": values for name, values in session.ages.taken.quantiles().items()
    }
    return {name: Latency(*values) for name, values in {**session.latencies.quantiles(), **ages}.items()}


def _guesses(ballot: Ballot) -> dict[Modality, str]:
    """Return what each modality alone would have said."""
    return {
        modality: LABELS[int(np.argmax(vote.probabilities))]
        for modality, vote in ballot.votes.items()
        if vote.probabilities is not None
    }


def _uar(confusion: NDArray[np.int_]) -> float:
    """Unweighted average recall over the classes that occur."""
    support = confusion.sum(axis=1)
    return float(np.mean(np.diag(confusion)[support > 0] / support[support > 0]))
