"""From a path to its report: what it is, and the inspection that goes with it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devices.empatica import is_e4
from devices.kemdy19 import find_kemdy19
from devices.kemdy20 import find_kemdy20
from training.errors import CorpusNotFound, InvalidCorpus
from training.inspection.e4 import inspect_e4
from training.inspection.kemdy import inspect_kemdy
from training.inspection.kemdy_layouts import Layout19, Layout20
from training.inspection.notebooks import find_notebook_files, inspect_notebook_files
from training.inspection.report import Report
from training.inspection.speech import MANIFEST, inspect_speech
from training.inspection.table import TableRow

KEMDY19, KEMDY20 = "KEMDy19", "KEMDy20"
SPEECH, E4, NOTEBOOKS = "speech corpus", "Empatica E4 export", "original notebooks' intermediate files"
EXPECTED = (
    "a KEMDy19 or KEMDy20 root (annotation/), a speech corpus (manifest.csv), an Empatica E4 export (EDA.csv), "
    "or the original notebooks' files"
)
Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found."""

    report: Report
    rows: list[TableRow] | None
    """Of the utterances; None where the path is no corpus of utterances"""


def inspect(path: Path, progress: Progress, *, strict: bool = False) -> Inspection:
    """Recognise what a path holds and look at all of it.

    Raises
    ------
    CorpusNotFound
        There is nothing at this path.
    InvalidCorpus
        It is nothing that is known; or, when `strict`, something in it cannot be read.
    """
    if not path.exists():
        raise CorpusNotFound(f"{path}: no such file or folder")
    kind = recognise(path)
    if kind is None:
        return Inspection(_notebook_report(path, strict), None)
    report = Report(kind, str(path), strict=strict)
    if kind == E4:
        inspect_e4(path, report)
        return Inspection(report, None)
    if kind == SPEECH:
        return Inspection(report, inspect_speech(path, report, progress))
    layout = Layout19(path) if kind == KEMDY19 else Layout20(path)
    return Inspection(report, inspect_kemdy(layout, report, progress))


def recognise(path: Path) -> str | None:
    """Tell what a folder is by what it holds, not by its name; None when it is neither corpus nor export."""
    if not path.is_dir():
        return None
    if find_kemdy19(path):
        return KEMDY19
    if find_kemdy20(path):
        return KEMDY20
    if (path / MANIFEST).is_file():
        return SPEECH
    return E4 if is_e4(path) else None


def _notebook_report(path: Path, strict: bool) -> Report:
    found = find_notebook_files(path)
    if not found:
        raise InvalidCorpus(f"{path}: not {EXPECTED}{_within(path)}")
    report = Report(NOTEBOOKS, str(path), strict=strict)
    inspect_notebook_files(found, report)
    return report


def _within(path: Path) -> str:
    """Name the folders right below that could be inspected."""
    if not path.is_dir():
        return ""
    known = [each.name for each in sorted(path.iterdir()) if each.is_dir() and recognise(each)]
    return f"; but there is {', '.join(known[:5])}{' and more' if len(known) > 5 else ''} in it" if known else ""
