"""Cost of voice activity, and how well utterances are found in real recordings.

Run `python tests/benchmarks/bench_vad.py [clips per corpus]`. Every clip stands between 1.5 s of a quiet room. Its
last word ends where its level was last within 35 dB of its loudest 20 ms; the closing delay counts from there.
"""

import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from devices.block import Block
from realtime.segmenter import Segment, Segmenter, SegmenterOptions
from realtime.vad import RATE, STEP, Vad

Floats = NDArray[np.float32]

SPEECH = Path(__file__).parents[3] / "shared" / "data" / "speech"
CORPORA = ("ravdess", "emodb_2s", "nemo_subset", "emotiontts_ko", "deeply_ko_read_subset")
PAD = round(1.5 * RATE)


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording in a quiet room, and what the network says about it."""

    audio: Floats
    last_word: float
    """Seconds at which it ends"""
    probabilities: list[float]


class Known(Vad):
    """A network that has already judged the audio, so that options can be compared on the same numbers."""

    def __init__(self, probabilities: list[float]) -> None:
        self._left = iter(probabilities)

    def push(self, samples: Floats) -> list[float]:
        """Next probability for each step of 512 samples."""
        return [next(self._left) for _ in range(len(samples) // STEP)]

    def reset(self) -> None:
        """Nothing is remembered."""


def clips(corpus: str, most: int) -> Iterator[Clip]:
    """Recordings spread evenly over a corpus."""
    with (SPEECH / corpus / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(0)
    for row in rows[:: -(-len(rows) // most)]:
        speech = sf.read(SPEECH / corpus / row["path"], dtype="float32")[0]
        room = rng.normal(0, 3e-5, len(speech) + 2 * PAD).astype(np.float32)
        audio = np.pad(speech, PAD) + room
        yield Clip(audio, (PAD + last_word(speech)) / RATE, Vad().push(audio))


def last_word(speech: Floats, frame: int = 320, below_db: float = 35.0) -> int:
    """Sample at which the level was last within `below_db` of the loudest frame."""
    frames = speech[: len(speech) // frame * frame].reshape(-1, frame)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return int(np.flatnonzero(level > level.max() - below_db)[-1] + 1) * frame


def found(clip: Clip, options: SegmenterOptions) -> list[Segment]:
    """Segments of one clip."""
    segmenter = Segmenter(options, Known(clip.probabilities))
    events = [*segmenter.push(Block("audio", 0, 0.0, RATE, clip.audio)), *segmenter.flush()]
    return [event for event in events if isinstance(event, Segment)]


def table(corpora: dict[str, list[Clip]], options: SegmenterOptions) -> None:
    """Misses, splits and closing delays of every corpus."""
    print(f"closing silence {options.closing_silence_s} s, stays in speech from {options.stay_probability}")
    print(f"  {'corpus':22} clips missed split   closes after the last word, s: median   p95")
    for name, of_corpus in corpora.items():
        results = [found(clip, options) for clip in of_corpus]
        delays = [one[-1].closed_at - clip.last_word for one, clip in zip(results, of_corpus, strict=True) if one]
        missed = sum(not one for one in results)
        split = sum(len(one) > 1 for one in results)
        middle, late = np.percentile(delays, [50, 95])
        print(f"  {name:22} {len(results):5} {missed:6} {split:5} {middle:38.2f} {late:5.2f}")


def cost() -> None:
    """Time for each step: the network alone, and with the segmenter around it."""
    audio = np.random.default_rng(0).normal(0, 0.05, 60 * RATE).astype(np.float32)
    blocks = [Block("audio", at, at / RATE, RATE, audio[at : at + STEP]) for at in range(0, len(audio), STEP)]
    vad, segmenter, alone, both = Vad(), Segmenter(), [], []
    for block in blocks:
        start = time.perf_counter()
        vad.push(block.values)
        middle = time.perf_counter()
        segmenter.push(block)
        alone.append(middle - start)
        both.append(time.perf_counter() - middle)
    a, b = 1e3 * float(np.median(alone)), 1e3 * float(np.median(both))
    print("cost of a step of 32 ms, median of one minute")
    print(f"  Vad {a:.3f} ms   Segmenter with its Vad {b:.3f} ms   ratio {b / a:.2f}   {32 / b:.0f}x real time")


def main() -> None:
    """Print both tables."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    cost()
    if not SPEECH.is_dir():
        print("no real recordings beside this checkout: no table of segments")
        return
    corpora = {name: list(clips(name, most)) for name in CORPORA}
    for closing, stay in ((0.5, 0.2), (0.6, 0.2), (0.7, 0.2), (0.6, 0.35)):
        table(corpora, SegmenterOptions(closing_silence_s=closing, stay_probability=stay))


if __name__ == "__main__":
    main()
