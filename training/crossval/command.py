"""`maeum-train all`: one command from a corpus folder to a bundle with believable scores."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from training.crossval.plan import Settings
from training.crossval.run import Bar, Run, cross_validated
from training.recipes import load_run_recipe
from training.tasks import Workers
from training.variants import Comparison

RUNS = Path("runs")


def command(arguments: argparse.Namespace, bar: Bar, tell: Callable[[str], object]) -> None:
    """Run it and print the scores; raises what `cross_validated` and `ship` raise."""
    name = arguments.name or arguments.out.resolve().name
    folder = (arguments.work or RUNS / name).resolve()
    recipe = arguments.recipe or ("notebook" if arguments.protocol == "notebook" else "default")
    settings = Settings(
        paths=tuple(arguments.path),
        folder=folder,
        protocol=arguments.protocol,
        recipe=load_run_recipe(recipe),
        ties=arguments.ties,
        seed=arguments.seed,
        workers=Workers(max(arguments.jobs, 1), arguments.cluster),
        strict=arguments.strict,
        variant=arguments.variant,
    )
    done = cross_validated(settings, tell, bar)
    _finish(done, arguments.out, name, bar)


def _finish(done: Run, out: Path, name: str, bar: Bar) -> None:
    from training.crossval.shipping import ship
    from training.report import write_report
    from training.report.numbers import sizes
    from training.report.screen import as_text, table_text

    bundle, results = ship(done, out, name)
    with bar("report") as progress:
        write_report(done.settings.folder, progress)
    terminal = sys.stdout.isatty()
    width = None if terminal else 120
    rows = done.about["rows"]
    skipped = "".join(f", {count} left out: {reason}" for reason, count in rows["skipped"].items())
    sys.stdout.write(f"{rows['annotated']} rows: {rows['used']} used{skipped}\n")
    sys.stdout.write(as_text(results, width, colours=terminal))
    if compared := [Comparison.from_json(each) for each in done.about["sizes"]]:
        sys.stdout.write("\n" + table_text(sizes(compared), width, terminal))
    for modality, result in done.about["shuffled"].items():
        line = f"LEAKY: {modality} accuracy {result['accuracy']:.3f} on {result['n']} rows: {result['split']}"
        sys.stdout.write(f"\033[31m{line}\033[0m\n" if terminal else f"{line}\n")
    sys.stdout.write(f"{out}: bundle {bundle.name}, {', '.join(bundle.models)}\n")
    sys.stdout.write(f"{done.settings.folder}: every step, and report.html\n")
