"""Files and folders that are there when they are whole, and not before."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from training.errors import TrainingError

PARTIAL = ".partial-"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Disk full, quota reached, file larger than this process may write"""


class DiskFull(TrainingError, OSError):
    """What was to be written does not fit; nothing of it is left."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a path to write a file or folder at, which becomes `path` when the block ends without an error.

    Otherwise it is removed, and what was at `path` before stays. A folder replaces none: where one is by then, made
    from the same by somebody else, it stays.

    Raises
    ------
    DiskFull
    """
    partial = path.with_name(f"{PARTIAL}{uuid4().hex}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        _publish(partial, path)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull(f"{path}: {os.strerror(error.errno)}; make room and run again, the rest is kept") from None
        raise
    finally:
        remove(partial)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed left half-written in a folder."""
    for partial in folder.glob(f"{PARTIAL}*"):
        remove(partial)


def _publish(partial: Path, path: Path) -> None:
    try:
        partial.replace(path)
    except OSError:
        if not (partial.is_dir() and path.is_dir()):
            raise


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
