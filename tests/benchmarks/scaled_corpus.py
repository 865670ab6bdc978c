"""A corpus in KEMDy19's layout and of any size, made of real speech, comments and bodies, which are repeated."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from math import ceil
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.kemdy19_fixture import FIRST_SCENE, STREAM_RATES, Line, annotation, bio_path, time_of_day, write

REAL = Path(__file__).parents[3] / "shared" / "data"
SPEECH = ("ravdess", "nemo_subset", "emotiontts_ko")
SCENES = (*(f"script{n:02}" for n in range(1, 7)), *(f"impro{n:02}" for n in range(1, 5)))
SCENE_S = 270.0
"""So that a session has three quarters of an hour of speech, and twenty of them KEMDy19's fifteen hours"""
ORIGINALS = 4
"""Sessions that differ; further ones repeat them under names of their own"""
RECORDED = 3
"""Times that the sensors run longer than the speech, as in the corpus, whose ECG files have two million rows"""

Scene = list[Line]


@dataclass(frozen=True, slots=True)
class Clip:
    """Real speech, and the label that most raters give it."""

    flac: Path
    seconds: float
    label: str


def write_scaled_corpus(folder: Path, hours: float) -> tuple[Path, float]:
    """Write a corpus of whole sessions below a folder; return its root, and how many seconds of speech it has."""
    root, seconds, sessions = folder / "KEMDy19", 0.0, ceil(hours * 3600 / SCENE_S / len(SCENES))
    clips, texts = cycle(_clips()), cycle(_texts())
    for session in range(1, min(sessions, ORIGINALS) + 1):
        drawn = [list(_drawn(f"Sess{session:02}_{scene}", clips, texts)) for scene in SCENES]
        scenes = [[line for line, _ in scene] for scene in drawn]
        files = _tables(session, scenes)
        for copy in range(session, sessions + 1, ORIGINALS):
            for path, text in files.items():
                write(root / _renamed(path, session, copy), _renamed(text, session, copy))
            for line, clip in (pair for scene in drawn for pair in scene):
                _write_spoken(root, _renamed(line.id, session, copy), line.text, _wav(folder / "sounds", clip))
            seconds += sum(scene[-1].end for scene in scenes)
    return root, seconds


def _renamed(text: str, session: int, copy: int) -> str:
    new = f"{copy:02}"
    return text.replace(f"Session{session:02}", f"Session{new}").replace(f"Sess{session:02}", f"Sess{new}")


def _clips() -> Iterator[Clip]:
    for corpus in SPEECH:
        with (REAL / "speech" / corpus / "manifest.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["label"]:
                    yield Clip(REAL / "speech" / corpus / row["path"], float(row["duration_s"]), row["label"])


def _texts() -> Iterator[str]:
    with (REAL / "text" / "kote.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield " ".join(row["text"].split())


def _drawn(name: str, clips: Iterator[Clip], texts: Iterator[str]) -> Iterator[tuple[Line, Clip]]:
    """Turns of the woman and the man, until the scene is long enough."""
    start, turn = 0.0, 0
    while start < SCENE_S:
        clip = next(clips)
        end = round(start + clip.seconds, 3)
        votes = [clip.label] * 7 + ["neutral", "happy", "sad"]
        yield Line(f"{name}_{'FM'[turn % 2]}{turn // 2 + 1:03}", start, end, votes, next(texts)), clip
        start, turn = end, turn + 1


def _tables(session: int, scenes: list[Scene]) -> dict[str, str]:
    """Annotation and biosignals of a session, by path."""
    lines = [line for scene in scenes for line in scene]
    files = {f"annotation/Session{session:02}_{who}_res.csv": annotation(lines, who) for who in "FM"}
    for stream, rate in STREAM_RATES.items():
        tags = _tags(scenes, rate)
        for place, who in enumerate("FM"):
            path = bio_path(Path(), stream, who, session).as_posix()
            files[path] = "".join(_rows(stream, tags, np.resize(_body(stream, 2 * session + place), len(tags))))
    return files


def _tags(scenes: list[Scene], rate: int) -> list[str]:
    """What ends each row of a sensor: the ID of the segment that it lies in."""
    starts = [FIRST_SCENE + place * RECORDED * SCENE_S for place in range(len(scenes) + 1)]
    tags = [""] * int(starts[-1] * rate)
    for start, scene in zip(starts, scenes, strict=False):
        for line in scene:
            first, stop = (int((start + at) * rate) for at in (line.start, line.end))
            tags[first:stop] = [f",{line.id}"] * (stop - first)
    return tags


def _rows(stream: str, tags: list[str], values: NDArray[np.float64]) -> Iterator[str]:
    """Rows of a sensor; the columns of an ECG are the other way round."""
    times = (np.arange(1, len(tags) + 1) / STREAM_RATES[stream]).tolist()
    for tag, value, time in zip(tags, values.tolist(), times, strict=True):
        first = f"{time:.3f},{value:.8g}" if stream == "ecg" else f"{value:.6f},{time}"
        yield f"{first},{time_of_day(time)}{tag}\n"


@cache
def _body(stream: str, person: int) -> NDArray[np.float64]:
    """Some minutes of a heart, or an hour of a wrist."""
    if stream == "ecg":
        slow = np.loadtxt(REAL / "bio/neurokit/bio_resting_5min_100hz.csv", delimiter=",", skiprows=1, usecols=0)
        return np.interp(np.arange(0, len(slow), 100 / STREAM_RATES[stream]), np.arange(len(slow)), slow)
    return np.loadtxt(REAL / f"bio/stress_predict_e4/S{person:02}/{stream.upper()}.csv", skiprows=2)


def _wav(folder: Path, clip: Clip) -> Path:
    """A clip as a WAV, which is written once."""
    path = folder / f"{clip.flac.stem}.wav"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, *soundfile.read(clip.flac, dtype="int16"), "PCM_16")
    return path


def _write_spoken(root: Path, name: str, text: str, wav: Path) -> None:
    session, scene = name[4:6], name.rpartition("_")[0]
    path = root / "wav" / f"Session{session}" / scene / name
    write(path.with_name(f"{name}.txt"), text + "\n")
    path.with_name(f"{name}.wav").hardlink_to(wav)
