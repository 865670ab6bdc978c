"""Empatica E4 export folders: EDA.csv, TEMP.csv and the like, one signal each.

A regular signal's file holds the Unix time of its first sample, its rate, then one value a row; IBI.csv holds the Unix
time, then `seconds since then,interval`. Where a file has several columns (ACC) its head rows have as many. An export
made under a locale with decimal commas is read as well.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from devices.bio_recording import Beats, BioRecording, Signal
from devices.skipped import report
from devices.source import SourceNotFound, UnreadableSource

__all__ = ["SIGNALS", "Beats", "E4Recording", "Signal", "is_e4", "read_e4"]

SIGNALS = ("eda", "temp", "ibi", "hr", "bvp", "acc")
"""What an export may hold; each in the file of that name in capitals"""
_COLUMNS = {"acc": 3}


@dataclass(frozen=True, slots=True)
class E4Recording(BioRecording):
    """What one export folder holds: eda, temp, hr, bvp, acc and ibi."""

    maker: ClassVar[str] = "E4"
    hole: ClassVar[str] = "unreadable rows in the file"


def is_e4(folder: Path) -> bool:
    """Tell whether a folder looks like an E4 export."""
    return any(_file(folder, signal).is_file() for signal in ("eda", "temp", "ibi"))


def read_e4(folder: Path, signals: Collection[str] = ("eda", "temp", "ibi")) -> E4Recording:
    """Read some of the signals of an export folder.

    Raises
    ------
    SourceNotFound
        There is no such folder.
    UnreadableSource
        It holds none of the signals, or a file does not begin with a start time and a rate.
    """
    if not folder.exists():
        raise SourceNotFound(f"{folder}: no such folder")
    if folder.is_file():
        raise UnreadableSource(f"{folder}: is a file, not the folder of an Empatica E4 export")
    files = {signal: _Rows(_file(folder, signal)) for signal in SIGNALS if signal in signals}
    held = {signal: rows for signal, rows in files.items() if rows.texts}
    if not held:
        names = " ".join(rows.path.name for rows in files.values())
        raise UnreadableSource(f"{folder}: not an Empatica E4 export: it has data in none of {names}")
    regular = {signal: _signal(rows, _COLUMNS.get(signal, 1)) for signal, rows in held.items() if signal != "ibi"}
    beats = _beats(held["ibi"]) if "ibi" in held else None
    start = min([signal.start for signal in regular.values()] + ([beats.start] if beats else []))
    notices = tuple(notice for signal, rows in files.items() for notice in rows.notices(signal))
    return E4Recording(folder.name, start, regular, beats, notices)


class _Rows:
    """The rows of one file, and what could not be read of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exists = path.is_file()
        text = path.read_text(encoding="utf-8-sig", errors="replace") if self.exists else ""
        self.texts = text.rstrip().splitlines()
        self._last_is_whole = text.endswith("\n")
        self._skipped: list[str] = []

    def head(self, row: int, columns: int, what: str) -> float:
        """Return the first number of a head row: the start time, or the rate."""
        text = self.texts[row] if row < len(self.texts) else ""
        numbers = _numbers(text.strip().removesuffix("IBI").rstrip(" ,;"), columns)
        if numbers is None or not numbers[0] > 0:
            raise UnreadableSource(f"{self.path}:{row + 1}: expected {what}, found {text[:40]!r}")
        return numbers[0]

    def data(self, head_rows: int, columns: int) -> Iterator[Sequence[float] | None]:
        """Yield the numbers of every other row; None for a row that is not `columns` numbers."""
        for line, text in enumerate(self.texts[head_rows:], head_rows + 1):
            numbers = None if self._is_cut(line, text) else _numbers(text, columns)
            if numbers is None:
                self._skipped.append(f"{self.path.name}:{line}: row skipped: {text.strip()[:40]!r}")
            yield numbers

    def _is_cut(self, line: int, text: str) -> bool:
        """Tell whether a last row without a line end is shorter than those before: its last digits may be missing."""
        if self._last_is_whole or line != len(self.texts) or line < 2:
            return False
        return _decimals(text) < _decimals(self.texts[line - 2])

    def notices(self, signal: str) -> Iterator[str]:
        """Say what is missing, and which rows were skipped."""
        if not self.texts:
            yield f"no {signal}: {self.path.name} is {'empty' if self.exists else 'missing'}"
        yield from report(self.path.name, self._skipped)


def _signal(rows: _Rows, columns: int) -> Signal:
    start = rows.head(0, columns, "a start time in Unix seconds")
    rate = rows.head(1, columns, "a rate in hertz")
    unknown = [np.nan] * columns
    values = np.array([numbers or unknown for numbers in rows.data(2, columns)], np.float32).reshape(-1, columns)
    return Signal(start, rate, values[:, 0] if columns == 1 else values)


def _beats(rows: _Rows) -> Beats:
    start = rows.head(0, 1, "a start time in Unix seconds and the word IBI")
    pairs = [numbers for numbers in rows.data(1, 2) if numbers is not None]
    table = np.array(pairs, np.float64).reshape(-1, 2)
    table = table[np.argsort(table[:, 0], kind="stable")]
    return Beats(start, table[:, 0], table[:, 1].astype(np.float32))


def _numbers(text: str, columns: int) -> list[float] | None:
    """Read a row of so many numbers, with decimal points or decimal commas."""
    fields = text.split(";") if ";" in text else text.split(",")
    if len(fields) == 2 * columns:
        fields = [f"{whole}.{decimals.strip()}" for whole, decimals in zip(fields[::2], fields[1::2], strict=True)]
    try:
        numbers = [float(field.replace(",", ".")) for field in fields]
    except ValueError:
        return None
    return numbers if len(numbers) == columns and all(map(math.isfinite, numbers)) else None


def _decimals(text: str) -> int:
    return len(text.strip().replace(",", ".").rpartition(".")[2])


def _file(folder: Path, signal: str) -> Path:
    return folder / f"{signal.upper()}.csv"
