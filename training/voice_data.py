"""The voice model's prepared features: MFCC of every clip, as it is, as the runtime cuts it, and varied.

`voice-shards/` holds the frames of all windows one after the other, float16 [frames, n_mfcc], without padding;
`voice.npz` says whose they are. Only a few clips' windows are in memory at a time.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.features import mfcc
from models.features.mfcc import MfccParameters, mfcc_features
from models.scores import LABELS
from training import augment
from training.augment import speech_part, varied
from training.cache import Origin, mark
from training.errors import InvalidCorpus, NotPrepared
from training.shards import FrameFile, Frames, ends_of, keep_only, open_shards, write_shards
from training.speech_corpora import Clip, files_of, folds_of, read_clips
from training.tasks import Workers
from training.whole import whole

VIEWS = ("speech", "whole", "start")
"""Every clip's first windows: speech without silence around it, the clip as recorded, the first 1.5 s of speech"""
START_S = 1.5
VARIATIONS = 9
"""Further windows of each clip, for training"""
SHARDS = "voice-shards"
PACKAGES = "numpy", "scipy", "soundfile", "soxr"
"""That features are computed with"""

Half = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class VoiceData:
    """Windows of all clips; window w of clip c is frames `ends[c, w - 1]` up to `ends[c, w]` of the flattened table."""

    corpus: NDArray[np.str_]
    """[clips]"""
    speaker: NDArray[np.str_]
    """[clips]"""
    label: NDArray[np.int64]
    """[clips] index into LABELS"""
    fold: NDArray[np.int64]
    """[clips] in which the speaker is tested"""
    ends: NDArray[np.int64]
    """[clips, windows]"""
    parameters: NDArray[np.str_]
    """Scalar: JSON of the MfccParameters"""
    frames: Frames | FrameFile
    """[frames, n_mfcc]"""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what `prepare` wrote."""
        path = folder / "voice.npz"
        if not path.is_file():
            raise NotPrepared(f"{path} is missing; run maeum-train prepare first")
        with np.load(path, allow_pickle=False) as arrays:
            listed = {field.name: arrays[field.name] for field in fields(cls) if field.name != "frames"}
            shards = arrays["shards"].tolist()
        return cls(**listed, frames=open_shards(folder / SHARDS, shards))

    @cached_property
    def mfcc(self) -> MfccParameters:
        """Of the features."""
        return MfccParameters.from_json(json.loads(str(self.parameters)))

    def window(self, clip: int, window: int) -> NDArray[np.float32]:
        """Features as the model takes them, float32 [n_mfcc, frames], zeros behind short ones."""
        flat = clip * self.ends.shape[1] + window
        start = self.ends.flat[flat - 1] if flat else 0
        frames = self.frames[start : self.ends.flat[flat]]
        features = np.zeros((self.mfcc.n_mfcc, self.mfcc.frames), np.float32)
        features[:, : len(frames)] = frames.T
        return features


def origin(data: Path, seed: int) -> Origin:
    """Tell what features of the clips below `data` would be made from."""
    modules = [mfcc, augment, sys.modules[__name__]]
    return Origin.of(files_of(read_clips(data), data), MfccParameters().to_json(), modules, PACKAGES, seed)


def prepare(
    data: Path,
    out: Path,
    seed: int,
    workers: Workers,
    progress: Callable[[int, int], object],
    variations: int = VARIATIONS,
) -> None:
    """Compute the features of every clip below `data` into `out`; `progress` is told shards done and in all.

    Raises
    ------
    CorpusNotFound, InvalidCorpus, WorkersLost, DiskFull
    """
    data, out = data.resolve(), out.resolve()
    clips, parameters, made_from = read_clips(data), MfccParameters(), origin(data, seed)
    folds = folds_of(clips, data)
    (out / "voice.npz").unlink(missing_ok=True)
    seeds = [(seed, crc32(f"{clip.corpus}/{clip.path.name}".encode())) for clip in clips]
    tasks = [(clip, parameters, each, variations) for clip, each in zip(clips, seeds, strict=True)]
    settings = f"{made_from.parameters} {made_from.code} {seed} {variations}".encode()
    marks = [mark(clip.path) + f" {clip.active_s} ".encode() + settings for clip in clips]
    shards = write_shards(out / SHARDS, tasks, marks, clip_windows, workers, progress)
    with whole(out / "voice.npz") as partial:
        np.savez_compressed(
            partial,
            corpus=np.array([clip.corpus for clip in clips]),
            speaker=np.array([clip.speaker for clip in clips]),
            label=np.array([LABELS.index(clip.label) for clip in clips]),
            fold=np.array([folds[clip.speaker] for clip in clips]),
            ends=ends_of(out / SHARDS, shards),
            parameters=np.array(json.dumps(parameters.to_json())),
            shards=np.array(shards),
        )
    keep_only(out / SHARDS, shards)


def clip_windows(task: tuple[Clip, MfccParameters, tuple[int, int], int]) -> list[Half]:
    """Frames of all windows of one clip: VIEWS, then variations. The seed belongs to the clip, not to the process."""
    clip, parameters, seed, variations = task
    return windows_of(read_clip(clip, parameters.sample_rate), parameters, np.random.default_rng(seed), variations)


def windows_of(
    audio: NDArray[np.float32], parameters: MfccParameters, random: np.random.Generator, variations: int
) -> list[Half]:
    """Frames of an utterance's windows: VIEWS, then so many variations."""
    rate = parameters.sample_rate
    speech = speech_part(audio, rate)
    views = [speech, audio, speech[: int(START_S * rate)]]
    windows = views + [varied(speech, rate, parameters.longest, random) for _ in range(variations)]
    return [frames_of(window[: parameters.longest], parameters) for window in windows]


def frames_of(audio: NDArray[np.float32], parameters: MfccParameters) -> Half:
    """MFCC without the padding, float16 [frames, n_mfcc]; the scaling knows what lies behind the last frame too."""
    used = min(1 + len(audio) // parameters.hop_length, parameters.frames)
    return mfcc_features(audio, parameters)[:, :used].T.astype(np.float16, order="C")


def read_clip(clip: Clip, rate: int) -> NDArray[np.float32]:
    """Read a clip's speech, at least 0.1 s.

    Raises
    ------
    InvalidCorpus
        When it cannot be read, is shorter, or has another sample rate.
    """
    import soundfile

    try:
        audio, found = soundfile.read(clip.path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise InvalidCorpus(f"{clip.path}: cannot be read ({error.error_string})") from None
    if found != rate or len(audio) < rate // 10:
        raise InvalidCorpus(f"{clip.path}: {len(audio)} samples at {found} Hz, expected 0.1 s or more at {rate} Hz")
    end = len(audio) if clip.active_s is None else int(clip.active_s * rate)
    return np.asarray(audio[:end, 0], np.float32)
