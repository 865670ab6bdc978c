"""A tiny invented corpus in the layout of the shared data: tones whose pitch moves by label, and short sentences."""

import csv
from pathlib import Path

import numpy as np
import soundfile

from models.scores import LABELS

RATE = 16_000
SPEAKERS = tuple(f"{i:02d}" for i in range(1, 7))
SENTENCES = {
    "angry": "정말 화가 나서 참을 수 없어",
    "disgust": "너무 더럽고 역겨워",
    "fear": "무서워서 떨려",
    "happy": "오늘 정말 행복하고 즐거워",
    "neutral": "내일 회의는 세 시에 시작해",
    "sad": "슬퍼서 눈물이 나",
    "surprise": "세상에 깜짝 놀랐어",
}


def write_corpus(root: Path) -> Path:
    """Write speech/ravdess and text/kote.csv below `root` and return it."""
    _write_speech(root / "speech" / "ravdess")
    _write_text(root / "text")
    return root


def _write_speech(folder: Path) -> None:
    (folder / "audio").mkdir(parents=True)
    rows = []
    for i, speaker in enumerate(SPEAKERS):
        for k, label in enumerate((*LABELS, "")):
            path = Path("audio", f"{speaker}-{label or 'calm'}.flac")
            soundfile.write(folder / path, tone(110 + 20 * i, 1 + k), RATE)
            rows.append({"path": path, "speaker": speaker, "label": label})
    _write_rows(folder / "manifest.csv", rows)
    folds = [{"test_fold": 1 + i % 2, "actor": speaker} for i, speaker in enumerate(SPEAKERS)]
    _write_rows(folder / "emobox_folds.csv", folds)


def tone(hertz: float, wobble: float, seconds: float = 1.4) -> np.ndarray:
    """A tone with harmonics whose pitch and loudness wobble so many times a second."""
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * hertz * t + 4 * np.sin(2 * np.pi * wobble * t)
    sound = sum(np.sin(n * phase) / n for n in range(1, 12))
    return (0.1 * sound * (1 + 0.5 * np.sin(2 * np.pi * wobble * t))).astype(np.float32)


def _write_text(folder: Path) -> None:
    folder.mkdir(parents=True)
    rows = [
        {"text": f"{sentence} {number}", "label7": label, "source": "kote/test" if number == "넷" else "kote/val"}
        for label, sentence in SENTENCES.items()
        for number in ("하나", "둘", "셋", "넷")
    ]
    _write_rows(folder / "kote.csv", rows)


def _write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
