"""Arrays whose rows are computed in pieces by independent tasks, on this machine or on a cluster, and joined in order.

The pieces are kept until the whole is written. Their folder is named after what they are made from, so that a run that
was interrupted goes on with those there are, and those of another corpus or another version are never mixed in.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.cache import Origin, digest
from training.tasks import Task, Workers, run
from training.whole import remove

Arrays = dict[str, NDArray[Any]]


@contextmanager
def computed(
    out: Path,
    name: str,
    origin: Origin,
    batches: Sequence[Any],
    function: Callable[[Any], Arrays],
    workers: Workers,
    progress: Callable[[int, int], object],
) -> Iterator[Arrays]:
    """Give the arrays of all batches joined along their first axis; the pieces go when the block ends without an error.

    Parameters
    ----------
    function
        A module's function from a batch to arrays by name.

    Raises
    ------
    DiskFull, WorkersLost, ClusterUnavailable
        And whatever the function raises.
    """
    pieces = out.resolve() / f"{name}-pieces"
    folder = pieces / digest(*(str(part).encode() for part in astuple(origin)))
    tasks = [Task(folder / f"{number:05}.npz", _write_piece, (function, batch)) for number, batch in enumerate(batches)]
    run(tasks, workers, progress)
    found = [_read_piece(task.output) for task in tasks]
    yield {key: np.concatenate([arrays[key] for arrays in found]) for key in found[0]}
    remove(pieces)


def batched(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """Consecutive items, so many in each batch but the last; one without any where there are none."""
    return [items[start : start + size] for start in range(0, max(len(items), 1), size)]


def _write_piece(path: Path, function: Callable[[Any], Arrays], batch: Any) -> None:  # noqa: ANN401 - the function knows
    arrays: dict[str, Any] = {**function(batch)}
    with path.open("wb") as file:
        np.savez(file, **arrays)


def _read_piece(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
