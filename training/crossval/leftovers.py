"""Caches in a run's folder that the run did not use: told, and never removed."""

from collections.abc import Iterable
from pathlib import Path

PATTERNS = ("store-*", "pieces-*", "statistics-*", "whisper-*")
"""Made from one state of a corpus each; another state, seed or recipe makes others"""


def leftovers(folder: Path, used: Iterable[Path]) -> str | None:
    """Name what may be deleted, and how large it is, in one line; None when everything was used."""
    known = set(used)
    unused = sorted(path for pattern in PATTERNS for path in folder.glob(pattern) if path not in known)
    if not unused:
        return None
    names = ", ".join(path.name for path in unused)
    size = sum(_size(path) for path in unused)
    return f"{folder}: not used by this run, may be deleted unless another one needs it: {names} ({size / 1e6:.1f} MB)"


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
