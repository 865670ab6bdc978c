"""KEMDy19's annotation files: what ten raters said of every utterance, read by position and repaired by rule.

Each session has two files that list the same segments in the same order: one describes the woman over every segment,
the other the man. A row is kept as *speaker row* where the letter in its segment ID is the file's own: only there do
audio, text, body and label belong to one person.
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devices.skipped import report
from devices.source import UnreadableSource

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""In the order of `Rating.votes`"""
SEGMENT_ID = re.compile(r"Sess(\d{2})_((?:script|impro)\d{2})_([FM])(\d{3})")
PERSONS = ("F", "M")
OTHER = {"F": "M", "M": "F"}

_HEADER_ROWS = 2
_NUMB, _START, _END, _ID, _FIRST_RATER, _COLUMNS = 0, 1, 2, 9, 13, 43


@dataclass(frozen=True, slots=True)
class Rating:
    """What the raters of one person said about one segment."""

    votes: tuple[int, ...]
    """[7], raters for each of `EMOTIONS`"""
    valence: float
    """Mean of the raters, 1..5"""
    arousal: float
    """Mean of the raters, 1..5"""

    @property
    def labels(self) -> tuple[str, ...]:
        """Every emotion that got the most votes."""
        most = max(self.votes)
        return tuple(emotion for emotion, votes in zip(EMOTIONS, self.votes, strict=True) if votes == most)

    @property
    def label(self) -> str | None:
        """The emotion with the most votes; None on a tie (the corpus's own order of tied labels is biased)."""
        return self.labels[0] if len(self.labels) == 1 else None


@dataclass(frozen=True, slots=True)
class AnnotatedSegment:
    """One utterance of a scene."""

    id: str
    """`Sess99_script01_F001`"""
    number: int
    """Of the row in its file; the same in both files of a session"""
    start: float
    """Seconds since the start of the scene"""
    end: float
    """Seconds since the start of the scene"""
    rating: Rating | None
    """Of the speaker; None when the speaker's annotation file is missing"""

    @property
    def scene(self) -> str:
        """`script01` or `impro04`."""
        return parts_of(self.id)[1]

    @property
    def speaker(self) -> str:
        """F or M."""
        return parts_of(self.id)[2]


@dataclass(frozen=True, slots=True)
class SessionAnnotation:
    """Both annotation files of one session as one list."""

    segments: tuple[AnnotatedSegment, ...]
    """In order of scene and start"""
    notices: tuple[str, ...]
    """What was repaired, skipped or is missing"""


def parts_of(segment_id: str) -> tuple[str, str, str, str]:
    """Split a valid segment ID into session, scene, speaker and number."""
    match = SEGMENT_ID.fullmatch(segment_id)
    if match is None:
        raise ValueError(f"{segment_id!r} is not a KEMDy19 segment ID")
    session, scene, speaker, number = match.groups()
    return session, scene, speaker, number


def scene_order(scene: str) -> tuple[int, str]:
    """Sort key of scenes as they were recorded: scripted before improvised."""
    return (0 if scene.startswith("script") else 1, scene)


def read_session(files: Mapping[str, Path]) -> SessionAnnotation:
    """Read a session's annotation: `files` maps F and M to the file that describes that person; one may be missing.

    Raises
    ------
    UnreadableSource
        When a segment ID is repeated and the repair rule does not explain it.
    """
    notices: list[str] = []
    rows = {person: _rows(path, notices) for person, path in files.items()}
    repaired = {
        person: _repaired(own, rows.get(OTHER[person], []), files[person], notices) for person, own in rows.items()
    }
    segments = [row for person, own in repaired.items() for row in own if row.speaker == person]
    segments += _unrated(repaired, notices)
    notices += _without_speaker(repaired)
    segments.sort(key=lambda row: (scene_order(row.scene), row.start, row.number))
    return SessionAnnotation(tuple(segments), tuple(notices))


def _rows(path: Path, notices: list[str]) -> list[AnnotatedSegment]:
    rows, skipped = [], []
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file, quoting=csv.QUOTE_NONE)
        for cells in reader:
            if reader.line_num <= _HEADER_ROWS or not any(cells):
                continue
            try:
                rows.append(_segment(cells))
            except ValueError as error:
                skipped.append(f"{path.name}:{reader.line_num}: row skipped, {error}")
    notices += report(path.name, skipped)
    return rows


def _segment(cells: Sequence[str]) -> AnnotatedSegment:
    if len(cells) < _COLUMNS:
        raise ValueError(f"{len(cells)} columns where {_COLUMNS} are due")
    segment_id = cells[_ID].strip()
    parts_of(segment_id)
    start, end = float(cells[_START]), float(cells[_END])
    if not 0 <= start < end < math.inf:
        raise ValueError(f"{segment_id} from {cells[_START]} to {cells[_END]} s is no stretch of time")
    return AnnotatedSegment(segment_id, int(cells[_NUMB]), start, end, _rating(cells[_FIRST_RATER:_COLUMNS]))


def _rating(cells: Sequence[str]) -> Rating:
    emotions = [corrected_emotion(cell) for cell in cells[0::3]]
    unknown = [emotion for emotion in emotions if emotion not in EMOTIONS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not one of {' '.join(EMOTIONS)}")
    valence, arousal = [int(cell) for cell in cells[1::3]], [int(cell) for cell in cells[2::3]]
    return Rating(
        votes=tuple(emotions.count(emotion) for emotion in EMOTIONS),
        valence=sum(valence) / len(valence),
        arousal=sum(arousal) / len(arousal),
    )


def corrected_emotion(cell: str) -> str:
    """Undo the corpora's one misspelling."""
    return cell.strip().replace("disqust", "disgust")


def _repaired(
    own: list[AnnotatedSegment], sister: list[AnnotatedSegment], path: Path, notices: list[str]
) -> list[AnnotatedSegment]:
    """Give the first of a repeated ID the sister file's ID, where that is the same but for the speaker's letter."""
    elsewhere = {row.number: row.id for row in sister}
    repeated = {segment_id for segment_id, count in Counter(row.id for row in own).items() if count > 1}
    result = []
    for row in own:
        candidate = elsewhere.get(row.number)
        if row.id in repeated and candidate == _with_other_letter(row.id):
            repeated.discard(row.id)
            notices.append(
                f"{path.name}: {row.id} occurs twice; row {row.number} is {candidate}, as in the sister file"
            )
            result.append(replace(row, id=candidate))
        else:
            result.append(row)
    _refuse_repeats(result, path)
    return result


def _with_other_letter(segment_id: str) -> str:
    session, scene, speaker, number = parts_of(segment_id)
    return f"Sess{session}_{scene}_{OTHER[speaker]}{number}"


def _refuse_repeats(rows: list[AnnotatedSegment], path: Path) -> None:
    for segment_id, count in Counter(row.id for row in rows).items():
        if count > 1:
            numbers = ", ".join(str(row.number) for row in rows if row.id == segment_id)
            raise UnreadableSource(
                f"{path.name}: {segment_id} occurs {count} times (rows {numbers}), which no rule explains"
            )


def _unrated(rows: Mapping[str, list[AnnotatedSegment]], notices: list[str]) -> Iterator[AnnotatedSegment]:
    """Keep the utterances of a person whose own file is missing, with their times and without a label."""
    for missing in (person for person in PERSONS if person not in rows):
        notices.append(f"no annotation of {missing}: the utterances of {missing} have no label")
        for row in rows.get(OTHER[missing], []):
            if row.speaker == missing:
                yield replace(row, rating=None)


def _without_speaker(rows: Mapping[str, list[AnnotatedSegment]]) -> Iterator[str]:
    """Report segments of which each file says that the other person speaks."""
    if len(rows) < len(PERSONS):
        return
    other_speaks = {row.number: row.id for row in rows["M"] if row.speaker == "F"}
    speakers = {row.id for person in PERSONS for row in rows[person] if row.speaker == person}
    for row in rows["F"]:
        twin = other_speaks.get(row.number)
        if row.speaker == "M" and row.id not in speakers and twin == _with_other_letter(row.id):
            yield f"row {row.number}: {row.id} in one file, {twin} in the other; dropped, neither describes the speaker"
