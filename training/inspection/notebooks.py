"""Recognise the original notebooks' intermediate files by what is in them, and say which command replaces each."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from devices.kemdy_annotation import SEGMENT_ID
from training.errors import InvalidCorpus
from training.inspection.report import Count, Report

MEANS = ("mean_EDA", "mean_ECG", "mean_Temp")
TABLE = "maeum-train inspect KEMDy19 --table FILE.csv"
PREPARE = "maeum-train prepare"
IMPORT = "maeum-train import-h5"

_NUMPY, _HDF5, _PICKLE = b"\x93NUMPY", b"\x89HDF", b"\x80"
_SUFFIXES = (".csv", ".npy", ".pkl", ".txt", ".h5")
_ONE_HOT = "Label_"
_COEFFICIENTS = 100


@dataclass(slots=True)
class Found:
    """What one file is."""

    what: str
    replaced_by: str
    rows: int | None = None
    """None where it has no rows, or they were not looked at"""
    detail: str = ""
    classes: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    """A line for each row that cannot be read"""


def find_notebook_files(path: Path) -> dict[Path, Found]:
    """Recognise one file, or those files of a folder that the notebooks wrote."""
    if path.is_file():
        files = [path]
    else:
        files = sorted(each for each in path.iterdir() if each.is_file() and each.suffix in _SUFFIXES)
    found = {each: _recognised(each) for each in files}
    return {each: what for each, what in found.items() if what}


def inspect_notebook_files(found: Mapping[Path, Found], report: Report) -> None:
    """Fill in the report."""
    for path, file in found.items():
        report.parts.append(
            {
                "file": path.name,
                "what": file.what,
                "rows": file.rows,
                "detail": file.detail,
                "replaced by": file.replaced_by,
            }
        )
        for line in file.skipped:
            report.broken(line)
        if file.rows is not None:
            unread = len(file.skipped)
            report.counts.append(Count(path.name, file.rows, file.rows - unread, Counter({"unreadable": unread})))
    labelled = [file.classes for file in found.values() if file.classes]
    if len(found) == 1 and labelled:
        report.classes = dict(labelled[0])
    report.facts["files"] = len(found)


def _recognised(path: Path) -> Found | None:
    """Tell what a file is by its content; None when no notebook wrote it. Nothing is ever unpickled."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_NUMPY):
        return _array(path)
    if start.startswith(_HDF5):
        return Found("a Keras model (HDF5)", IMPORT)
    if start.startswith(_PICKLE):
        never = "not opened: unpickling would run whatever program it holds"
        return Found("a pickle; the labels beside the MFCCs, by its place (needed_mfcc_y.pkl)", TABLE, detail=never)
    return _table(path) or _lines(path)


def _array(path: Path) -> Found | None:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise InvalidCorpus(f"{path}: not an array that can be read without unpickling ({error})") from error
    if array.ndim != 3 or array.shape[1] != _COEFFICIENTS:
        return None
    shape = " x ".join(map(str, array.shape))
    return Found("MFCCs of utterances (needed_mfcc.npy)", PREPARE, array.shape[0], f"{shape}, {array.dtype}")


def _table(path: Path) -> Found | None:
    """Recognise a table by its columns."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = csv.DictReader(file)
        kind = _kind_of_table(rows)
        if kind is None:
            return None
        columns = list(rows.fieldnames or ())
        found = Found(*kind, 0, f"columns {', '.join(column for column in columns if column)}")
        try:
            for row in rows:
                _take(row, columns, f"{path.name}:{rows.line_num}", found)
        except csv.Error as error:
            raise InvalidCorpus(f"{path}:{rows.line_num}: not a table ({error})") from error
    return found


def _kind_of_table(rows: "csv.DictReader[str]") -> tuple[str, str] | None:
    try:
        columns = set(rows.fieldnames or ())
    except csv.Error:
        return None
    return next((kind for names, kind in _TABLES if columns.issuperset(names)), None)


def _take(row: dict[str, str], columns: Sequence[str], where: str, found: Found) -> None:
    found.rows = (found.rows or 0) + 1
    if not SEGMENT_ID.fullmatch((row.get("Seg") or "").strip()):
        found.skipped.append(f"{where}: row skipped, {(row.get('Seg') or '')[:40]!r} is not a KEMDy19 segment ID")
        return
    label = row.get("Label") or next(
        (column.removeprefix(_ONE_HOT) for column in columns if column.startswith(_ONE_HOT) and _is_one(row[column])),
        "",
    )
    if label:
        found.classes[label] += 1


def _is_one(cell: str | None) -> bool:
    return (cell or "").strip() in ("1", "1.0", "True")


_TABLES: Sequence[tuple[Sequence[str], tuple[str, str]]] = (
    (
        ("Seg", *MEANS, "tokenized"),
        ("scaled biosignal means, morphemes and one-hot labels (merged_bio_text.csv)", f"{TABLE}; for {IMPORT}: keep"),
    ),
    (("Seg", *MEANS), ("biosignal means and labels (df_all_bio.csv, scaled_df_all_bio.csv)", TABLE)),
    (("Seg", "tokenized"), ("morphemes of the transcripts (df_all_txt.csv)", PREPARE)),
    (("Seg", "Label"), ("labels of both people's files, mixed (df_all_label.csv)", TABLE)),
)
"""Columns that a table has, what it is and what replaces it; the first that fits"""


def _lines(path: Path) -> Found | None:
    """Recognise lines that begin with a segment ID."""
    count, faults, with_text, glued = 0, list[str](), 0, 0
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            count += 1
            segment_id, _, text = line.strip().partition(",")
            if not SEGMENT_ID.fullmatch(segment_id):
                faults.append(f"{path.name}:{number}: row skipped, {segment_id[:40]!r} is not a KEMDy19 segment ID")
            if len(faults) * 2 > max(count, 2):
                return None
            with_text += bool(text)
            glued += "," in text
    if not count or len(faults) == count:
        return None
    if with_text:
        detail = f"{glued} transcripts hold a comma, which is not quoted" if glued else ""
        return Found("transcripts (merged_seg_text.txt)", f"{TABLE}, column text", count, detail, skipped=faults)
    return Found(
        "utterances in the order of their WAVs (all_wavSeg.txt)", f"{TABLE}, column wav", count, skipped=faults
    )
