"""The command `maeum-train`: corpora in, a bundle of TFLite models out.

Exit codes: 0 done, 1 failed, 2 usage, 3 a required file or folder is missing. Nothing heavy is imported here, so that
`maeum-train --help` answers at once.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.scores import Modality
    from training.report.numbers import Table
    from training.variants import Comparison

DONE, FAILED, USAGE, MISSING = 0, 1, 2, 3
MODALITIES = ("voice", "text", "bio")
VARIANTS = ("float32", "float16", "dynamic", "int8", "selective")
SEED = 327
RUNS = Path("runs")


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(
        prog="maeum-train", description="Train maeum's models from corpora of recordings.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True)
    _inspect_options(commands.add_parser("inspect", help="what a corpus or file holds, lacks and needs repaired"))
    _prepare_options(commands.add_parser("prepare", help="compute and store features"))
    _fit_options(commands.add_parser("fit", help="train one model and export its TFLite graphs"))
    _evaluate_options(commands.add_parser("evaluate", help="score the exported graphs on held-out data"))
    _report_options(commands.add_parser("report", help="evaluate a run's predictions: tables, report.html, drawings"))
    _quantise_options(commands.add_parser("quantise", help="compare the graphs' sizes in bits and use the smallest"))
    _personal_options(commands.add_parser("personal", help="measure what a person's profile is worth"))
    _export_options(commands.add_parser("export", help="write a bundle of the fitted and evaluated models"))
    _all_options(commands.add_parser("all", help="from a corpus to a bundle tested on people it had not heard"))
    _bundle_options(commands.add_parser("bundle", help="the default bundle, from the folder of shared data"))
    _import_options(commands.add_parser("import-h5", help="make a bundle of the original notebooks' Keras files"))
    return parser


def _inspect_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        type=Path,
        metavar="PATH",
        help="KEMDy19, KEMDy20, a folder with manifest.csv, an Empatica E4 export, or the original notebooks' files",
    )
    parser.add_argument("--table", type=Path, metavar="FILE", help="write one row per utterance (CSV)")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--strict", action="store_true", help="stop at the first thing that cannot be read")


def _prepare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA", help="folder with speech/, text/ and bio/")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the features go")
    _only(parser)
    _seed(parser)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler that works instead, tcp://HOST:PORT")


def _fit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("modality", choices=MODALITIES)
    parser.add_argument("--prepared", type=Path, required=True, metavar="DIR", help="what `prepare` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where graphs and parameters go")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="TOML file instead of the default recipe")
    _seed(parser)


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("modality", choices=MODALITIES)
    parser.add_argument("--prepared", type=Path, required=True, metavar="DIR", help="what `prepare` wrote")
    parser.add_argument("--fitted", type=Path, required=True, metavar="DIR", help="what `fit` wrote")
    parser.add_argument("--json", action="store_true", help="print all scores as JSON")


def _report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run of `all`, or of `bundle`")
    parser.add_argument("--json", action="store_true", help="print all results as JSON")


def _quantise_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("modality", choices=MODALITIES)
    parser.add_argument("--prepared", type=Path, required=True, metavar="DIR", help="what `prepare` wrote")
    parser.add_argument("--fitted", type=Path, required=True, metavar="DIR", help="what `fit` wrote")
    _variant(parser)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def _personal_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prepared", type=Path, required=True, metavar="DIR", help="what `prepare` wrote")
    parser.add_argument("--fitted", type=Path, required=True, metavar="DIR", help="what `fit` and `evaluate` wrote")
    parser.add_argument("--json", action="store_true", help="print the tables as JSON")


def _export_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fitted", type=Path, required=True, metavar="DIR", help="what `fit` and `evaluate` wrote")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--name", help="of the bundle (default: its folder's)")


def _bundle_options(parser: argparse.ArgumentParser) -> None:
    _prepare_options(parser)
    parser.add_argument("--name", help="of the bundle (default: its folder's)")
    _variant(parser)
    parser.add_argument(
        "--recipes", type=Path, metavar="DIR", help="folder with voice.toml, text-ngrams.toml of your own"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep all steps here (default: runs/NAME)")


def _all_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="a KEMDy19 or KEMDy20 root, both of them, or a folder with speech/ and manifests",
    )
    choices = {"sessions": "five folds of sessions", "speakers": "folds of people", "notebook": "the notebooks', leaky"}
    parser.add_argument(
        "--protocol",
        choices=choices,
        default="sessions",
        help=f"the split: {'; '.join(f'{name}: {what}' for name, what in choices.items())} (default: sessions)",
    )
    parser.add_argument(
        "--recipe", metavar="RECIPE", help="default, notebook, or a TOML file with sections voice, text, bio"
    )
    parser.add_argument(
        "--ties",
        choices=("first", "drop", "votes"),
        default="drop",
        help="utterances whose raters are tied: the label named first, left out, or train all on the raters' votes "
        "(default: drop)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--name", help="of the bundle (default: its folder's)")
    parser.add_argument("--work", type=Path, metavar="DIR", help="keep all steps here (default: runs/NAME)")
    parser.add_argument("--strict", action="store_true", help="end the run at anything that is missing or broken")
    _variant(parser)
    _seed(parser)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: cores)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="of a Dask scheduler that works instead, tcp://HOST:PORT")


def _import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--voice", type=Path, metavar="FILE", help="best_model_wav.h5")
    parser.add_argument("--text", type=Path, metavar="FILE", help="best_model_txt.h5; needs --table")
    parser.add_argument("--bio", type=Path, metavar="FILE", help="best_model_bio.h5; needs --bio-table")
    parser.add_argument("--table", type=Path, metavar="FILE", help="merged_bio_text.csv: the text model's vocabulary")
    parser.add_argument(
        "--bio-table", type=Path, metavar="FILE", help="df_all_bio.csv, the means before scaling (default: --table)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle's folder")
    parser.add_argument("--name", help="of the bundle (default: its folder's)")


def _only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", nargs="+", choices=MODALITIES, default=MODALITIES, help="some of the modalities")


def _variant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--variant",
        choices=VARIANTS,
        help="number format of the graphs (default: the smallest within 0.5 points of float32, for each model)",
    )


def _seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"of everything random (default: {SEED})")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; never lets a traceback out for a user's mistake."""
    arguments = build_parser().parse_args(argv)
    from devices.source import SourceError
    from models.bundle import BundleError
    from models.tflite import TfliteUnavailable
    from training.errors import CorpusNotFound, InvalidRecipe, NotPrepared, TrainingError

    try:
        COMMANDS[arguments.command](arguments)
    except InvalidRecipe as error:
        return _complain(error, USAGE)
    except (CorpusNotFound, NotPrepared, TfliteUnavailable) as error:
        return _complain(error, MISSING)
    except ModuleNotFoundError as error:
        return _complain(f"{error.name} is not installed; install maeum[training]", MISSING)
    except (TrainingError, SourceError, BundleError) as error:
        return _complain(error, FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone; what Python still holds for standard output must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        return _complain(f"{error.filename or 'input or output'}: {error.strerror or error}", FAILED)
    except KeyboardInterrupt:
        return _complain("stopped", FAILED)
    return DONE


def _inspect(arguments: argparse.Namespace) -> None:
    from training.inspection.command import inspect
    from training.inspection.screen import as_text, slow_progress
    from training.inspection.table import write_table

    with slow_progress("inspect") as progress:
        inspection = inspect(arguments.path, progress, strict=arguments.strict)
    if arguments.table:
        if inspection.rows is None:
            kind = inspection.report.kind
            raise SystemExit(_complain(f"--table goes with a corpus of utterances; {arguments.path} is: {kind}", USAGE))
        write_table(arguments.table, inspection.rows)
    report = inspection.report
    as_json = json.dumps(report.as_json(), ensure_ascii=False) + "\n" if arguments.json else None
    sys.stdout.write(as_json or as_text(report, sys.stdout.isatty()))
    sys.stdout.flush()


def _prepare(arguments: argparse.Namespace) -> None:
    _prepare_into(arguments, arguments.out)


def _prepare_into(arguments: argparse.Namespace, out: Path) -> None:
    from training import stages
    from training.errors import CorpusNotFound
    from training.tasks import Workers

    if not arguments.data.is_dir():
        raise CorpusNotFound(f"data folder {arguments.data} is missing")
    workers = Workers(max(arguments.jobs, 1), arguments.cluster)
    for modality in arguments.only:
        with _progress(f"prepare {modality}") as progress:
            stages.prepare(modality, arguments.data, out, arguments.seed, workers, progress, _tell)


def _fit(arguments: argparse.Namespace) -> None:
    from training import stages

    with _progress(f"fit {arguments.modality}") as progress:
        of = (arguments.modality, arguments.prepared, arguments.out, arguments.recipe, arguments.seed)
        stages.fit(*of, progress, _tell)


def _evaluate(arguments: argparse.Namespace) -> None:
    from training import stages

    with _progress(f"evaluate {arguments.modality}") as progress:
        metrics = stages.evaluate(arguments.modality, arguments.prepared, arguments.fitted, progress)
    if arguments.json:
        sys.stdout.write(json.dumps(metrics, ensure_ascii=False) + "\n")
        return
    scored = metrics.get("corpora") or {arguments.modality: metrics}
    for name, scores in scored.items():
        numbers = " ".join(f"{key} {scores[key]:.3f}" for key in ("accuracy", "uar", "macro_f1") if key in scores)
        sys.stdout.write(f"{name}: {numbers}\n")


def _report(arguments: argparse.Namespace) -> None:
    from training.inspection.screen import slow_progress
    from training.report import write_report
    from training.report.screen import as_text

    if not (arguments.run / "run.json").is_file() and (arguments.run / "fitted").is_dir():
        _bundle_report(arguments.run)
        return
    with slow_progress("report") as progress:
        results = write_report(arguments.run, progress)
    if arguments.json:
        sys.stdout.write(json.dumps(results.to_json(), ensure_ascii=False) + "\n")
        return
    terminal = sys.stdout.isatty()
    sys.stdout.write(as_text(results, None if terminal else 120, colours=terminal))
    sys.stdout.write(f"\n{arguments.run / 'report.html'}\n")


def _quantise(arguments: argparse.Namespace) -> None:
    of = (arguments.modality, arguments.prepared, arguments.fitted, arguments.variant, arguments.jobs)
    comparisons = _quantised(*of)
    if arguments.json:
        sys.stdout.write(json.dumps([each.to_json() for each in comparisons], ensure_ascii=False) + "\n")
    else:
        _print_sizes(comparisons)


def _quantised(
    modality: "Modality", prepared: Path, fitted: Path, variant: str | None, jobs: int
) -> "list[Comparison]":
    from training import stages
    from training.tasks import Workers

    with _progress(f"quantise {modality}") as progress:
        return stages.quantise(modality, prepared, fitted, variant, Workers(max(jobs, 1)), progress)


def _print_sizes(comparisons: "list[Comparison]") -> None:
    from training.report.numbers import sizes

    _print_table(sizes(comparisons))


def _print_table(table: "Table") -> None:
    from training.report.screen import table_text

    terminal = sys.stdout.isatty()
    sys.stdout.write(table_text(table, None if terminal else 120, terminal))


def _personal(arguments: argparse.Namespace) -> None:
    from training.personal import measure
    from training.report.personal import personal_tables

    with _progress("personal") as progress:
        found = measure(arguments.prepared, arguments.fitted, progress)
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    for table in personal_tables(found):
        _print_table(table)


def _export(arguments: argparse.Namespace) -> None:
    from training import bundling

    bundle = bundling.export(arguments.fitted, arguments.out, arguments.name or arguments.out.resolve().name)
    sys.stdout.write(f"{arguments.out}: bundle {bundle.name}, {', '.join(bundle.models)}\n")


def _bundle(arguments: argparse.Namespace) -> None:
    from training import stages

    name = arguments.name or arguments.out.resolve().name
    work = arguments.work or RUNS / name
    prepared, fitted = work / "prepared", work / "fitted"
    _prepare_into(arguments, prepared)
    comparisons = []
    for modality in arguments.only:
        stages.fit_apart(modality, prepared, fitted, arguments.recipes, arguments.seed)
        comparisons += _quantised(modality, prepared, fitted, arguments.variant, arguments.jobs)
    _print_sizes(comparisons)
    _personal(argparse.Namespace(prepared=prepared, fitted=fitted, json=False))
    _export(argparse.Namespace(fitted=fitted, out=arguments.out, name=name))
    _bundle_report(work)
    sys.stdout.write(f"{work}: every step; learning curves: tensorboard --logdir {fitted / 'tensorboard'}\n")


def _bundle_report(work: Path) -> None:
    from training.inspection.screen import slow_progress
    from training.report.bundle import write_bundle_report

    with slow_progress("report") as progress:
        write_bundle_report(work, progress)
    sys.stdout.write(f"{work / 'report.html'}\n")


def _all(arguments: argparse.Namespace) -> None:
    from training.crossval.command import command

    command(arguments, _progress, lambda line: sys.stderr.write(f"{line}\n"))


def _import_h5(arguments: argparse.Namespace) -> None:
    from models.scores import Modality
    from training.import_h5 import Tables, import_h5

    given: dict[Modality, Path | None] = {"voice": arguments.voice, "text": arguments.text, "bio": arguments.bio}
    files = {modality: path for modality, path in given.items() if path is not None}
    tables = Tables(arguments.table, arguments.bio_table or arguments.table)
    if not files:
        raise SystemExit(_complain("import-h5: nothing to import; name --voice, --text or --bio", USAGE))
    if "text" in files and tables.merged is None:
        raise SystemExit(_complain("import-h5: --text needs --table merged_bio_text.csv, for its vocabulary", USAGE))
    if "bio" in files and tables.raw is None:
        raise SystemExit(_complain("import-h5: --bio needs --bio-table df_all_bio.csv, for its ranges", USAGE))
    with _progress("import") as progress:
        name = arguments.name or arguments.out.resolve().name
        bundle, differences = import_h5(files, tables, arguments.out, name, progress)
    for modality, difference in differences.items():
        sys.stdout.write(f"{modality}: differs from Keras by {difference:.1e} at most\n")
    sys.stdout.write(f"{arguments.out}: bundle {bundle.name}, {', '.join(bundle.models)}\n")


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "inspect": _inspect,
    "prepare": _prepare,
    "fit": _fit,
    "evaluate": _evaluate,
    "report": _report,
    "quantise": _quantise,
    "personal": _personal,
    "export": _export,
    "all": _all,
    "bundle": _bundle,
    "import-h5": _import_h5,
}


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, which is told how much is done and how much there is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _complain(error: Exception | str, code: int) -> int:
    sys.stderr.write(f"maeum-train: {' '.join(str(error).split())}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
