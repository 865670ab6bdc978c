"""From a corpus to its store: whether it changed, and the features of each scene."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from devices.audio_file import RATE, read_audio
from devices.kemdy19 import Kemdy19
from devices.kemdy20 import Kemdy20
from devices.kemdy_annotation import scene_order
from devices.kemdy_text import cleaned, decoded
from devices.source import SourceNotFound, UnreadableSource
from models.features.mfcc import MfccParameters
from training.crossval.bodies import Bodies, scene_bodies, script_bodies
from training.crossval.corpora import Corpus, fingerprint, speech_folder
from training.crossval.store import KEY, VARIATIONS, Piece, Store, key_of, no_frames, write_piece, write_store
from training.crossval.utterances import KEMDY20
from training.speech_corpora import Clip
from training.tasks import Task, Workers, run
from training.voice_data import Half, frames_of, read_clip, windows_of
from training.whole import remove, whole

SHORTEST_S = 0.1
CLIPS = 50
"""Of speech corpora in one task"""
KEMDY20_PLACE = 2
"""Beside KEMDy19's scripts and improvisations, in the seed of an utterance"""

Progress = Callable[[int, int], object]


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
    return [task for part in corpus.each for task in _part_tasks(part, folder / part.kind.replace(" ", "-"), seed)]


def _part_tasks(part: Corpus, folder: Path, seed: int) -> list[Task]:
    if part.clips:
        batches = [part.clips[start : start + CLIPS] for start in range(0, len(part.clips), CLIPS)]
        return [Task(folder / f"{number:05}", write_clips, (batch, seed)) for number, batch in enumerate(batches)]
    table = part.utterances
    scenes = [key for key, _ in groupby(zip(table.session.tolist(), table.scene.tolist(), strict=True))]
    return [
        Task(folder / f"{session}-{scene}", write_scene, (part.kind, part.root, int(session), scene, seed))
        for session, scene in scenes
    ]


@lru_cache(maxsize=2)
def _opened(kind: str, root: Path) -> Kemdy19 | Kemdy20:
    """Each process reads an annotation once."""
    return Kemdy20(root) if kind == KEMDY20 else Kemdy19(root)


def write_scene(path: Path, kind: str, root: Path, session: int, scene: str, seed: int) -> None:
    """Write the features of one scene's rows. The seed belongs to the utterance, not to the process."""
    corpus, folder = _opened(kind, root), speech_folder(kind, root, session, scene)
    if isinstance(corpus, Kemdy20):
        spoken = [each for each in corpus.annotation(session).segments if each.scene == scene]
        bodies, unread = script_bodies(corpus, session, spoken)
        place, ids = KEMDY20_PLACE, [each.id for each in spoken]
    else:
        segments = [each for each in corpus.annotation(session).segments if each.scene == scene]
        rated = [row for row, each in enumerate(segments) if each.rating]
        measured, unread = scene_bodies(corpus, session, segments)
        bodies = measured.of(rated)
        place, ids = scene_order(scene)[0], [segments[row].id for row in rated]
    troubles: list[str] = []
    seeds = [(seed, session, place, int(scene[-2:]), row) for row in range(len(ids))]
    frames = [_frames(folder / f"{one}.wav", each, troubles) for one, each in zip(ids, seeds, strict=True)]
    texts = [_transcript(folder / f"{one}.txt", troubles) for one in ids]
    clean = [None if text is None else cleaned(text) for text in texts]
    write_piece(path, Piece(frames, clean, texts, bodies, troubles + unread))


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
