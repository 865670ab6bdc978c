"""What every export of a recording shares: new files for the owner alone, and what notes say of labels."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from devices.block import Block
from devices.private import create_file, create_folder
from devices.sessions.lines import Entry, Note
from devices.sessions.recorded import RecordedSession

UNITS = {"eda": "uS", "ecg": "mV", "temp": "degC", "ibi": "s"}
"""Of the streams"""

Progress = Callable[[float], None]
"""Told how far it is, seconds of session time"""


class CannotExport(OSError):
    """A file cannot be written; the message is one line."""


class Export(Protocol):
    """Takes what came, one after the other."""

    def take(self, entry: Entry) -> None: ...  # noqa: D102
    def end(self) -> None: ...  # noqa: D102


def give(export: Export, session: RecordedSession, progress: Progress | None) -> None:
    """Let an export take all of a recording."""
    for entry in session.entries():
        export.take(entry)
        if progress is not None and isinstance(entry, Block):
            progress(entry.end)
    export.end()


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that does not exist yet; what is not finished is removed.

    Raises
    ------
    CannotExport
    """
    with ExitStack() as unfinished, _told(f"{path} cannot be written"):
        descriptor = create_file(path)
        unfinished.callback(path.unlink)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            yield file
        unfinished.pop_all()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Make a folder that does not exist yet; when what is to be in it is not finished, it is removed.

    Raises
    ------
    CannotExport
    """
    with ExitStack() as unfinished:
        with _told(f"{path} cannot be made"):
            create_folder(path)
        unfinished.callback(shutil.rmtree, path, ignore_errors=True)
        yield path
        unfinished.pop_all()


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say what cannot be done, and why."""
    try:
        yield
    except CannotExport:
        raise
    except FileExistsError as error:
        raise CannotExport(f"{error.filename} exists already; nothing is overwritten") from None
    except OSError as error:
        raise CannotExport(f"{what}: {error.strerror}") from error


def is_label(entry: Entry) -> bool:
    """Tell whether a note holds a label of the session, or the result of a segment."""
    return isinstance(entry, Note) and "label" in entry.fields and time_of(entry) is not None


def time_of(note: Note) -> float | None:
    """Session time of which a note speaks, or at which what it speaks of begins; None where it tells none."""
    for key in ("t", "start"):
        value = note.fields.get(key)
        if isinstance(value, int | float):
            return float(value)
    return None
