"""The table of utterances: one row each, whatever of it is missing."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TableRow:
    """One utterance; fields are the table's columns, None or nothing is an empty cell."""

    id: str
    session: int | None
    scene: str
    speaker: str
    wav: str
    """Below the corpus's root; empty where there is none that can be read"""
    start_s: float
    """Seconds since the start of the scene"""
    end_s: float
    """Seconds since the start of the scene"""
    label: str
    """Empty on a tie"""
    labels: str
    """All with the most votes, joined by |, in the order in which the file joins tied labels"""
    valence: float | None = None
    arousal: float | None = None
    text: str = ""
    """Cleaned"""
    eda_n: int | None = None
    """Rows of the speaker's own sensor that carry the utterance's ID"""
    eda_mean: float | None = None
    """Microsiemens, over all these rows, zeros included"""
    ecg_n: int | None = None
    ecg_mean: float | None = None
    """Millivolts (likely)"""
    temp_n: int | None = None
    temp_mean: float | None = None
    """Degrees Celsius"""


def write_table(path: Path, rows: Iterable[TableRow]) -> None:
    """Write UTF-8 CSV, numbers with up to twelve digits; an interrupted run leaves no half a table."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([column.name for column in fields(TableRow)])
            writer.writerows([_cell(value) for value in astuple(row)] for row in rows)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _cell(value: str | float | None) -> str | float | None:
    return f"{value:.12g}" if isinstance(value, float) else value
