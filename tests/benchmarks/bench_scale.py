"""What a corpus of KEMDy19's size costs: its features, and then the three default models that ship.

    bench_scale.py [--hours 1] [--jobs 2] [--folder DIR]

The goals are for 15 hours on two cores. The steps are those of `maeum-train all`: features of sound, words and bodies;
the statistics of all windows of the voice; and of voice, text and bio the model that is trained on everything, with
its graphs in all number formats. Each of the five folds takes as long as the models again; the statistics serve all.
Other programs take their share of the cores, so processor time is shown beside the clock, and the rate that it stands
for when nothing else wants the cores.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[2]))  # of the tests, only what lies beside a script is found without

from process_tree import Cost, measured
from scaled_corpus import write_scaled_corpus

STEP = """
import sys
from pathlib import Path
from models.scores import MODALITIES
from training.crossval.corpora import open_corpora
from training.crossval.plan import Notices, Plan, Settings
from training.crossval.prepare import prepare
from training.recipes import load_run_recipe
from training.tasks import Workers, run

def quiet(*_):
    pass

root, folder, jobs, step = sys.argv[1:]
workers, work = Workers(int(jobs)), Path(folder)
settings = Settings((Path(root),), work, "sessions", load_run_recipe("default"), "drop", 327, workers)
corpus = open_corpora(settings.paths)
store, _ = prepare(corpus, work, settings.seed, workers, quiet)
plan = Plan(settings, corpus, store, [])
if step == "statistics":
    run(plan.statistics(), workers, quiet)
elif step == "models":
    fits = plan.fits(Notices(quiet, strict=True))
    run([fits[modality, plan.final] for modality in MODALITIES], workers, quiet)
"""
GOALS = {"prepare": ">= 400x, <= 1.5 GB", "fit in all": "<= 1200 s"}


@dataclass(frozen=True, slots=True)
class Step:
    """What was measured, and what lay on the disk after it."""

    name: str
    cost: Cost
    disk: int


def main() -> None:
    """Write a corpus, take its steps, print what they cost, and remove everything."""
    parser = argparse.ArgumentParser(description="What a corpus of KEMDy19's size costs.")
    parser.add_argument(
        "--hours", type=float, default=1.0, help="of speech, in sessions of 0.75 (default: 1; KEMDy19 has 15)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--folder", type=Path, help="where there is room: 0.7 GB for each hour (default: temporary)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-scale-", dir=arguments.folder) as temporary:
        folder = Path(temporary)
        root, seconds = write_scaled_corpus(folder, arguments.hours)
        print(f"{seconds / 3600:.2f} h of speech, {_size(folder) / 1e9:.1f} GB", flush=True)
        steps = []
        for name in ("prepare", "prepare again", "statistics", "models"):
            steps.append(_taken(name, root, folder / "work", arguments.jobs))
            print(steps[-1], flush=True)
    steps.append(_fit(*steps[-2:]))
    Console(width=140).print(_table(steps, seconds, arguments.jobs))


def _taken(name: str, root: Path, work: Path, jobs: int) -> Step:
    cost = measured([sys.executable, "-c", STEP, str(root), str(work), str(jobs), name])
    return Step(name, cost, _size(work))


def _size(folder: Path) -> int:
    """Bytes on the disk; a file of many names counts once."""
    states = {(state.st_dev, state.st_ino): state for state in (path.stat() for path in folder.rglob("*"))}
    return sum(512 * state.st_blocks for state in states.values())


def _fit(statistics: Step, models: Step) -> Step:
    """Both steps as one."""
    one, other = statistics.cost, models.cost
    peaks = max(one.peak, other.peak), max(one.own, other.own)
    return Step("fit in all", Cost(one.clock + other.clock, one.processor + other.processor, *peaks), models.disk)


def _table(steps: Sequence[Step], seconds: float, jobs: int) -> Table:
    """Memory is the most that all processes held at once; undisturbed, they would have the cores to themselves."""
    heads = ("step", "clock", "processor", "x real time", "undisturbed", "memory", "without files", "disk", "goal")
    table = Table(*heads, title=f"{seconds / 3600:.2f} h of speech, {jobs} processes")
    for step in steps:
        cost = step.cost
        table.add_row(
            step.name,
            f"{cost.clock:.0f} s",
            f"{cost.processor:.0f} s",
            f"{seconds / cost.clock:.0f}x",
            f"{seconds / (cost.processor / jobs):.0f}x",
            *(f"{size / 1e9:.2f} GB" for size in (cost.peak, cost.own, step.disk)),
            GOALS.get(step.name, ""),
        )
    return table


if __name__ == "__main__":
    main()
