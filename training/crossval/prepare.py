"""From a corpus folder to its store: which corpus it is, whether it changed, and the features of each scene."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.audio_file import RATE, read_audio
from devices.kemdy19 import Kemdy19, find_kemdy19
from devices.kemdy_annotation import scene_order
from devices.kemdy_text import cleaned, decoded
from devices.source import SourceNotFound, UnreadableSource
from models.features.mfcc import MfccParameters
from training.crossval.bodies import Bodies, scene_bodies
from training.crossval.store import KEY, VARIATIONS, Piece, Store, key_of, no_frames, write_piece, write_store
from training.crossval.utterances import Account, Utterances, of_clips, read_kemdy19
from training.errors import CorpusNotFound, InvalidCorpus
from training.speech_corpora import FOLDER as SPEECH
from training.speech_corpora import Clip, read_clips
from training.tasks import Task, Workers, run
from training.voice_data import Half, frames_of, read_clip, windows_of
from training.whole import remove, whole

SHORTEST_S = 0.1
CLIPS = 50
"""Of speech corpora in one task"""
KEMDY19, SPEECH_CORPORA = "KEMDy19", "speech corpora"
PARTS = ("annotation", "wav", "EDA", "TEMP", "ECG")
"""Folders of KEMDy19 that are read"""

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """What lies at a path."""

    kind: str
    root: Path
    utterances: Utterances
    account: Account
    clips: tuple[Clip, ...] = ()
    """Of speech corpora"""


def open_corpus(path: Path) -> Corpus:
    """Recognise a corpus and read its rows.

    Raises
    ------
    CorpusNotFound
        There is no such folder, or no corpus in it.
    InvalidCorpus
        It has no row that can be used.
    SourceError
        When an annotation cannot be read.
    """
    if not path.is_dir():
        raise CorpusNotFound(f"{path}: no such folder")
    if find_kemdy19(path):
        corpus = Kemdy19(path)
        utterances, account = read_kemdy19(corpus)
        if not len(utterances):
            raise InvalidCorpus(f"{path}: no speaker row can be used ({account.rows} found)")
        return Corpus(KEMDY19, corpus.root, utterances, account)
    if (path / SPEECH).is_dir():
        clips = read_clips(path)
        account = Account(rows=len(clips), used=len(clips))
        return Corpus(SPEECH_CORPORA, path, of_clips(clips, path), account, tuple(clips))
    raise CorpusNotFound(f"{path}: no KEMDy19 root (annotation/SessionNN_F_res.csv) and no {SPEECH}/ with manifests")


def fingerprint(corpus: Corpus) -> str:
    """Hash of names, sizes and times of the files that are read: it changes when one of them does."""
    if corpus.kind == KEMDY19:
        files: Iterable[Path] = (file for part in PARTS for file in (corpus.root / part).rglob("*") if file.is_file())
    else:
        files = (clip.path for clip in corpus.clips)
    digest = hashlib.sha256()
    for file in sorted(files):
        state = file.stat()
        digest.update(f"{file.relative_to(corpus.root).as_posix()}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def prepare(corpus: Corpus, folder: Path, seed: int, workers: Workers, progress: Progress) -> tuple[Store, str | None]:
    """Open the corpus's store below a folder; make it where there is none of this state of the corpus.

    Returns
    -------
    The store, and why an older one in the folder was not used, or None.

    Raises
    ------
    DiskFull, WorkersLost, ClusterUnavailable
    """
    key = key_of(corpus.kind, fingerprint(corpus), seed)
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]
    store, pieces = folder / f"store-{name}", folder / f"pieces-{name}"
    if (store / KEY).is_file():
        progress(1, 1)
        return Store(store), None
    others = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob(f"store-*/{KEY}"))]
    tasks = _tasks(corpus, pieces, seed)
    run(tasks, workers, progress)
    with whole(store) as partial:
        write_store(partial, key, corpus.utterances, [task.output for task in tasks])
    remove(pieces)
    return Store(store), _why_anew(others[-1], key) if others else None


def _why_anew(old: dict[str, object], key: dict[str, object]) -> str:
    changed = [name for name in key if old.get(name) != key[name]]
    what = "the corpus has changed" if "files" in changed else f"{', '.join(changed)} changed"
    return f"features were prepared anew: {what} since those in the work folder were made"


def _tasks(corpus: Corpus, folder: Path, seed: int) -> list[Task]:
    """One for each scene, or for some clips, in the order of the rows."""
    if corpus.kind == KEMDY19:
        table = corpus.utterances
        scenes = [key for key, _ in groupby(zip(table.session.tolist(), table.scene.tolist(), strict=True))]
        return [
            Task(folder / f"{session}-{scene}", write_scene, (corpus.root, int(session), scene, seed))
            for session, scene in scenes
        ]
    batches = [corpus.clips[start : start + CLIPS] for start in range(0, len(corpus.clips), CLIPS)]
    return [Task(folder / f"{number:05}", write_clips, (batch, seed)) for number, batch in enumerate(batches)]


@lru_cache(maxsize=1)
def _corpus(root: Path) -> Kemdy19:
    """Each process reads an annotation once."""
    return Kemdy19(root)


def write_scene(path: Path, root: Path, session: int, scene: str, seed: int) -> None:
    """Write the features of one scene's rows. The seed belongs to the utterance, not to the process."""
    corpus = _corpus(root)
    segments = [each for each in corpus.annotation(session).segments if each.scene == scene]
    folder = root / "wav" / f"Session{session:02}" / f"Sess{session:02}_{scene}"
    rated = [row for row, each in enumerate(segments) if each.rating]
    troubles: list[str] = []
    place = (seed, session, *scene_order(scene)[:1], int(scene[-2:]))
    frames = [_frames(folder / f"{segments[row].id}.wav", (*place, row), troubles) for row in rated]
    texts = [_transcript(folder / f"{segments[row].id}.txt", troubles) for row in rated]
    bodies, unread = scene_bodies(corpus, session, segments)
    clean = [None if text is None else cleaned(text) for text in texts]
    write_piece(path, Piece(frames, clean, texts, bodies.of(rated), troubles + unread))


def write_clips(path: Path, clips: Sequence[Clip], seed: int) -> None:
    """Write the features of clips, which have neither text nor body."""
    frames = [_clip_frames(clip, seed) for clip in clips]
    nothing: list[str | None] = [None] * len(clips)
    write_piece(path, Piece(frames, nothing, nothing, Bodies.empty(len(clips)), []))


def _clip_frames(clip: Clip, seed: int) -> list[Half]:
    parameters = MfccParameters()
    name = int.from_bytes(hashlib.sha256(clip.path.name.encode()).digest()[:4])
    return all_windows(read_clip(clip, parameters.sample_rate), np.random.default_rng((seed, name)))


def all_windows(audio: NDArray[np.float32], random: np.random.Generator) -> list[Half]:
    """All windows of one utterance, that of the notebooks last."""
    parameters = MfccParameters()
    return [*windows_of(audio, parameters, random, VARIATIONS), frames_of(audio, parameters)]


def _frames(path: Path, seed: Sequence[int], troubles: list[str]) -> list[Half]:
    audio = sound_of(path, troubles)
    return no_frames() if audio is None else all_windows(audio, np.random.default_rng(seed))


def sound_of(path: Path, troubles: list[str]) -> NDArray[np.float32] | None:
    """Read an utterance; None, and why among the troubles, where nothing can be heard."""
    try:
        audio, damage = read_audio(path)
    except SourceNotFound:
        troubles.append(f"{path.name}: no such file")
        return None
    except UnreadableSource as error:
        troubles.append(str(error))
        return None
    if damage:
        troubles.append(damage)
    if len(audio) < SHORTEST_S * RATE or not audio.any():
        troubles.append(f"{path.name}: {'silent' if len(audio) else 'empty'}, {len(audio) / RATE:.2f} s; left out")
        return None
    return audio


def _transcript(path: Path, troubles: list[str]) -> str | None:
    if not path.exists():
        troubles.append(f"{path.name}: no such file")
        return None
    text = decoded(path.read_bytes())
    if text is None:
        troubles.append(f"{path.name}: neither UTF-8 nor CP949")
        return None
    return text.partition("\n")[0].strip()
