"""How much faster than real time voice features are prepared, and in how much memory.

    bench_prepare.py [HOURS] [JOBS]

The corpus is made of the real clips, repeated under new names until there are so many hours of it, or of tones where
they are not at hand. Other programs take their share of the cores, so processor time is shown beside the clock.
"""

import csv
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from process_tree import measured
from rich.console import Console
from rich.table import Table

REAL = Path(__file__).parents[3] / "shared" / "data" / "speech"
CORPORA = ("ravdess", "nemo_subset", "emotiontts_ko")
STEP = """
import sys
from pathlib import Path
from training.tasks import Workers
from training.voice_data import prepare
if __name__ == "__main__":
    data, out, jobs, variations = sys.argv[1:]
    prepare(Path(data), Path(out), 1, Workers(int(jobs)), lambda *_: None, int(variations))
"""


def main() -> None:
    """Print seconds, times real time and peak memory, with the variations of each clip and without."""
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 0.2
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    table = Table(
        "windows of each clip", "audio", "clock", "processor", "x real time", "by processor", "peak", "again", "disk"
    )
    with tempfile.TemporaryDirectory(prefix="bench-prepare-") as temporary:
        folder = Path(temporary)
        (folder / "step.py").write_text(STEP)
        seconds = write_corpus(folder / "data" / "speech" / "ravdess", 3600 * hours)
        for variations in (9, 0):
            out = folder / f"out{variations}"
            command = [sys.executable, str(folder / "step.py"), str(folder / "data"), str(out), str(jobs)]
            cost = measured([*command, str(variations)])
            again = measured([*command, str(variations)]).clock
            disk = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
            shutil.rmtree(out)
            rates = seconds / cost.clock, seconds / (cost.processor / jobs)
            name = f"3 and {variations} variations" if variations else "3"
            cells = [f"{cost.clock:.0f} s", f"{cost.processor:.0f} s", *(f"{rate:.0f}x" for rate in rates)]
            table.add_row(
                name,
                f"{seconds / 3600:.2f} h",
                *cells,
                f"{cost.peak / 1e9:.2f} GB",
                f"{again:.1f} s",
                f"{disk / 1e9:.2f} GB",
            )
    Console(width=120).print(table)


def write_corpus(folder: Path, wanted_s: float) -> float:
    """Link clips under new names, or write tones, until there is enough; returns the seconds."""
    (folder / "audio").mkdir(parents=True)
    clips = [path for name in CORPORA for path in sorted((REAL / name).rglob("*.flac"))] or [_tone(folder)]
    durations = [soundfile.info(path).duration for path in clips]
    rows, total = [], 0.0
    while total < wanted_s:
        n = len(rows)
        name = f"audio/{n:06d}.flac"
        (folder / name).symlink_to(clips[n % len(clips)].resolve())
        rows.append({"path": name, "speaker": str(n % 24), "label": "happy" if n % 2 else "sad"})
        total += durations[n % len(clips)]
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return total


def _tone(folder: Path) -> Path:
    t = np.arange(5 * 16_000) / 16_000
    soundfile.write(folder / "tone.flac", 0.3 * np.sin(2 * np.pi * (150 + 40 * np.sin(9 * t)) * t), 16_000)
    return folder / "tone.flac"


if __name__ == "__main__":
    main()
