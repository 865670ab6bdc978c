"""A corpus's features, computed once by the runtime's own functions: what every task reads.

    store.json          what they were made from: another corpus, parameters or version make them anew
    utterances.npz      the rows; all other files have as many
    voice.npz, voice-frames.f16    MFCC windows; a row without sound has windows without frames
    text.json           transcript of each row, null where there is none; below `raw`, the file's first line as it is
    bio.npz             body windows and their baselines

A store is put together from pieces, one for each scene, that tasks have written: one scene is in memory at a time, and
what was computed before an interruption is not computed again.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features.mfcc import MfccParameters
from models.features.ngrams import is_korean
from models.features.registry import REGISTRY
from models.features.text import NOTEBOOK_STOP_WORDS, EmptyText, TextParameters, tokens
from models.features.whisper import WhisperParameters
from training.crossval.bodies import Bodies
from training.crossval.utterances import Utterances
from training.recipes import SEGMENT
from training.shards import FrameFile
from training.voice_data import VIEWS, Half, VoiceData

VERSION = 4
"""Raised when the same corpus and parameters give other files"""
VARIATIONS = 3
"""Windows of each utterance beside VIEWS, for training"""
NOTEBOOK = len(VIEWS) + VARIATIONS
"""Place of each utterance's last window: the start of the recording, scaled with all of it as the notebooks did"""
KEY, FRAMES, BODIES, TEXT = "store.json", "voice-frames.f16", "bio.npz", "text.json"

Morphemes = list[str] | None


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Features of consecutive rows: those of a scene."""

    frames: list[list[Half]]
    """[rows][windows]"""
    texts: list[str | None]
    """Cleaned transcripts"""
    raw: list[str | None]
    """Transcripts as they are, markers and other people's words included"""
    bodies: Bodies
    troubles: list[str]


@dataclass(frozen=True)
class Store:
    """Opened for reading."""

    folder: Path
    encoded: tuple[Path, ...] = ()
    """Files of what Whisper's encoder makes of the rows, in their order"""

    @cached_property
    def utterances(self) -> Utterances:
        """The rows."""
        return Utterances.load(self.folder / "utterances.npz")

    @cached_property
    def voice(self) -> VoiceData:
        """Windows of all rows."""
        with np.load(self.folder / "voice.npz", allow_pickle=False) as arrays:
            ends = arrays["ends"]
        nothing = np.zeros(len(ends), np.int64)
        return VoiceData(
            corpus=np.full(len(ends), ""),
            speaker=self.utterances.speaker,
            label=nothing,
            fold=nothing,
            ends=ends,
            parameters=np.array(json.dumps(MfccParameters().to_json())),
            frames=FrameFile(self.folder / FRAMES, MfccParameters().n_mfcc),
        )

    @cached_property
    def texts(self) -> list[str | None]:
        """Each row's cleaned transcript."""
        return self._text["cleaned"]

    @cached_property
    def morphemes(self) -> list[Morphemes]:
        """Each row's cleaned transcript as the original notebooks cut it."""
        return [morphemes(text) for text in self.texts]

    @cached_property
    def raw_texts(self) -> list[str | None]:
        """Each row's transcript as it is."""
        return self._text["raw"]

    @cached_property
    def _text(self) -> dict[str, list[Any]]:
        content: dict[str, list[Any]] = json.loads((self.folder / TEXT).read_text(encoding="utf-8"))
        return content

    @cached_property
    def bodies(self) -> Bodies:
        """Of all rows."""
        with np.load(self.folder / BODIES, allow_pickle=False) as arrays:
            return Bodies(**{each.name: arrays[each.name] for each in fields(Bodies)})

    @cached_property
    def troubles(self) -> list[str]:
        """What could not be read while it was made."""
        return self._text["troubles"]

    @cached_property
    def encodings(self) -> NDArray[np.float32]:
        """Whisper's statistics of all rows, [n, statistics], NaN where nothing can be heard."""
        if not self.encoded:
            return np.full((len(self.utterances), 1), np.nan, np.float32)
        return np.concatenate([_array(path, "statistics") for path in self.encoded])

    @cached_property
    def encoder(self) -> WhisperParameters:
        """Which encoder that was."""
        return WhisperParameters.from_json(json.loads(str(_array(self.encoded[0], "parameters"))))

    def there(self, modality: str) -> NDArray[np.bool_]:
        """Which rows have the modality, [n]."""
        if modality == "voice":
            return np.diff(self.voice.ends[:, -1], prepend=0) > 0
        if modality == SEGMENT:
            return np.asarray(np.isfinite(self.encodings[:, 0]))
        if modality == "text":
            return np.array([text is not None and is_korean(text) for text in self.texts], bool)
        return self.bodies.known


def _array(path: Path, name: str) -> NDArray[Any]:
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays[name])


def digest(*parts: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    """Short hash of settings."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def morphemes(text: str | None) -> Morphemes:
    """Cut a transcript as the original notebooks did: None where it has no Hangul, nothing where only stop words."""
    try:
        found = tokens(text or "", TextParameters(stop_words=()))
    except EmptyText:
        return None
    return [one for one in found if one not in NOTEBOOK_STOP_WORDS]


def key_of(corpus: str, fingerprint: str, seed: int) -> dict[str, Any]:
    """What a store is made from."""
    versions = {name: feature.version for name, feature in REGISTRY.items()}
    mfcc = MfccParameters().to_json()
    variations = {"variations": VARIATIONS, "seed": seed}
    return {"version": VERSION, "corpus": corpus, "files": fingerprint, "features": versions, "mfcc": mfcc} | variations


def write_piece(folder: Path, piece: Piece) -> None:
    """Write the features of a scene into a new folder."""
    folder.mkdir()
    with (folder / FRAMES).open("wb") as file:
        for row in piece.frames:
            file.writelines(window.tobytes() for window in row)
    lengths = np.array([[len(window) for window in row] for row in piece.frames], np.int64)
    np.savez_compressed(folder / BODIES, lengths=lengths, **vars_of(piece.bodies))
    _write_json(folder / TEXT, {"cleaned": piece.texts, "raw": piece.raw, "troubles": piece.troubles})


def write_store(folder: Path, key: dict[str, Any], utterances: Utterances, pieces: Sequence[Path]) -> None:
    """Put a store together in a new folder; `pieces` are in the order of the rows, and are removed on the way."""
    folder.mkdir()
    texts, arrays = [], []
    with (folder / FRAMES).open("wb") as whole:
        for piece in pieces:
            with (piece / FRAMES).open("rb") as part:
                shutil.copyfileobj(part, whole)
            with np.load(piece / BODIES, allow_pickle=False) as found:
                arrays.append({name: found[name] for name in found.files})
            texts.append(json.loads((piece / TEXT).read_text(encoding="utf-8")))
    stacked = {name: np.concatenate([each[name] for each in arrays]) for name in arrays[0]}
    lengths = stacked.pop("lengths")
    utterances.save(folder / "utterances.npz")
    np.savez_compressed(folder / "voice.npz", ends=np.cumsum(lengths).reshape(lengths.shape))
    np.savez_compressed(folder / BODIES, **stacked)
    _write_json(folder / TEXT, {name: [each for text in texts for each in text[name]] for name in texts[0]})
    _write_json(folder / KEY, key)


def vars_of(bodies: Bodies) -> dict[str, Any]:
    """Arrays by name."""
    return {each.name: getattr(bodies, each.name) for each in fields(Bodies)}


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


def no_frames() -> list[Half]:
    """Windows of a row without sound."""
    return [np.zeros((0, MfccParameters().n_mfcc), np.float16)] * (NOTEBOOK + 1)
