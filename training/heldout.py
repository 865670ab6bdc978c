"""What the default bundle's models say about people and texts that they were not trained on, as tables of predictions.

The folds of the voice test each other: a fold's validation rows are the clips that the other folds test, so that no
clip decides about its own temperature. The text model's are the development parts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scores import LABELS
from training import ngrams, speech_corpora, voice_segments
from training.metrics import tempered
from training.ngrams import Data
from training.predictions import Predictions, joined
from training.recipes import SEGMENT
from training.stages import HELDOUT, read_json
from training.voice_data import VoiceData
from training.voice_segments import SegmentData

Floats = NDArray[np.float32]
NAMES = {corpus.folder: corpus.name for corpus in speech_corpora.CORPORA}


def voice_tables(prepared: Path, fitted: Path) -> list[Predictions]:
    """Of the model of windows and, where there is one, of that of whole segments; before any temperature.

    Raises
    ------
    NotPrepared
        When the models were not evaluated.
    """
    clips = VoiceData.load(prepared)
    temperature = read_json(fitted / "voice-metrics.json")["temperature"]
    calibrated = np.load(fitted / HELDOUT)
    tables = [_folds("voice", clips, tempered(calibrated, 1 / temperature).astype(np.float32))]
    if (fitted / f"{SEGMENT}.tflite").is_file() and (prepared / f"{SEGMENT}.npz").is_file():
        data = SegmentData.load(prepared)
        answers = voice_segments.heldout(data, fitted, lambda _done, _total: None)
        tables.append(_folds(SEGMENT, data, answers))
    return tables


def _folds(modality: str, clips: VoiceData | SegmentData, probabilities: Floats) -> Predictions:
    folds = np.unique(clips.fold)
    corpus = np.array([NAMES.get(name, name) for name in clips.corpus.tolist()])
    about = {"corpus": corpus, "speaker": clips.speaker, "truth": clips.label, "probabilities": probabilities}
    rows = {
        (part, int(fold)): np.flatnonzero(clips.fold == fold if part == "test" else clips.fold != fold)
        for fold in folds
        for part in ("validation", "test")
    }
    return joined([_table(modality, part, fold, some, about) for (part, fold), some in rows.items()])


def text_table(prepared: Path, fitted: Path) -> Predictions:
    """Of the development and the test parts; raises as `voice_tables`."""
    data = Data.load(prepared)
    parts = {"validation": data.of("development"), "test": data.of("test")}
    answers = ngrams.answers(data, fitted, np.concatenate(list(parts.values())), lambda _done, _total: None)
    nobody = np.full(len(data.corpus), "")
    truth = data.targets.argmax(axis=1)
    about = {"corpus": data.corpus, "speaker": nobody, "truth": truth, "probabilities": answers}
    return joined([_table("text", part, 1, rows, about) for part, rows in parts.items()])


def _table(modality: str, part: str, fold: int, rows: NDArray[np.intp], about: Mapping[str, Any]) -> Predictions:
    """Rows of corpora without sessions, scenes and times."""
    nothing, zeros, unknown = np.full(len(rows), ""), np.zeros(len(rows)), np.full(len(rows), np.nan, np.float32)
    some = {name: column[rows] for name, column in about.items()}
    return Predictions(
        modality,
        id=rows.astype(np.str_),
        part=np.full(len(rows), part),
        fold=np.full(len(rows), fold, np.int64),
        session=nothing,
        scene=nothing,
        kind=nothing,
        start=zeros,
        end=zeros,
        votes=np.eye(len(LABELS), dtype=np.float32)[some["truth"]],
        valence=unknown,
        arousal=unknown,
        **some,
    )
