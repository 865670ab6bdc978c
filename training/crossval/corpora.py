"""Which corpus lies at a path, what its rows are, and where each row's sound is; several corpora are taken as one."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.kemdy19 import Kemdy19, find_kemdy19
from devices.kemdy20 import Kemdy20, find_kemdy20
from training.crossval.utterances import (
    KEMDY19,
    KEMDY20,
    Account,
    Utterances,
    of_clips,
    read_kemdy19,
    read_kemdy20,
    stacked,
)
from training.errors import CorpusNotFound, InvalidCorpus
from training.speech_corpora import FOLDER as SPEECH
from training.speech_corpora import Clip, read_clips

SPEECH_CORPORA = "speech corpora"
PARTS = {KEMDY19: ("annotation", "wav", "EDA", "TEMP", "ECG"), KEMDY20: ("annotation", "wav", "EDA", "TEMP", "IBI")}
"""Folders that are read"""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """What lies at a path, or at several."""

    kind: str
    """Of several, joined by ` + `"""
    root: Path
    """Of several, the first one's"""
    utterances: Utterances
    account: Account
    clips: tuple[Clip, ...] = ()
    """Of speech corpora"""
    parts: tuple["Corpus", ...] = ()
    """Of several, in the order of their rows"""

    @property
    def each(self) -> tuple["Corpus", ...]:
        """The corpora that it is made of, or itself."""
        return self.parts or (self,)


def open_corpora(paths: Sequence[Path]) -> Corpus:
    """Recognise the corpora at one or more paths and read their rows.

    Raises
    ------
    CorpusNotFound
        There is no such folder, or no corpus in it.
    InvalidCorpus
        One has no row that can be used, or is there twice.
    SourceError
        When an annotation cannot be read.
    """
    parts = [open_corpus(path) for path in paths]
    if len(parts) == 1:
        return parts[0]
    for one, other in ((one, other) for place, one in enumerate(parts) for other in parts[:place]):
        if one.kind == other.kind:
            raise InvalidCorpus(f"{one.root}: {one.kind} again, which {other.root} is already; name each corpus once")
    account = Account()
    for part in parts:
        account.add(part.account)
    kind = " + ".join(part.kind for part in parts)
    rows = stacked([(part.kind, part.utterances) for part in parts])
    return Corpus(kind, parts[0].root, rows, account, parts=tuple(parts))


def open_corpus(path: Path) -> Corpus:
    """Recognise a corpus and read its rows; raises what `open_corpora` raises."""
    if not path.is_dir():
        raise CorpusNotFound(f"{path}: no such folder")
    if find_kemdy19(path):
        corpus = Kemdy19(path)
        return _with_rows(Corpus(KEMDY19, corpus.root, *read_kemdy19(corpus)))
    if find_kemdy20(path):
        corpus20 = Kemdy20(path)
        return _with_rows(Corpus(KEMDY20, corpus20.root, *read_kemdy20(corpus20)))
    if (path / SPEECH).is_dir():
        clips = read_clips(path)
        account = Account(rows=len(clips), used=len(clips))
        return Corpus(SPEECH_CORPORA, path, of_clips(clips, path), account, tuple(clips))
    raise CorpusNotFound(
        f"{path}: no KEMDy19 root (annotation/SessionNN_F_res.csv), no KEMDy20 root (annotation/SessNN_eval.csv) and "
        f"no {SPEECH}/ with manifests"
    )


def _with_rows(corpus: Corpus) -> Corpus:
    if not len(corpus.utterances):
        raise InvalidCorpus(f"{corpus.root}: no speaker row can be used ({corpus.account.rows} found)")
    return corpus


def fingerprint(corpus: Corpus) -> str:
    """Hash of names, sizes and times of the files that are read: it changes when one of them does."""
    digest = hashlib.sha256()
    for part in corpus.each:
        for file in sorted(_files(part)):
            state, name = file.stat(), file.relative_to(part.root).as_posix()
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _files(part: Corpus) -> Iterable[Path]:
    if part.clips:
        return (clip.path for clip in part.clips)
    return (file for folder in PARTS[part.kind] for file in (part.root / folder).rglob("*") if file.is_file())


def sounds(part: Corpus) -> list[Path | Clip]:
    """Each row's recording, which may be missing, of a corpus that is not made of several."""
    if part.clips:
        return list(part.clips)
    of = part.utterances
    rows = zip(of.session.tolist(), of.scene.tolist(), of.id.tolist(), strict=True)
    return [speech_folder(part.kind, part.root, int(session), scene) / f"{name}.wav" for session, scene, name in rows]


def speech_folder(kind: str, root: Path, session: int, scene: str) -> Path:
    """Where WAV and TXT of a scene's utterances lie; KEMDy20 has those of a session in one place."""
    folder = root / "wav" / f"Session{session:02}"
    return folder / f"Sess{session:02}_{scene}" if kind == KEMDY19 else folder
