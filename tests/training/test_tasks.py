"""Tasks on this machine's processes and on a real Dask cluster: every result once, whatever happens to workers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.errors import InvalidCorpus
from training.tasks import ClusterUnavailable, Task, Workers, WorkersLost, perform, run
from training.whole import DiskFull, whole

COUNT = 12


def square(path: Path, number: int, log: Path) -> None:
    """Write a number's square, and a line about it into a folder that all processes see."""
    (log / f"{number}-{os.getpid()}-{time.monotonic_ns()}").touch()
    path.write_text(str(number**2))


def deadly(path: Path, number: int, log: Path) -> None:
    """As `square`, but the first to come to number 5 is killed in the middle of it."""
    path.write_text("half")
    try:
        (log / "killed").mkdir()
    except FileExistsError:
        pass
    else:
        os.kill(os.getpid(), signal.SIGKILL)
    square(path, number, log)


def deadly_to_the_worker(path: Path, number: int, log: Path) -> None:
    """As `deadly`, but killed is the Dask worker that waits for this process, and this one is to end with it."""
    path.write_text("half")
    try:
        (log / "killed").mkdir()
    except FileExistsError:
        square(path, number, log)
    else:
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()


def always_deadly(_path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refused(_path: Path) -> None:
    raise InvalidCorpus("clip.flac: cannot be read")


def tasks_in(folder: Path, function=square) -> list[Task]:
    log = folder / "log"
    log.mkdir(exist_ok=True)
    return [Task(folder / "out" / f"{n}.txt", function if n == 5 else square, (n, log)) for n in range(COUNT)]


def results(folder: Path) -> list[int]:
    return sorted(int(path.read_text()) for path in (folder / "out").iterdir())


def runs(folder: Path) -> list[str]:
    """Numbers of the tasks that were finished, once for each time."""
    return sorted((path.name.split("-")[0] for path in (folder / "log").glob("*-*")), key=int)


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A scheduler and two worker processes, as on a cluster's machines."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as local:
        yield local.scheduler_address


@pytest.mark.parametrize("jobs", [1, 3])
def test_every_result_comes_once(tmp_path: Path, jobs: int) -> None:
    """All outputs are there, each made by one run of its task; progress counts to the end."""
    told: list[tuple[int, int]] = []
    assert run(tasks_in(tmp_path), Workers(jobs), lambda *now: told.append(now)) == COUNT
    assert results(tmp_path) == [n**2 for n in range(COUNT)]
    assert runs(tmp_path) == [str(n) for n in range(COUNT)]
    assert told == [(n, COUNT) for n in range(COUNT + 1)]


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    """A second run does what is missing, and sweeps away what a killed one left half-written."""
    tasks = tasks_in(tmp_path)
    for task in tasks[:7]:
        perform(task)
    (tmp_path / "out" / ".partial-0123-9.txt").write_text("half")
    assert run(tasks, Workers(1), lambda *_: None) == COUNT - 7
    assert run(tasks, Workers(1), lambda *_: None) == 0
    assert runs(tmp_path) == [str(n) for n in range(COUNT)]
    assert results(tmp_path) == [n**2 for n in range(COUNT)]


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """What the dead process had half-written is no result; its task is done by another."""
    assert run(tasks_in(tmp_path, deadly), Workers(2), lambda *_: None) == COUNT
    assert results(tmp_path) == [n**2 for n in range(COUNT)]
    assert (tmp_path / "log" / "killed").exists()


def test_a_task_that_kills_every_process_ends_the_run(tmp_path: Path) -> None:
    """It is named, and not tried forever."""
    with pytest.raises(WorkersLost, match=r"1 left: doomed\.txt"):
        run([Task(tmp_path / "doomed.txt", always_deadly)], Workers(1), lambda *_: None)


def test_an_error_in_a_task_reaches_the_caller(tmp_path: Path) -> None:
    """The task's own words arrive from the other process."""
    with pytest.raises(InvalidCorpus, match=r"clip\.flac: cannot be read"):
        run([Task(tmp_path / "x", refused)], Workers(1), lambda *_: None)


def test_a_lost_worker_of_a_cluster_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """Of two Dask workers one is killed in the middle of a task; every result is there, each finished once."""
    with cluster() as address:
        told: list[tuple[int, int]] = []
        tasks = tasks_in(tmp_path, deadly_to_the_worker)
        assert run(tasks, Workers(cluster=address), lambda *now: told.append(now)) == COUNT
    assert (tmp_path / "log" / "killed").exists()
    assert results(tmp_path) == [n**2 for n in range(COUNT)]
    assert runs(tmp_path) == [str(n) for n in range(COUNT)]
    assert told == [(n, COUNT) for n in range(COUNT + 1)]


def test_a_killed_process_of_a_cluster_loses_nothing(tmp_path: Path) -> None:
    """The process of one task is killed and its Dask worker is not: as when the worker is lost, it is done again."""
    with cluster() as address:
        assert run(tasks_in(tmp_path, deadly), Workers(cluster=address), lambda *_: None) == COUNT
    assert (tmp_path / "log" / "killed").exists()
    assert results(tmp_path) == [n**2 for n in range(COUNT)]


def test_a_task_that_kills_every_process_of_a_cluster_ends_the_run(tmp_path: Path) -> None:
    """It is named with how its process ended, and the workers stay fit for other tasks, whose errors arrive."""
    with cluster() as address:
        workers = Workers(cluster=address)
        with pytest.raises(WorkersLost, match=r"exit code -9\); 1 left: doomed\.txt"):
            run([Task(tmp_path / "doomed.txt", always_deadly)], workers, lambda *_: None)
        with pytest.raises(InvalidCorpus, match=r"clip\.flac: cannot be read"):
            run([Task(tmp_path / "x", refused)], workers, lambda *_: None)


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback of the network's, but the address."""
    monkeypatch.setattr("training.tasks.CONNECT_S", 1.0)
    with pytest.raises(ClusterUnavailable, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9:"):
        run([Task(Path("/nowhere/x"), refused)], Workers(cluster="tcp://127.0.0.1:9"), lambda *_: None)


def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """Neither a half-written file nor a half-written folder takes the place of the one before."""
    path = tmp_path / "kept"
    path.write_text("before")
    with contextlib.suppress(KeyError), whole(path) as partial:
        partial.write_text("half")
        raise KeyError
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


FULL = """
import resource, sys
from pathlib import Path
from training.whole import DiskFull, whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with whole(Path(sys.argv[1])) as partial:
        partial.write_bytes(bytes(2000))
except DiskFull as error:
    print(error)
"""


def test_a_full_disk_is_named_and_nothing_half_written_stays(tmp_path: Path) -> None:
    """The message says which file did not fit."""
    command = [sys.executable, "-c", FULL, str(tmp_path / "big")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{tmp_path / 'big'}: File too large; make room and run again" in done.stdout
    assert list(tmp_path.iterdir()) == []
    assert issubclass(DiskFull, OSError)
