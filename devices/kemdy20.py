"""The KEMDy20 corpus as it is installed: which sessions there are, and where their parts lie.

The layout is recognised by the annotation files, not by the folder's name::

    annotation/Sess99_eval.csv
    wav/Session99/Sess99_script01_User197F_001.wav and .txt
    EDA|TEMP|IBI/Session99/Sess99_script01_User197F.csv
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from devices.kemdy20_annotation import Kemdy20Annotation, read_session20
from devices.source import SourceNotFound, UnreadableSource

_ANNOTATION = re.compile(r"Sess(\d{2})_eval\.csv")


def find_kemdy20(path: Path) -> Path | None:
    """Return `path`, or the one folder in it, that is a KEMDy20 root; None when there is none."""
    folders = [path, *sorted(each for each in path.iterdir() if each.is_dir())] if path.is_dir() else []
    return next((folder for folder in folders if _annotation_files(folder)), None)


def _annotation_files(root: Path) -> dict[int, Path]:
    """Session to annotation file."""
    found = ((path, _ANNOTATION.fullmatch(path.name)) for path in sorted(root.glob("annotation/*.csv")))
    return {int(match[1]): path for path, match in found if match}


class Kemdy20:
    """A KEMDy20 root, or the folder it lies in.

    Raises
    ------
    SourceNotFound
        There is no such folder.
    UnreadableSource
        It is not a KEMDy20 root.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise SourceNotFound(f"{path}: no such folder")
        root = find_kemdy20(path)
        if root is None:
            raise UnreadableSource(f"{path}: not a KEMDy20 root: it has no annotation/SessNN_eval.csv")
        self.root = root
        self.annotation_files = _annotation_files(root)
        """Session to file"""
        self.annotation = cache(self._read_annotation)

    def sessions(self) -> Sequence[int]:
        """Return the numbers of the sessions that are annotated, in order."""
        return sorted(self.annotation_files)

    def speech_folder(self, session: int) -> Path:
        """Return where the WAV and TXT of every utterance of a session lie, or would lie."""
        return self.root / "wav" / f"Session{session:02}"

    def bio_file(self, session: int, scene: str, person: str, stream: str) -> Path:
        """Return where the `eda`, `temp` or `ibi` of a person (`User197F`) in a script lies, or would lie."""
        return self.root / stream.upper() / f"Session{session:02}" / f"Sess{session:02}_{scene}_{person}.csv"

    def _read_annotation(self, session: int) -> Kemdy20Annotation:
        if session not in self.annotation_files:
            raise SourceNotFound(f"KEMDy20 has no session {session}; it has {len(self.annotation_files)}")
        return read_session20(self.annotation_files[session])
