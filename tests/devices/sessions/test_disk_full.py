"""Recordings on a disk that takes no more."""

import subprocess
import time
from contextlib import contextmanager

import pytest

from devices.sessions.recorded import RecordedSession
from devices.sessions.recorder import CannotRecord, Recorder
from tests.devices.sessions.invented import Invented, plain, steady

resource = pytest.importorskip("resource", reason="this system has no limits for files")


@contextmanager
def largest_file(size):
    """Let no file grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path):
    """Disk of half a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], capture_output=True)
    if made.returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", place], check=True)


def record(place, capture=False):
    """Record a minute, which does not fit; return the recorder when it has noticed, and all that it was given."""
    recorder, given = Recorder(place, Invented(), {}, 5.0), []
    raw = recorder.capture("eda", "serial:///dev/x", lambda: 0.0) if capture else None
    for event in steady(60.0):
        recorder.write(event)
        given.append(event)
        if raw:
            raw.read(b"\x00" * 64)
    deadline = time.monotonic() + 20
    while recorder.problem is None and time.monotonic() < deadline:
        recorder.note("more", text="x")
    recorder.close()
    recorder.write(given[0])
    recorder.close()
    return recorder, given


def test_file_that_may_not_grow_stops_the_recording_alone(tmp_path):
    """Nothing is raised; why it stopped is said in one line; what fitted can be played."""
    with largest_file(200_000):
        recorder, given = record(tmp_path)
    assert recorder.problem.endswith(f"{recorder.folder}: File too large")
    assert recorder.problem.startswith("recording stopped at ")
    events = list(RecordedSession(recorder.folder).events())
    assert plain(events) == plain(given[: len(events)])


def test_full_disk_stops_the_recording_alone(small_disk):
    recorder, given = record(small_disk, capture=True)
    assert "No space left on device" in recorder.problem
    session = RecordedSession(recorder.folder)
    events = list(session.events())
    assert plain(events) == plain(given[: len(events)])
    assert not session.is_whole


def test_recording_does_not_begin_on_a_full_disk(small_disk):
    (small_disk / "ballast").write_bytes(b"\x00" * 512 * 1024)
    with pytest.raises(CannotRecord, match="no recording can be made here: No space left on device"):
        Recorder(small_disk, Invented(), {})
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
