"""Files and folders that only their owner can read: what is recorded of a person."""

import os
from pathlib import Path

_BINARY: int = getattr(os, "O_BINARY", 0)
"""Windows would change line ends"""


def create_file(path: Path) -> int:
    """Create a file and return its descriptor, open for writing.

    Raises
    ------
    FileExistsError
        There is one: nothing is overwritten.
    OSError
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)


def create_folder(path: Path) -> None:
    """Create a folder, and the folders above it where they are missing.

    Raises
    ------
    FileExistsError
    OSError
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700)


def write_all(descriptor: int, data: bytes) -> None:
    """Hand every byte to the operating system.

    Raises
    ------
    OSError
        When it takes no more: the disk is full.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
