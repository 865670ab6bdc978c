"""The KEMDy20 corpus as it is installed: which sessions there are, and where their parts lie.

The layout is recognised by the annotation files, not by the folder's name::

    annotation/Sess99_eval.csv
    wav/Session99/Sess99_script01_User197F_001.wav and .txt
    EDA|TEMP|IBI/Session99/Sess99_script01_User197F.csv
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from devices.audio_file import BLOCK_SAMPLES
from devices.kemdy19 import compact
from devices.kemdy20_annotation import Kemdy20Annotation, read_session20
from devices.kemdy20_bio import STREAMS
from devices.kemdy20_body import read_body20
from devices.kemdy_body import Body
from devices.kemdy_scene import KemdyScene
from devices.source import SourceNotFound, UnreadableSource
from devices.stretch import BLOCK_S

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

    def scenes(self, session: int) -> Sequence[str]:
        """Return the scripts of a session, in order."""
        return sorted({segment.scene for segment in self.annotation(session).segments})

    def scene(
        self,
        session: int,
        scene: str,
        person: str | None = None,
        *,
        block_samples: int = BLOCK_SAMPLES,
        bio_block_s: float = BLOCK_S,
    ) -> KemdyScene:
        """Open one script with the body of `person`: a user (`User197`), the first of a gender (F, M), or of anybody.

        Raises
        ------
        SourceNotFound
            There is no such session or script; the message lists those that there are.
        UnreadableSource
            The session's annotation cannot be read.
        """
        annotation = self.annotation(session)
        segments = [segment for segment in annotation.segments if segment.scene == scene]
        if not segments:
            known = ", ".join(self.scenes(session)) or "none"
            raise SourceNotFound(f"KEMDy20 session {session:02} has no script {scene!r}; it has {known}")
        people = {f"{segment.speaker}{segment.gender}" for segment in segments}
        files = {each: self._bio_files(session, scene, each) for each in people}

        def body(starts: Mapping[str, float], _duration: float) -> Body:
            return read_body20(files, starts, person)

        return KemdyScene(
            f"KEMDy20/Session{session:02}/{scene}",
            self.speech_folder(session),
            segments,
            body,
            notices=annotation.notices,
            block_samples=block_samples,
            bio_block_s=bio_block_s,
        )

    def _bio_files(self, session: int, scene: str, person: str) -> dict[str, Path]:
        paths = {stream: self.bio_file(session, scene, person, stream) for stream in STREAMS}
        return {stream: path for stream, path in paths.items() if path.exists()}

    def speech_folder(self, session: int) -> Path:
        """Return where the WAV and TXT of every utterance of a session lie, or would lie."""
        return self.root / "wav" / f"Session{session:02}"

    def bio_file(self, session: int, scene: str, person: str, stream: str) -> Path:
        """Return where the `eda`, `temp` or `ibi` of a person (`User197F`) in a script lies, or would lie."""
        return self.root / stream.upper() / f"Session{session:02}" / f"Sess{session:02}_{scene}_{person}.csv"

    def _read_annotation(self, session: int) -> Kemdy20Annotation:
        if session not in self.annotation_files:
            raise SourceNotFound(f"KEMDy20 has no session {session}; it has {compact(self.sessions())}")
        return read_session20(self.annotation_files[session])
