"""Error rate and time of `realtime.whisper` on Korean read speech, for margins and beams, beside stock faster-whisper.

Character error rate: edits summed over all clips / reference characters, letters and digits only. Run from a checkout
with the recordings beside it: `python tests/benchmarks/bench_whisper.py [--clips N] [--json FILE]`.
"""

import argparse
import csv
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from models.whisper_weights import weights_folder
from realtime.whisper import Decoding, Whisper

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "speech" / "deeply_ko_read_subset"
MARGINS = (0.5, 1.0, 2.0, 4.0, 8.0, 12.0)
BEAMS = (1, 5)
Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """One way to transcribe, over all clips."""

    name: str
    cer: float
    median_s: float
    p95_s: float
    refused: int
    ratio: float
    """Time of stock / time of this, summed over the clips"""


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def edits(a: str, b: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[:], i
        for j, y in enumerate(b, 1):
            row[j] = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x != y))
    return row[-1]


def measure(transcribe: Callable[[Audio], str], clips: list[tuple[Audio, str]]) -> tuple[float, list[float], int]:
    """Return error rate, seconds of every clip, and how many transcripts are empty."""
    wrong, empty, seconds = 0, 0, []
    for audio, reference in clips:
        start = time.perf_counter()
        text = letters(transcribe(audio))
        seconds.append(time.perf_counter() - start)
        wrong += edits(text, reference)
        empty += not text
    return wrong / sum(len(reference) for _, reference in clips), seconds, empty


def read_clips(count: int) -> list[tuple[Audio, str]]:
    with (CLIPS / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows = rows[:: max(1, len(rows) // count)][:count]
    return [(soundfile.read(CLIPS / row["path"], dtype="float32")[0], letters(row["transcript"])) for row in rows]


def stock(model: WhisperModel) -> Callable[[Audio], str]:
    return lambda audio: "".join(segment.text for segment in model.transcribe(audio, language="ko", beam_size=5)[0])


def ours(model: WhisperModel, decoding: Decoding) -> Callable[[Audio], str]:
    whisper = Whisper(model, "ko", decoding)
    return lambda audio: whisper.transcribe(audio).text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    clips = read_clips(arguments.clips)
    model = WhisperModel(str(weights_folder("base")), device="cpu", compute_type="int8", cpu_threads=arguments.threads)
    ways = {"stock transcribe, beam 5": stock(model)} | {
        f"margin {margin:g} s, beam {beam}": ours(model, Decoding(margin=margin, beam=beam))
        for beam in BEAMS
        for margin in MARGINS
    }
    print(f"{len(clips)} clips, int8, {arguments.threads} threads")
    print(f"{'way':26}{'CER':>8}{'median s':>10}{'p95 s':>8}{'refused':>9}{'times faster':>14}")
    rows: list[Row] = []
    total = None
    for name, transcribe in ways.items():
        transcribe(clips[0][0])
        cer, seconds, refused = measure(transcribe, clips)
        total = total or sum(seconds)
        median, p95 = (float(np.percentile(seconds, q)) for q in (50, 95))
        rows.append(Row(name, cer, median, p95, refused, total / sum(seconds)))
        print(f"{name:26}{cer:8.4f}{median:10.3f}{p95:8.3f}{refused:9}{rows[-1].ratio:14.2f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
