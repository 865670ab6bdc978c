"""Readers that stall, stop or go, and disks that are full."""

import fcntl
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.scenario import Scenario
from devices.emulation.terminal import PseudoTerminal
from realtime.ending import DONE, FAILED
from realtime.line_sinks import NOT_READ, LeakyLines

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")
DEMO = (*MAEUM, "demo", "--speed", "max", "--transcripts", "off")
FULL = "/dev/full"
PIPE = 4096

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs pseudo-terminals and /dev/full as Linux has")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """`maeum live` with a BITalino alone."""
    port = PseudoTerminal(tmp_path / "dev")
    with Emulator(Bitalino(Scenario().body()), port):
        url = f"serial://{port.by_id}?protocol=bitalino&channels=eda:A3"
        yield (*MAEUM, "live", "--whisper", "off", "--mic", "off", "--sensor", url)


def follow(file: Path, least: int) -> None:
    """Wait until a file holds so many lines."""
    pause = threading.Event()
    while not file.exists() or file.read_text().count("\n") < least:
        pause.wait(0.05)


def test_a_reader_that_stalls_does_not_hold_a_live_session_up(live: tuple[str, ...], tmp_path: Path):
    """Its pipe has been full for long when the file goes on; afterwards it gets what waited, and the books tell."""
    labels = tmp_path / "labels.jsonl"
    with subprocess.Popen([*live, "--labels", str(labels)], stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        fcntl.fcntl(session.stdout, fcntl.F_SETPIPE_SZ, PIPE)
        follow(labels, 30)
        assert labels.stat().st_size > 3 * PIPE
        session.send_signal(signal.SIGINT)
        read = session.stdout.read().splitlines()
    assert session.returncode == DONE
    written = labels.read_text().splitlines()
    assert read[:-1] == written[:-1]
    accounts = json.loads(read[-1])["accounts"]
    (ours,) = [one for one in accounts if one["name"] == "lines on standard output"]
    assert (ours["done"], ours["missing"], ours["dropped"]) == (len(read) - 1, 0, {})


def test_a_reader_that_never_reads_does_not_hold_the_end_up(live: tuple[str, ...], tmp_path: Path):
    """What nobody has read is counted."""
    labels = tmp_path / "labels.jsonl"
    with subprocess.Popen([*live, "--labels", str(labels)], stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        fcntl.fcntl(session.stdout, fcntl.F_SETPIPE_SZ, PIPE)
        follow(labels, 15)
        session.send_signal(signal.SIGINT)
        assert session.wait(20) == DONE
    accounts = json.loads(labels.read_text().splitlines()[-1])["accounts"]
    (ours,) = [one for one in accounts if one["name"] == "lines on standard output"]
    assert ours["dropped"][NOT_READ] > 0
    assert ours["missing"] == 0


def test_a_full_disk_ends_the_file_and_not_the_live_session(live: tuple[str, ...]):
    """That is told, and counted."""
    with subprocess.Popen([*live, "--labels", FULL], stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        for _ in range(5):
            assert json.loads(session.stdout.readline())
        session.send_signal(signal.SIGINT)
        last = json.loads(session.stdout.read().splitlines()[-1])
    assert session.returncode == DONE
    (ours,) = [one for one in last["accounts"] if one["name"] == f"lines in {FULL}"]
    assert ours["dropped"] == {"No space left on device": ours["taken"]}


def test_a_full_disk_ends_a_replay():
    """Its lines are what it is for: one line says why there are none."""
    done = subprocess.run([*DEMO, "--labels", FULL], capture_output=True, text=True, check=False)
    assert done.returncode == FAILED
    assert done.stderr == f"maeum: {FULL}: No space left on device\n"


def test_a_reader_that_has_enough_ends_the_session():
    """As `head -1` has; nothing is complained of."""
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        assert session.stderr is not None
        assert json.loads(session.stdout.readline())["type"] == "session"
        session.stdout.close()
        assert session.stderr.read() == ""
    assert session.returncode == DONE


def test_a_reader_that_has_enough_does_not_end_the_file(tmp_path: Path):
    """It is written to its end."""
    labels = tmp_path / "labels.jsonl"
    with subprocess.Popen([*DEMO, "--labels", str(labels)], stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        session.stdout.close()
    assert session.returncode == DONE
    assert json.loads(labels.read_text().splitlines()[-1])["type"] == "summary"


def test_of_lines_that_nobody_reads_the_oldest_go():
    """Each is written, left out, or waits; the last one comes next when somebody reads again."""
    begun, reading, read = threading.Event(), threading.Semaphore(0), []

    def write(line: str) -> None:
        begun.set()
        reading.acquire()
        read.append(line)

    lines = LeakyLines("lines", write, room=3)
    lines.put("first")
    begun.wait()
    for number in range(9):
        lines.put(f"{number}")
    (account,) = lines.accounts
    assert (account.taken, account.missing) == (10, 0)
    assert account.dropped == {NOT_READ: 6}
    lines.rest()
    lines.put("last")
    for _ in range(2):
        reading.release()
    lines.rest()
    assert read == ["first", "last"]
    assert lines.accounts[0].missing == 0
