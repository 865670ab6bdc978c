"""Independent tasks on this machine's processes or on a Dask cluster; what is done stays done.

A task is a pure function from files to one file or folder. That output identifies it and appears at once, by renaming,
when it is whole: so a task whose output is there is done, a run that was interrupted goes on where it stopped, and a
task that was run twice, since its worker seemed lost, leaves one result. Results are collected by reading the outputs.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from training.apart import apart
from training.errors import TrainingError
from training.whole import sweep, whole

ATTEMPTS = 3
"""Times that workers may be lost before a task is given up"""
CONNECT_S = 20.0
"""Within which a cluster's scheduler and one of its workers have to answer"""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


class WorkersLost(TrainingError, RuntimeError):
    """Worker processes ended before their tasks were done, again and again."""


class ClusterUnavailable(TrainingError, ConnectionError):
    """There is no cluster at the address, or it cannot do this work."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file or folder to be made."""

    output: Path
    """Absolute; on a cluster, below a folder that all its machines share"""
    function: Callable[..., object]
    """Of a module: called with the path to write, which will become `output`, and the arguments"""
    arguments: tuple[Any, ...] = ()

    @property
    def done(self) -> bool:
        """Whether the output is there, and so is whole."""
        return self.output.exists()


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the tasks."""

    jobs: int = 1
    """Processes on this machine"""
    cluster: str | None = None
    """Address of a Dask scheduler, such as `tcp://10.0.0.5:8786`, that works instead of them"""

    @contextmanager
    def open(self) -> Iterator[Executor]:
        """Start the processes or reach the cluster; both take tasks in the same way.

        Raises
        ------
        ClusterUnavailable
            When no scheduler and worker answer.
        """
        if self.cluster is not None:
            with _reached(self.cluster) as executor:
                yield executor
            return
        threads = max((os.cpu_count() or 1) // self.jobs, 1)
        # Processes start from nothing: a fork would copy whatever locks the threads of a progress bar hold.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.jobs, context, initializer=_start, initargs=(threads,)) as executor:
            yield executor


def run(tasks: Sequence[Task], workers: Workers, progress: Callable[[int, int], object]) -> int:
    """Do every task whose output is not there yet, and return how many those were.

    `progress` is told tasks done and in all, those of earlier runs included. A worker that is lost loses no result: its
    tasks are done again by others. The first error that a task raises ends the run; what is done until then stays.

    Raises
    ------
    WorkersLost, ClusterUnavailable
    DiskFull
        When an output does not fit.
    """
    left = {task.output: task for task in tasks if not task.done}
    wanted = len({task.output for task in tasks})
    if wanted < len(tasks):
        raise ValueError(f"{len(tasks) - wanted} tasks have the output of another")
    folders = {output.parent for output in left}
    for folder in folders:
        sweep(folder)
    todo, lost = len(left), 0
    progress(wanted - len(left), wanted)
    while left:
        try:
            for output in _finished(list(left.values()), workers):
                del left[output]
                progress(wanted - len(left), wanted)
        except (BrokenExecutor, CancelledError) as error:
            lost += 1
            if lost == ATTEMPTS:
                names = ", ".join(output.name for output in list(left)[:3])
                reason = str(error) or "they stopped answering"
                raise WorkersLost(f"workers were lost {lost} times ({reason}); {len(left)} left: {names}") from None
    for folder in folders:
        sweep(folder)
    return todo


def _finished(tasks: Sequence[Task], workers: Workers) -> Iterator[Path]:
    """Outputs in the order in which they come to be, each once."""
    with workers.open() as executor:
        # A cluster's workers live on after a run, and TensorFlow and TensorFlow Lite must not meet in a process.
        call = perform if workers.cluster is None else partial(apart, perform)
        futures = {executor.submit(call, task): task for task in tasks}
        try:
            for future in as_completed(futures):
                future.result()
                task = futures[future]
                if not task.done:
                    where = "a cluster's workers must see the same folders as this machine"
                    raise ClusterUnavailable(f"{task.output} was written and is not here: {where}")
                yield task.output
        finally:
            for future in futures:
                future.cancel()


def perform(task: Task) -> None:
    """Do one task, unless it is done."""
    if not task.done:
        with whole(task.output) as path:
            task.function(path, *task.arguments)


def _start(threads: int) -> None:
    """Set up a process: its share of the cores; Ctrl-C is for the parent, which lets running tasks finish."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in THREADS:
        os.environ.setdefault(name, str(threads))


@contextmanager
def _reached(address: str) -> Iterator[Executor]:
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterUnavailable(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)
        except TimeoutError:
            raise ClusterUnavailable(f"the Dask cluster at {address} has no workers") from None
        try:
            # Not pure: the scheduler must not take a task for one that it did before, for outputs may be gone since.
            yield client.get_executor(pure=False)
        except distributed.KilledWorker as error:
            raise BrokenExecutor(f"a task ended all of {error.allowed_failures + 1} workers") from None


def _distributed() -> Any:  # noqa: ANN401 - Dask has hardly any annotations
    try:
        return import_module("distributed")
    except ModuleNotFoundError:
        raise ClusterUnavailable("dask.distributed is not installed: pip install 'maeum[cluster]'") from None
