"""KEMDy19's annotation files: what ten raters said of every utterance, read by position and repaired by rule.

Each session has two files that list the same segments in the same order: one describes the woman over every segment,
the other the man. A row is kept as *speaker row* where the letter in its segment ID is the file's own: only there do
audio, text, body and label belong to one person.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devices.kemdy_rating import Rating, read_rating, read_rows, read_total, refuse_repeats, stretch_of_time
from devices.skipped import report

SEGMENT_ID = re.compile(r"Sess(\d{2})_((?:script|impro)\d{2})_([FM])(\d{3})")
PERSONS = ("F", "M")
OTHER = {"F": "M", "M": "F"}

_NUMB, _START, _END, _ID, _TOTAL, _FIRST_RATER, _COLUMNS = 0, 1, 2, 9, 10, 13, 43


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
    total: tuple[str, ...] = ()
    """The file's own majority, tied labels in its order, which favours some of them: the `rating` decides"""

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
    skipped: Mapping[str, Sequence[str]]
    """File to a line for each row that cannot be read"""
    repaired: tuple[str, ...]
    dropped: tuple[str, ...]
    """Segments of which each file says that the other person speaks, for which both have a row"""
    absent: tuple[str, ...]
    """Whose file is missing"""
    listeners: int
    """Rows that describe who listens and were not used"""

    @property
    def notices(self) -> tuple[str, ...]:
        """What was repaired, skipped or is missing."""
        unread = [line for file, lines in self.skipped.items() for line in report(file, lines)]
        return (*unread, *self.repaired, *self.absent, *self.dropped)


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
    read = {person: read_rows(path, _segment) for person, path in files.items()}
    notices: list[str] = []
    repaired = {
        person: _repaired(rows, read[OTHER[person]][0] if OTHER[person] in read else [], files[person], notices)
        for person, (rows, _) in read.items()
    }
    segments = [row for person, own in repaired.items() for row in own if row.speaker == person]
    unrated = list(_unrated(repaired))
    dropped = tuple(_without_speaker(repaired))
    used = len(segments) + len(unrated) + len(PERSONS) * len(dropped)
    return SessionAnnotation(
        tuple(sorted([*segments, *unrated], key=lambda row: (scene_order(row.scene), row.start, row.number))),
        {files[person].name: skipped for person, (_, skipped) in read.items()},
        tuple(notices),
        dropped,
        tuple(_absent(repaired)),
        sum(len(rows) for rows in repaired.values()) - used,
    )


def _segment(cells: Sequence[str]) -> AnnotatedSegment:
    if len(cells) < _COLUMNS:
        raise ValueError(f"{len(cells)} columns where {_COLUMNS} are due")
    segment_id = cells[_ID].strip()
    parts_of(segment_id)
    start, end = stretch_of_time(segment_id, cells[_START], cells[_END])
    total = read_total(cells[_TOTAL])
    return AnnotatedSegment(segment_id, int(cells[_NUMB]), start, end, read_rating(cells[_FIRST_RATER:_COLUMNS]), total)


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
    refuse_repeats(result, path)
    return result


def _with_other_letter(segment_id: str) -> str:
    session, scene, speaker, number = parts_of(segment_id)
    return f"Sess{session}_{scene}_{OTHER[speaker]}{number}"


def _absent(rows: Mapping[str, list[AnnotatedSegment]]) -> Iterator[str]:
    for missing in (person for person in PERSONS if person not in rows):
        yield f"no annotation of {missing}: the utterances of {missing} have no label"


def _unrated(rows: Mapping[str, list[AnnotatedSegment]]) -> Iterator[AnnotatedSegment]:
    """Keep the utterances of a person whose own file is missing, with their times and without a label."""
    for missing in (person for person in PERSONS if person not in rows):
        for row in rows.get(OTHER[missing], []):
            if row.speaker == missing:
                yield replace(row, rating=None, total=())


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
