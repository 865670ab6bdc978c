"""Tables of results on a terminal."""

from typing import TYPE_CHECKING

from training.evaluation.results import Results
from training.report.numbers import APART, Table, tables

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def as_text(results: Results, width: int | None, colours: bool) -> str:
    """Every table; those of a leaky run in red, with the reason. `width` is in columns, None for the terminal's own."""
    console = _console(width, colours)
    about = ", ".join(part for part in (results.corpus, results.protocol, results.recipe) if part)
    with console.capture() as text:
        console.print(f"{about}: {results.utterances} utterances", markup=False)
        for table in tables(results):
            console.print()
            console.print(_rendered(table, results.leak))
    return text.get()


def table_text(table: Table, width: int | None, colours: bool) -> str:
    """One table, with its note below."""
    console = _console(width, colours)
    with console.capture() as text:
        console.print(_rendered(table, None))
        console.print(table.note, style="dim", markup=False)
    return text.get()


def _console(width: int | None, colours: bool) -> "Console":
    from rich.console import Console

    return Console(width=width, highlight=False, force_terminal=colours, color_system="standard" if colours else None)


def _short(cell: str) -> str:
    """Fit for eighty columns: intervals are in the page and in JSON."""
    if "±" in cell:
        return cell.replace(" ± ", "±").replace("0.", ".").replace("1.000", "1.00")
    return cell.partition(" [")[0].removesuffix(" weights").replace(" + ", "+")


def _rendered(table: Table, leak: str | None) -> "RenderableType":
    from rich.table import Table as Grid
    from rich.text import Text

    title = Text(table.title, "bold")
    if leak:
        title.append(f"\nLEAKY: {leak}", "bold red")
    grid = Grid(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, name in enumerate(table.head):
        grid.add_column(name.replace(" [95 %]", ""), justify="right" if place else "left", overflow="fold")
    for row in table.rows:
        apart = row[0].startswith(APART)
        style = "dim italic" if apart else "red" if leak else ""
        grid.add_row(*(Text(_short(cell)) for cell in row), style=style)
    return grid
