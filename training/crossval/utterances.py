"""The rows that everything is counted in: one for each utterance, described by who spoke, when, and the raters."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from devices.kemdy19 import Kemdy19
from devices.kemdy20 import Kemdy20
from devices.kemdy20_annotation import Kemdy20Segment
from devices.kemdy_annotation import AnnotatedSegment
from models.scores import LABELS
from training.predictions import TIED
from training.speech_corpora import CORPORA, Clip

KEMDY19, KEMDY20 = "KEMDy19", "KEMDy20"
KEMDY20_HAS_NOT = (
    "KEMDy20: it has no ECG, so heart rate comes from the wristband's beats (IBI) where there are any, and models of "
    "the notebooks' three means have nothing to learn from",
    "KEMDy20: it has no improvisation; script and improvisation are scored apart in KEMDy19 alone",
)

Floats = NDArray[np.float32]
Ties = Literal["first", "drop", "votes"]
"""What becomes of an utterance whose raters are tied: the label that the file names first, left out, or trained on the
raters' distribution (as all others then are)"""


@dataclass(frozen=True, eq=False)
class Utterances:
    """One row each, in the order of the corpus."""

    id: NDArray[np.str_]
    """[n]"""
    corpus: NDArray[np.str_]
    """[n] by name"""
    session: NDArray[np.str_]
    """[n] two digits, behind the corpus's name where there are several corpora; empty where the corpus has none"""
    scene: NDArray[np.str_]
    """[n] `script01`, empty where the corpus has none"""
    speaker: NDArray[np.str_]
    """[n] one and the same person over all sessions"""
    start: NDArray[np.float64]
    """[n] seconds within the scene"""
    end: NDArray[np.float64]
    """[n] seconds within the scene"""
    label: NDArray[np.int64]
    """[n] index into LABELS, or TIED"""
    first: NDArray[np.int64]
    """[n] index into LABELS of the label that the corpus names first"""
    votes: Floats
    """[n, labels] sums to 1"""
    valence: Floats
    """[n] mean of the raters, 1..5; NaN where nobody was asked"""
    arousal: Floats
    """[n] the same"""

    def __len__(self) -> int:
        return len(self.id)

    @property
    def kind(self) -> NDArray[np.str_]:
        """`script` or `impro`, [n]; empty in corpora that have no such difference."""
        kinds = np.array([scene.rstrip("0123456789") for scene in self.scene.tolist()], dtype=np.str_)
        return np.where(self.corpus == KEMDY19, kinds, "")

    def truth(self, ties: Ties) -> NDArray[np.int64]:
        """What a prediction is compared with, [n]: an index into LABELS, or TIED."""
        return self.first if ties == "first" else self.label

    def targets(self, ties: Ties) -> Floats:
        """What is trained on, [n, labels]; zeros in rows that are not."""
        if ties == "votes":
            return self.votes
        truth = self.truth(ties)
        return np.where(truth[:, None] == TIED, 0, np.eye(len(LABELS))[truth]).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write an .npz file."""
        np.savez_compressed(path, **{each.name: getattr(self, each.name) for each in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{each.name: arrays[each.name] for each in fields(cls)})


@dataclass(slots=True)
class Account:
    """Where the rows of a corpus went, and what is to be said about them."""

    rows: int = 0
    """Annotated, of speakers"""
    used: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    """Reason to rows; with `used` they add up to `rows`"""
    repaired: list[str] = field(default_factory=list)
    """Known faults of the corpus, put right by rule"""
    notices: list[str] = field(default_factory=list)
    """What is missing or broken, one line each"""
    remarks: list[str] = field(default_factory=list)
    """What no copy of the corpus has, which is no fault"""

    def add(self, other: Self) -> None:
        """Count another corpus's rows too."""
        self.used += other.used
        self.rows += other.rows - sum(other.skipped.values())
        for reason, rows in other.skipped.items():
            self.skip(reason, rows)
        for mine, theirs in zip(self._lines(), other._lines(), strict=True):
            mine += theirs

    def _lines(self) -> tuple[list[str], ...]:
        return self.repaired, self.notices, self.remarks

    def skip(self, reason: str, rows: int = 1) -> None:
        """Count rows that are left out."""
        if not rows:
            return
        self.rows += rows
        self.skipped[reason] = self.skipped.get(reason, 0) + rows


def read_kemdy19(corpus: Kemdy19) -> tuple[Utterances, Account]:
    """Read the speaker rows of all sessions, in order of session, scene and start.

    Raises
    ------
    UnreadableSource
        When a session's annotation cannot be read.
    """
    account, segments = Account(), []
    for session in corpus.sessions():
        annotation = corpus.annotation(session)
        account.repaired += [f"session {session:02}: {line}" for line in annotation.repaired]
        for lines in annotation.skipped.values():
            account.notices += lines
            account.skip("unreadable", len(lines))
        account.notices += [f"session {session:02}: {line}" for line in (*annotation.absent, *annotation.dropped)]
        if annotation.dropped:
            account.skip("no row describes the speaker", len(annotation.dropped))
        rated = [each for each in annotation.segments if each.rating]
        if unrated := len(annotation.segments) - len(rated):
            account.skip("the speaker's annotation file is missing", unrated)
        segments += rated
    account.rows += len(segments)
    account.used = len(segments)
    return _table(KEMDY19, segments, [each.id[4:6] + each.speaker for each in segments]), account


def read_kemdy20(corpus: Kemdy20) -> tuple[Utterances, Account]:
    """Read the rows of all sessions, each of which describes who speaks, in order of session, script and start.

    Raises
    ------
    UnreadableSource
        When a session's annotation cannot be read.
    """
    account = Account(remarks=list(KEMDY20_HAS_NOT))
    segments: list[Kemdy20Segment] = []
    for session in corpus.sessions():
        annotation = corpus.annotation(session)
        account.notices += annotation.skipped
        account.skip("unreadable", len(annotation.skipped))
        segments += annotation.segments
    account.rows += len(segments)
    account.used = len(segments)
    return _table(KEMDY20, segments, [each.speaker + each.gender for each in segments]), account


def _table(corpus: str, segments: Sequence[AnnotatedSegment | Kemdy20Segment], speakers: Sequence[str]) -> Utterances:
    """Describe rated segments; a speaker's name ends in F or M."""
    ratings = [each.rating for each in segments if each.rating]
    votes = np.array([rating.votes for rating in ratings], np.float32).reshape(-1, len(LABELS))
    return Utterances(
        id=np.array([each.id for each in segments], np.str_),
        corpus=np.full(len(segments), corpus),
        session=np.array([each.id[4:6] for each in segments], np.str_),
        scene=np.array([each.scene for each in segments], np.str_),
        speaker=np.array(speakers, np.str_),
        start=np.array([each.start for each in segments], np.float64),
        end=np.array([each.end for each in segments], np.float64),
        label=np.array([_index(rating.label) for rating in ratings], np.int64),
        first=np.array([_index(each.total[0]) for each in segments], np.int64),
        votes=votes / np.maximum(votes.sum(axis=1, keepdims=True), 1),
        valence=np.array([rating.valence for rating in ratings], np.float32),
        arousal=np.array([rating.arousal for rating in ratings], np.float32),
    )


def _index(label: str | None) -> int:
    return LABELS.index(label) if label in LABELS else TIED


def of_clips(clips: Sequence[Clip], data: Path) -> Utterances:
    """Describe the clips of speech corpora, which have neither sessions nor scenes."""
    names = {corpus.folder: corpus.name for corpus in CORPORA}
    labels = np.array([LABELS.index(clip.label) for clip in clips], np.int64)
    nothing, zeros = np.array([""] * len(clips)), np.zeros(len(clips))
    unknown = np.full(len(clips), np.nan, np.float32)
    return Utterances(
        id=np.array([clip.path.relative_to(data).with_suffix("").as_posix() for clip in clips], np.str_),
        corpus=np.array([names.get(clip.corpus, clip.corpus) for clip in clips], np.str_),
        session=nothing,
        scene=nothing,
        speaker=np.array([clip.speaker for clip in clips], np.str_),
        start=zeros,
        end=zeros,
        label=labels,
        first=labels,
        votes=np.eye(len(LABELS), dtype=np.float32)[labels],
        valence=unknown,
        arousal=unknown,
    )


def stacked(corpora: Sequence[tuple[str, Utterances]]) -> Utterances:
    """Rows of several corpora, one behind the other; sessions are named after their corpus, since all count from 01."""
    tables = [
        replace(rows, session=np.where(rows.session == "", "", np.char.add(f"{name} ", rows.session)))
        for name, rows in corpora
    ]
    return Utterances(
        **{each.name: np.concatenate([getattr(t, each.name) for t in tables]) for each in fields(Utterances)}
    )
