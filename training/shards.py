"""Tables of frames too large for memory, in shards that are made independently of each other.

A shard holds the windows of some consecutive items, float16 [frames, width], and where each of them ends. Its name is a
fingerprint of what it was made from, so shards that are there already are used again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.cache import digest
from training.tasks import Task, Workers, run
from training.whole import remove

ITEMS = 32
"""In one shard: some 40 MB and a second of work"""
FRAMES, ENDS = "frames.npy", "ends.npy"

Half = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class FrameFile:
    """Rows of a file, read when they are asked for: were it mapped, all that was ever read would stay in memory."""

    path: Path
    width: int
    before: int = 0
    """Bytes before the first row"""

    def __getitem__(self, rows: slice) -> Half:
        row = self.width * np.dtype(np.float16).itemsize
        count = (rows.stop - rows.start) * self.width
        return np.fromfile(self.path, np.float16, count, offset=self.before + rows.start * row).reshape(-1, self.width)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Rows of several tables, numbered through; a slice must lie within one of them."""

    tables: Sequence[FrameFile]
    starts: NDArray[np.int64]
    """[tables] number of each table's first row"""

    def __getitem__(self, rows: slice) -> Half:
        at = int(np.searchsorted(self.starts, rows.start, side="right")) - 1
        start = int(self.starts[at])
        return self.tables[at][rows.start - start : rows.stop - start]


def write_shards(
    folder: Path,
    items: Sequence[Any],
    marks: Sequence[bytes],
    windows: Callable[[Any], list[Half]],
    workers: Workers,
    progress: Callable[[int, int], object],
) -> list[str]:
    """Compute all items' windows into shards below `folder`, and return their names in order.

    Parameters
    ----------
    marks
        One for each item: whatever its windows are made from.
    windows
        A module's function from an item to its windows, each [frames, width].
    """
    tasks = [
        Task(folder / digest(*marks[at : at + ITEMS]), _write_shard, (windows, items[at : at + ITEMS]))
        for at in range(0, len(items), ITEMS)
    ]
    run(tasks, workers, progress)
    return [task.output.name for task in tasks]


def ends_of(folder: Path, names: Sequence[str]) -> NDArray[np.int64]:
    """Where each window ends, [items, windows], in rows of the `Frames`."""
    ends, before = [], 0
    for name in names:
        ends.append(np.load(folder / name / ENDS) + before)
        before = int(ends[-1].flat[-1])
    return np.concatenate(ends)


def open_shards(folder: Path, names: Sequence[str]) -> Frames:
    """Open the shards' frames for reading."""
    mapped = [np.load(folder / name / FRAMES, mmap_mode="r") for name in names]
    tables = [
        FrameFile(folder / name / FRAMES, each.shape[1], each.offset) for name, each in zip(names, mapped, strict=True)
    ]
    return Frames(tables, np.cumsum([0, *(len(table) for table in mapped[:-1])]))


def keep_only(folder: Path, names: Sequence[str]) -> None:
    """Remove shards of earlier contents."""
    for path in folder.iterdir():
        if path.name not in names:
            remove(path)


def _write_shard(path: Path, windows: Callable[[Any], list[Half]], items: Sequence[Any]) -> None:
    rows = [windows(item) for item in items]
    lengths = [[len(window) for window in row] for row in rows]
    path.mkdir()
    np.save(path / ENDS, np.cumsum(lengths).reshape(len(items), -1))
    _write_table(path / FRAMES, [window for row in rows for window in row])


def _write_table(path: Path, parts: Sequence[Half]) -> None:
    """Write arrays one behind the other as one .npy file; `np.save` copies them, and hides why it cannot write."""
    shape = sum(map(len, parts)), parts[0].shape[1]
    with path.open("wb") as file:
        header = {"descr": parts[0].dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)  # type: ignore[no-untyped-call] # NumPy left it so
        for part in parts:
            file.write(np.ascontiguousarray(part).data)
