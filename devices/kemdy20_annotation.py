"""KEMDy20's annotation files: one per session, one row per utterance, which describes the person who speaks.

People are told apart by their user number: the two of a session are not always a woman and a man.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.kemdy_rating import Rating, read_rating, read_rows, read_total, refuse_repeats, stretch_of_time
from devices.skipped import report

SEGMENT_ID = re.compile(r"Sess(\d{2})_(script\d{2})_(User\d{3})([FM])_(\d{3})")
TIE_ORDER = ("happy", "surprise", "angry", "neutral", "disgust", "fear", "sad")
"""In which tied labels are joined: the first of them is rarely neutral"""

_NUMB, _START, _END, _ID, _TOTAL, _FIRST_RATER, _COLUMNS = 0, 1, 2, 3, 4, 7, 37


@dataclass(frozen=True, slots=True)
class Kemdy20Segment:
    """One utterance of a script."""

    id: str
    """`Sess99_script01_User197F_001`"""
    number: int
    """Of the row in its file"""
    start: float
    """Seconds since the start of the script; the two people's utterances may overlap"""
    end: float
    """Seconds since the start of the script"""
    rating: Rating
    total: tuple[str, ...] = ()
    """The file's own majority, tied labels in its order; the `rating` decides"""

    @property
    def scene(self) -> str:
        """`script01`."""
        return parts_of(self.id)[1]

    @property
    def speaker(self) -> str:
        """`User197`."""
        return parts_of(self.id)[2]

    @property
    def gender(self) -> str:
        """F or M."""
        return parts_of(self.id)[3]


@dataclass(frozen=True, slots=True)
class Kemdy20Annotation:
    """One session's annotation file."""

    segments: tuple[Kemdy20Segment, ...]
    """In order of script and start"""
    file: str
    skipped: tuple[str, ...]
    """A line for each row that cannot be read"""

    @property
    def notices(self) -> tuple[str, ...]:
        """What was skipped."""
        return tuple(report(self.file, self.skipped))


def parts_of(segment_id: str) -> tuple[str, str, str, str, str]:
    """Split a valid segment ID into session, script, user, gender and number."""
    match = SEGMENT_ID.fullmatch(segment_id)
    if match is None:
        raise ValueError(f"{segment_id!r} is not a KEMDy20 segment ID")
    session, scene, user, gender, number = match.groups()
    return session, scene, user, gender, number


def read_session20(path: Path) -> Kemdy20Annotation:
    """Read a session's annotation.

    Raises
    ------
    UnreadableSource
        When a segment ID is repeated.
    """
    rows, skipped = read_rows(path, _segment)
    refuse_repeats(rows, path)
    rows.sort(key=lambda row: (row.scene, row.start, row.number))
    return Kemdy20Annotation(tuple(rows), path.name, tuple(skipped))


def _segment(cells: Sequence[str]) -> Kemdy20Segment:
    if len(cells) < _COLUMNS:
        raise ValueError(f"{len(cells)} columns where {_COLUMNS} are due")
    segment_id = cells[_ID].strip()
    parts_of(segment_id)
    start, end = stretch_of_time(segment_id, cells[_START], cells[_END])
    total = read_total(cells[_TOTAL])
    return Kemdy20Segment(segment_id, int(cells[_NUMB]), start, end, read_rating(cells[_FIRST_RATER:_COLUMNS]), total)
