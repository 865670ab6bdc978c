"""`maeum models`: which bundles there are, what they were trained on and how good they are."""

from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from models.bundle import CARD, list_bundles, load_bundle
from models.manifest import Manifest


def show_bundles(path: Path | None) -> int:
    """Print a table of all built-in bundles, or one bundle's card; return the exit code."""
    console = Console()
    if path is not None:
        bundle = load_bundle(path)
        console.print(_table([(bundle.path, bundle.manifest)]))
        console.print(Markdown((bundle.path / CARD).read_text(encoding="utf-8")))
        return 0
    bundles = [load_bundle(one) for one in list_bundles()]
    console.print(_table([(one.path, one.manifest) for one in bundles]))
    console.print("A bundle's card: maeum models --bundle DIR")
    return 0


def _table(bundles: list[tuple[Path, Manifest]]) -> Table:
    table = Table("bundle", "modality", "features", "size", "weight", "trained")
    for path, manifest in bundles:
        for modality, entry in manifest.models.items():
            size = (path / entry.file).stat().st_size / 1e6
            feature = f"{entry.feature.name} v{entry.feature.version}"
            trained = str(manifest.training.get("date", "unknown"))
            table.add_row(manifest.name, modality, feature, f"{size:.2f} MB", f"{entry.weight:g}", trained)
    return table
