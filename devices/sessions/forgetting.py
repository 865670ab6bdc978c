"""Removes a recording for good."""

from collections.abc import Sequence
from pathlib import Path

from devices.sessions import layout
from devices.source import SourceNotFound, UnreadableSource


def forget(folder: Path) -> Sequence[str]:
    """Remove a recording, of any version, and its folder; return the names of what is in it that is not of it.

    Files that no recorder writes are left, and then their folder too. The manifest goes last: what was interrupted can
    be done again.

    Raises
    ------
    SourceNotFound
        There is no such folder.
    UnreadableSource
        It is not the recording of a session; nothing is removed.
    OSError
        A file cannot be removed.
    """
    if not folder.exists():
        raise SourceNotFound(f"{folder}: no such folder")
    if folder.is_symlink() or not layout.is_recording(folder):
        raise UnreadableSource(f"{folder}: not the recording of a session; nothing was removed")
    raw = folder / layout.RAW
    for path in layout.own_files(folder):
        path.unlink()
    for place in (raw, folder):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
    return [path.name for path in sorted(folder.iterdir())] if folder.exists() else []
