"""Print a report: tables with colours and bars on a terminal, plain columns in a pipe; and how far the work is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from training.inspection.report import Fact, Report

_BAR = 30
_QUIET_S = 1.0
_PIPE_WIDTH = 240
_SHOWN = 12


@contextmanager
def slow_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error once the work has taken a second; it is told how much is done, and of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    began, bar = monotonic(), Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)

    def show_progress(done: int, total: int) -> None:
        if not bar.live.is_started and monotonic() - began > _QUIET_S:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield show_progress
    finally:
        if bar.live.is_started:
            bar.stop()


def as_text(report: Report, on_terminal: bool) -> str:
    """Render for standard output; in a pipe nothing is folded or coloured.

    Of long lists the lines beyond the first are counted (`--json` has them all).
    """
    console = Console(highlight=False) if on_terminal else Console(highlight=False, width=_PIPE_WIDTH, no_color=True)
    with console.capture() as text:
        _show(report, console)
    return text.get()


def _show(report: Report, console: Console) -> None:
    console.print(f"[bold]{escape(report.kind)}[/]  {escape(report.path)}")
    _print(console, _facts(report))
    _print(console, _classes(report))
    _print(console, _parts(report, console.is_terminal))
    _print(console, _counts(report))
    _list(console, "missing", report.missing, "yellow")
    _list(console, "repaired", report.repaired, "green")
    _list(console, "unreadable", report.unreadable, "red")
    _list(console, "to know", report.noticed, "cyan")


def _print(console: Console, table: Table | None) -> None:
    if table is not None:
        table.box = SIMPLE_HEAD if console.is_terminal else None
        console.print(table)
        console.print()


def _facts(report: Report) -> Table:
    table = Table(show_header=False)
    for name, value in report.facts.items():
        table.add_row(name, _cell(value))
    return table


def _classes(report: Report) -> Table | None:
    total, most = sum(report.classes.values()), max(report.classes.values(), default=0)
    if not total:
        return None
    table = Table("label", "utterances", "share", "")
    table.columns[1].justify = table.columns[2].justify = "right"
    for label, count in report.classes.items():
        bar = "█" * round(_BAR * count / most)
        table.add_row(label, str(count), f"{count / total:.1%}", f"[cyan]{bar}[/]")
    return table


def _parts(report: Report, narrow: bool) -> Table | None:
    if not report.parts:
        return None
    table = Table(*(name.replace(" ", "\n") if narrow else name for name in report.parts[0]))
    for column, value in zip(table.columns, report.parts[0].values(), strict=True):
        column.justify = "left" if isinstance(value, str) else "right"
        column.overflow = "fold"
    for part in report.parts:
        table.add_row(*(escape(_cell(value)) for value in part.values()))
    return table


def _counts(report: Report) -> Table | None:
    if not report.counts:
        return None
    table = Table("rows of", "in", "used", "left out")
    table.columns[1].justify = table.columns[2].justify = "right"
    for count in report.counts:
        reasons = ", ".join(f"{rows} {reason}" for reason, rows in count.left_out.items() if rows)
        table.add_row(escape(count.what), str(count.rows), str(count.used), escape(reasons))
    return table


def _list(console: Console, title: str, lines: Sequence[str], colour: str) -> None:
    if not lines:
        return
    console.print(f"[{colour}]{title}[/] ({len(lines)})")
    for line in lines[:_SHOWN]:
        console.print(f"  {escape(line)}", soft_wrap=True)
    if len(lines) > _SHOWN:
        console.print(f"  and {len(lines) - _SHOWN} more; --json has them all")
    console.print()


def _cell(value: Fact) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
