"""`maeum models`: which bundles there are, what they were trained on and how good they are."""

from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from models.bundle import CARD, list_bundles, load_bundle, open_manifest
from models.description import describe
from models.manifest import Manifest


def show_bundles(path: Path | None) -> int:
    """Print a table of every built-in bundle, or one bundle's table and card; return the exit code."""
    console = Console()
    if path is not None:
        bundle = load_bundle(path)
        console.print(_table(bundle.path, bundle.manifest))
        console.print(Markdown((bundle.path / CARD).read_text(encoding="utf-8")))
        return 0
    for one in list_bundles():
        console.print(_table(one, open_manifest(one)[0]))
        console.print(f"Every score, confusion matrices and limits: maeum models --bundle {one}", soft_wrap=True)
    return 0


def _table(path: Path, manifest: Manifest) -> Table:
    table = Table("modality", "features", "size", "UAR", "accuracy", "trained on", title=f"bundle {manifest.name}")
    for one in describe(manifest):
        size = (path / one.file).stat().st_size / 1e6
        uar, accuracy = (_percent(one.metrics.get(name)) for name in ("uar", "accuracy"))
        corpora = f"{', '.join(one.corpora)} ({', '.join(one.licences)})"
        table.add_row(one.modality, one.feature, f"{size:.2f} MB", uar, accuracy, corpora)
        table.add_section()
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
