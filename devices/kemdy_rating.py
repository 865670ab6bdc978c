"""What both KEMDy corpora share in their annotation files: rows under two header rows, and the votes of ten raters."""

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from devices.source import UnreadableSource

EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
"""In the order of `Rating.votes`"""

_HEADER_ROWS = 2
_Row = TypeVar("_Row")


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


class Numbered(Protocol):
    """A row of an annotation file."""

    @property
    def id(self) -> str:
        """Of the segment."""
        ...

    @property
    def number(self) -> int:
        """Of the row."""
        ...


def read_rows(path: Path, parse: Callable[[Sequence[str]], _Row]) -> tuple[list[_Row], list[str]]:
    """Parse every row below the headers; where `parse` raises ValueError, say with file and line why it is skipped."""
    rows, skipped = [], []
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file, quoting=csv.QUOTE_NONE)
        for cells in reader:
            if reader.line_num <= _HEADER_ROWS or not any(cell.strip() for cell in cells):
                continue
            try:
                rows.append(parse(cells))
            except ValueError as error:
                skipped.append(f"{path.name}:{reader.line_num}: row skipped, {error}")
    return rows, skipped


def stretch_of_time(segment_id: str, start: str, end: str) -> tuple[float, float]:
    """Read a segment's start and end in seconds; raises ValueError when they are no stretch of time."""
    seconds = float(start), float(end)
    if not 0 <= seconds[0] < seconds[1] < math.inf:
        raise ValueError(f"{segment_id} from {start} to {end} s is no stretch of time")
    return seconds


def read_rating(cells: Sequence[str]) -> Rating:
    """Read emotion, valence and arousal of each rater; raises ValueError for a cell that cannot be meant."""
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


def read_total(cell: str) -> tuple[str, ...]:
    """Split the file's own majority into its labels, in the order in which the file joins tied ones."""
    return tuple(map(corrected_emotion, cell.split(";")))


def refuse_repeats(rows: Iterable[Numbered], path: Path) -> None:
    """Raise UnreadableSource when a segment ID occurs twice: whose rating it is cannot be told."""
    rows = list(rows)
    for segment_id, count in Counter(row.id for row in rows).items():
        if count > 1:
            numbers = ", ".join(str(row.number) for row in rows if row.id == segment_id)
            raise UnreadableSource(
                f"{path.name}: {segment_id} occurs {count} times (rows {numbers}), which no rule explains"
            )
