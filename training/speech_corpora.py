"""Clips of acted and recorded emotion, by speaker, from folders with a `manifest.csv`."""

import csv
from dataclasses import dataclass
from pathlib import Path

from models.scores import LABELS
from training.errors import CorpusNotFound, InvalidCorpus

FOLDER = Path("speech")
"""Below the data's root"""
FOLDS = 6
NEEDED = ("path", "speaker", "label")


@dataclass(frozen=True, slots=True)
class SpeechCorpus:
    """Where a corpus comes from and under which terms."""

    folder: str
    name: str
    language: str
    licence: str
    attribution: str


CORPORA = (
    SpeechCorpus("ravdess", "RAVDESS", "English", "CC BY-NC-SA 4.0", "Livingstone & Russo (2018)"),
    SpeechCorpus("emodb_2s", "EmoDB (first 2 s of each clip)", "German", "CC0-1.0", "Burkhardt et al. (2005)"),
    SpeechCorpus("nemo_subset", "nEMO (subset)", "Polish", "CC BY-NC-SA 4.0", "Christop (2024)"),
    SpeechCorpus("emotiontts_ko", "EmotionTTS-ko", "Korean", "CC BY-NC-SA 4.0", "emotiontts open db, research use"),
    SpeechCorpus("corrections", "Corrections", "as recorded", "private", "people of recorded sessions (maeum export)"),
)


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled utterance."""

    corpus: str
    """Folder of its corpus"""
    path: Path
    speaker: str
    """Unique over all corpora"""
    label: str
    active_s: float | None
    """Seconds from the start that are speech, where silence was appended; None: all"""


def read_clips(data: Path) -> list[Clip]:
    """Every clip that carries one of the seven labels; RAVDESS's calm and others without one are left out.

    Raises
    ------
    CorpusNotFound
        When there is no corpus at all.
    InvalidCorpus
        When a manifest lacks a column or names an unknown label.
    """
    folders = [data / FOLDER / corpus.folder for corpus in CORPORA]
    clips = [clip for folder in folders if (folder / "manifest.csv").is_file() for clip in _read(folder)]
    if not clips:
        names = ", ".join(corpus.folder for corpus in CORPORA)
        raise CorpusNotFound(f"no labelled speech below {data / FOLDER}; expected a manifest.csv in one of {names}")
    return clips


def folds_of(clips: list[Clip], data: Path) -> dict[str, int]:
    """Fold 1..FOLDS in which each speaker is tested: EmoBox's for RAVDESS, in turn by name for all others."""
    published = _published_folds(data)
    others = sorted({clip.speaker for clip in clips} - published.keys())
    return {**published, **{speaker: i % FOLDS + 1 for i, speaker in enumerate(others)}}


def files_of(clips: list[Clip], data: Path) -> list[Path]:
    """Every file that the clips, their labels and folds come from."""
    named = [path for name in ("manifest.csv", "emobox_folds.csv") for path in sorted(data.glob(f"{FOLDER}/*/{name}"))]
    return named + [clip.path for clip in clips]


def _read(folder: Path) -> list[Clip]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if missing := [name for name in NEEDED if name not in (rows.fieldnames or ())]:
            raise InvalidCorpus(f"{folder / 'manifest.csv'}: no column {missing[0]!r}")
        return [_clip(folder, row, line) for line, row in enumerate(rows, 2) if row["label"]]


def _clip(folder: Path, row: dict[str, str], line: int) -> Clip:
    where = f"{folder / 'manifest.csv'}:{line}"
    if row["label"] not in LABELS:
        raise InvalidCorpus(f"{where}: label is {row['label']!r:.40}, expected {' '.join(LABELS)} or nothing")
    path = folder / row["path"]
    if not path.is_file():
        raise CorpusNotFound(f"{where}: {path} is missing")
    active = float(row["active_s"]) if row.get("active_s") else None
    return Clip(folder.name, path, f"{folder.name}/{row['speaker']}", row["label"], active)


def _published_folds(data: Path) -> dict[str, int]:
    path = data / FOLDER / "ravdess" / "emobox_folds.csv"
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {f"ravdess/{row['actor']}": int(row["test_fold"]) for row in csv.DictReader(file)}
