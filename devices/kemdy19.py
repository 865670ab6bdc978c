"""The KEMDy19 corpus as it is installed: which sessions and scenes there are, and where their parts lie.

The layout is recognised by the annotation files, not by the folder's name::

    annotation/Session99_F_res.csv, Session99_M_res.csv
    wav/Session99/Sess99_script01/Sess99_script01_F001.wav and .txt
    EDA|TEMP|ECG/Session99/Original/Sess99F.csv, Sess99M.csv
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from devices.audio_file import BLOCK_SAMPLES
from devices.kemdy_annotation import PERSONS, SessionAnnotation, read_session, scene_order
from devices.kemdy_bio import RATES
from devices.kemdy_body import Body, read_body
from devices.kemdy_scene import KemdyScene
from devices.source import SourceNotFound, UnreadableSource
from devices.stretch import BLOCK_S

_ANNOTATION = re.compile(r"Session(\d{2})_([FM])_res\.csv")


def find_kemdy19(path: Path) -> Path | None:
    """Return `path`, or the one folder in it, that is a KEMDy19 root; None when there is none."""
    folders = [path, *sorted(each for each in path.iterdir() if each.is_dir())] if path.is_dir() else []
    return next((folder for folder in folders if _annotation_files(folder)), None)


def _annotation_files(root: Path) -> dict[int, dict[str, Path]]:
    """Session to person to annotation file."""
    files: dict[int, dict[str, Path]] = {}
    for path in sorted(root.glob("annotation/*.csv")):
        if match := _ANNOTATION.fullmatch(path.name):
            files.setdefault(int(match[1]), {})[match[2]] = path
    return files


class Kemdy19:
    """A KEMDy19 root, or the folder it lies in.

    Raises
    ------
    SourceNotFound
        There is no such folder.
    UnreadableSource
        It is not a KEMDy19 root.
    """

    def __init__(self, path: Path, *, name: str = "KEMDy19", synthetic: bool = False) -> None:
        if not path.is_dir():
            raise SourceNotFound(f"{path}: no such folder")
        root = find_kemdy19(path)
        if root is None:
            raise UnreadableSource(f"{path}: not a KEMDy19 root: it has no annotation/SessionNN_F_res.csv")
        self.root = root
        self._name = name
        self._synthetic = synthetic
        self.annotation_files = _annotation_files(root)
        """Session to person to file"""
        self.annotation = cache(self._read_annotation)

    def sessions(self) -> Sequence[int]:
        """Return the numbers of the sessions that are annotated, in order."""
        return sorted(self.annotation_files)

    def scenes(self, session: int) -> Sequence[str]:
        """Return the scenes of a session in the order in which they were recorded, `script01` first."""
        return sorted({segment.scene for segment in self.annotation(session).segments}, key=scene_order)

    def scene(
        self,
        session: int,
        scene: str,
        person: str | None = None,
        *,
        block_samples: int = BLOCK_SAMPLES,
        bio_block_s: float = BLOCK_S,
    ) -> KemdyScene:
        """Open one scene with the body of `person`: F, M, or None for the woman's, or the man's where she has none.

        Raises
        ------
        SourceNotFound
            There is no such session or scene; the message lists those that there are.
        UnreadableSource
            The session's annotation cannot be read.
        """
        annotation = self.annotation(session)
        segments = [segment for segment in annotation.segments if segment.scene == scene]
        if not segments:
            known = ", ".join(self.scenes(session)) or "none"
            raise SourceNotFound(f"{self._name} session {session:02} has no scene {scene!r}; it has {known}")
        scene_id = f"Sess{session:02}_{scene}"
        files = {each: self._bio_files(session, each) for each in PERSONS}

        def body(starts: Mapping[str, float], duration: float) -> Body:
            return read_body(files, scene_id, starts, duration, person)

        return KemdyScene(
            f"{self._name}/Session{session:02}/{scene}",
            self.root / "wav" / f"Session{session:02}" / scene_id,
            segments,
            body,
            notices=annotation.notices,
            synthetic=self._synthetic,
            block_samples=block_samples,
            bio_block_s=bio_block_s,
        )

    def _read_annotation(self, session: int) -> SessionAnnotation:
        if session not in self.annotation_files:
            raise SourceNotFound(f"{self._name} has no session {session}; it has {compact(self.sessions())}")
        return read_session(self.annotation_files[session])

    def _bio_files(self, session: int, person: str) -> dict[str, Path]:
        paths = {stream: self.bio_file(session, person, stream) for stream in RATES}
        return {stream: path for stream, path in paths.items() if path.exists()}

    def bio_file(self, session: int, person: str, stream: str) -> Path:
        """Return where a person's `eda`, `temp` or `ecg` of a session lies, or would lie."""
        return self.root / stream.upper() / f"Session{session:02}" / "Original" / f"Sess{session:02}{person}.csv"


def compact(numbers: Iterable[int]) -> str:
    """Write increasing numbers as ranges: `01-03, 07`."""
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    ends = [[number for _, number in run] for _, run in runs]
    return ", ".join(f"{run[0]:02}" if len(run) == 1 else f"{run[0]:02}-{run[-1]:02}" for run in ends)
