"""What Whisper's encoder makes of each utterance, as tasks that write a file each: for the voice of whole segments."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.features.whisper import WhisperParameters
from models.whisper_encoder import RATE, parameters_of
from training.crossval.corpora import Corpus, fingerprint, sounds
from training.crossval.prepare import sound_of
from training.crossval.store import digest
from training.speech_corpora import Clip
from training.tasks import Task
from training.voice_data import read_clip
from training.voice_segments import SIZE, encoder, speech_statistics

VERSION = 1
"""Raised when the same corpus gives other files"""
ROWS = 50
"""Utterances in one task"""

Sound = Path | Clip


def encoding_tasks(corpus: Corpus, folder: Path) -> list[Task]:
    """One for some utterances each, in the order of the rows; each corpus has its own folder."""
    return [task for part in corpus.each for task in _part_tasks(part, folder)]


def _part_tasks(part: Corpus, folder: Path) -> list[Task]:
    recordings = sounds(part)
    below = folder / f"whisper-{digest(VERSION, SIZE, part.kind, fingerprint(part))}"
    batches = [recordings[start : start + ROWS] for start in range(0, len(recordings), ROWS)]
    return [Task(below / f"{number:05}.npz", write_encodings, (batch,)) for number, batch in enumerate(batches)]


def write_encodings(path: Path, sounds: Sequence[Sound]) -> None:
    """Write statistics [sounds, n], NaN where nothing can be heard, and the encoder's parameters."""
    parameters = parameters_of(encoder(), SIZE)
    found = [_statistics(sound, parameters) for sound in sounds]
    with path.open("wb") as file:
        np.savez(file, statistics=np.stack(found), parameters=np.array(json.dumps(parameters.to_json())))


def _statistics(sound: Sound, parameters: WhisperParameters) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    audio = read_clip(sound, RATE) if isinstance(sound, Clip) else sound_of(sound, [])
    if audio is None:
        return np.full(2 * parameters.dimensions, np.nan, np.float32)
    return speech_statistics(audio)
