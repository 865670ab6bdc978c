"""What prepared features were made from: equal origins make equal features, so nothing has to be done again."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from training.whole import whole

WORDS = {"corpus": "the corpus", "parameters": "the parameters", "code": "the feature code", "seed": "the seed"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Fingerprints of all that decides about features."""

    corpus: str
    """Of the files' names, sizes and times of change"""
    parameters: str
    code: str
    """Of the modules that compute features, and of the packages they use"""
    seed: int

    @classmethod
    def of(
        cls,
        files: Iterable[Path],
        parameters: Any,  # noqa: ANN401 - whatever JSON can hold
        modules: Sequence[ModuleType],
        packages: Sequence[str],
        seed: int,
    ) -> Self:
        """Take fingerprints; files are looked at, not read, so that this takes a second for a large corpus."""
        sources = [path.read_bytes() for module in modules for path in _sources(module)]
        versions = [version(package).encode() for package in packages]
        return cls(
            digest(*(mark(path) for path in files)),
            digest(json.dumps(parameters, sort_keys=True).encode()),
            digest(*sources, *versions),
            seed,
        )


def digest(*parts: bytes) -> str:
    """Short hash of several byte strings, each told from the next."""
    whole_hash = hashlib.sha256()
    for part in parts:
        whole_hash.update(len(part).to_bytes(8, "little") + part)
    return whole_hash.hexdigest()[:16]


def mark(path: Path) -> bytes:
    """What changes when a file does: its folder's and its own name, size and time of change."""
    found = path.stat()
    return f"{path.parent.name}/{path.name} {found.st_size} {found.st_mtime_ns}".encode()


def is_current(folder: Path, name: str, origin: Origin, tell: Callable[[str], object]) -> bool:
    """Whether `folder` holds features of that origin; says so, or what has changed since, through `tell`.

    If they are of another origin, they no longer count from here on: `record` has to follow once they are made anew.
    """
    changed = changes(folder, name, origin)
    if changed is None:
        return False
    if not changed:
        tell(f"{name}: {folder} is up to date; nothing to do")
        return True
    tell(f"{name}: {' and '.join(changed)} changed since {folder} was prepared; preparing anew")
    _record_path(folder, name).unlink()
    return False


def changes(folder: Path, name: str, origin: Origin) -> list[str] | None:
    """What differs in the origin of what `folder` holds, in words; None when nothing is recorded there."""
    path = _record_path(folder, name)
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return [WORDS[field.name] for field in fields(origin) if found.get(field.name) != getattr(origin, field.name)]


def record(folder: Path, name: str, origin: Origin) -> None:
    """Say that `folder` now holds the features of that origin."""
    with whole(_record_path(folder, name)) as partial:
        partial.write_text(json.dumps(asdict(origin), indent=1) + "\n", encoding="utf-8")


def _record_path(folder: Path, name: str) -> Path:
    return folder / f"{name}-origin.json"


def _sources(module: ModuleType) -> list[Path]:
    """A module's file, or all files of a package."""
    path = Path(str(module.__file__))
    return sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path]
