"""An emulated device at a port: opened by pyserial, harmed on purpose, pulled out and put back."""

import os
import threading
from pathlib import Path

import pytest
import serial

from devices.emulation.emulator import Emulator
from devices.emulation.faults import KINDS, Fault, UnknownFault, scattered
from devices.emulation.terminal import PseudoTerminal
from tests.devices.emulation.ticker import Ticker, numbers


@pytest.fixture
def terminal(tmp_path):
    port = PseudoTerminal(tmp_path)
    yield port
    port.unplug()


def opened(terminal, baud=115_200):
    return serial.Serial(str(terminal.by_id), baud, timeout=0)


def descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def steps(emulator, port, seconds, step=0.01):
    out = b""
    for _ in range(round(seconds / step)):
        emulator.step(step)
        out += port.read(65536)
    return out


def test_every_frame_sent_arrives(terminal):
    """Without faults the program reads exactly the bytes of the ledger."""
    emulator = Emulator(Ticker(), terminal)
    with opened(terminal) as port:
        data = steps(emulator, port, 2.0)
    assert numbers(data) == [frame.index for frame in emulator.device.truth.frames] == list(range(200))
    assert len(data) == emulator.device.truth.bytes == emulator.device.truth.frames[-1].end


def test_commands_are_obeyed_and_answered(terminal):
    """What the program writes reaches the device, and the answer comes with the next step."""
    emulator = Emulator(Ticker(running=False), terminal)
    with opened(terminal) as port:
        assert steps(emulator, port, 0.1) == b""
        port.write(b"v")
        assert steps(emulator, port, 0.1) == b"ticker\n"
        port.write(b"b")
        assert numbers(steps(emulator, port, 0.5)) == list(range(50))


def test_opening_is_noticed(terminal):
    """The device hears of each opening of its port, as an Arduino does by DTR."""
    said = []
    emulator = Emulator(Ticker(), terminal, say=lambda _, text: said.append(text))
    for _ in range(2):
        with opened(terminal) as port:
            steps(emulator, port, 0.1)
        emulator.step(0.01)
    assert emulator.device.openings == 2
    assert said == ["the port was opened", "the port was closed"] * 2
    assert emulator.unheard == 8


def test_frames_untouched_by_harm_arrive_and_no_others(terminal):
    """The frames that the ledger and the line's log leave over are those that a reader finds."""
    faults = [Fault(0.5 + 0.1 * k, "drop", 1 + k % 5) for k in range(15)]
    emulator = Emulator(Ticker(), terminal, faults)
    with opened(terminal) as port:
        found = numbers(steps(emulator, port, 3.0))
    assert len(emulator.line.log) == 15
    assert found == [frame.index for frame in emulator.arrived()]
    assert len(found) < 300


def test_the_ring_overflows_in_a_stall(terminal):
    """A stalled line makes the device skip the frames that its ring cannot hold, and count them all the same."""
    emulator = Emulator(Ticker(), terminal, [Fault(1.0, "stall", 0.5)])
    with opened(terminal) as port:
        found = numbers(steps(emulator, port, 2.0))
    skipped = emulator.device.truth.skipped
    assert skipped in (39, 40)  # half a second less the ten frames in the ring
    missing = sorted(set(range(200)) - set(found))
    assert missing == list(range(missing[0], missing[0] + skipped))
    assert missing[0] in (110, 111)


def test_a_burst_loses_nothing(terminal):
    """Bytes held back come later, all of them."""
    emulator = Emulator(Ticker(), terminal, [Fault(0.3, "burst", 0.5), Fault(1.0, "split", 3)])
    with opened(terminal) as port:
        early = steps(emulator, port, 0.7)
        late = steps(emulator, port, 0.6)
    assert len(numbers(early)) == 30
    assert numbers(early + late) == list(range(130))


def test_a_program_that_does_not_read_loses_frames_not_bytes(terminal):
    """When the port is full the device's ring fills, and whole frames are skipped."""
    emulator = Emulator(Ticker(), terminal)
    with opened(terminal) as port:
        for _ in range(100):
            emulator.step(1.0)
        found = numbers(steps(emulator, port, 2.0, 0.5))
    assert emulator.device.truth.skipped > 1000
    assert found == [frame.index for frame in emulator.device.truth.frames][: len(found)]


def test_unplugging_hangs_up_and_the_lasting_name_returns(terminal):
    """The port goes away under the reader, and comes back under another name with the same by-id link."""
    emulator = Emulator(Ticker(), terminal, [Fault(0.5, "rename", 0.5)])
    first = os.path.realpath(terminal.by_id)
    with opened(terminal) as port:
        steps(emulator, port, 0.4)
        emulator.step(0.2)
        assert not terminal.by_id.exists()
        assert not terminal.folder.joinpath("ttyUSB0").exists()
        with pytest.raises(serial.SerialException):
            port.read(4096)
    emulator.step(0.5)
    assert terminal.path.name == "ttyUSB1"
    assert os.path.realpath(terminal.by_id) == os.path.realpath(terminal.path)
    assert first.startswith("/dev/")
    with opened(terminal) as port:
        assert numbers(steps(emulator, port, 0.5))[0] < 100


def test_the_wrong_baud_rate_gives_garbage(terminal):
    """A program that opens the port at another rate than the device's sees what a UART would."""
    emulator = Emulator(Ticker(), terminal)
    with opened(terminal, 9_600) as port:
        wrong = steps(emulator, port, 1.0)
    with opened(terminal, 115_200) as port:
        right = steps(emulator, port, 1.0)
    assert len(numbers(wrong)) <= 2
    assert len(wrong) < 200
    assert len(numbers(right)) == 100


def test_a_slow_device_is_deaf_at_first(terminal):
    """While it starts up, a device neither hears nor sends."""
    emulator = Emulator(Ticker(), terminal, [Fault(0.0, "slow start", 1.5)])
    with opened(terminal) as port:
        assert steps(emulator, port, 1.4) == b""
        assert len(numbers(steps(emulator, port, 1.0))) in range(88, 92)


def test_drift_changes_the_rate(terminal):
    """A clock that is 1 % fast sends 1 % more."""
    emulator = Emulator(Ticker(), terminal, [Fault(0.0, "drift", 10_000)])
    with opened(terminal) as port:
        assert len(numbers(steps(emulator, port, 10.0))) == 1010


def test_an_unknown_fault_is_refused_by_name():
    """The message lists the faults there are."""
    with pytest.raises(UnknownFault, match=r"'fire' is not known; choose one of drop, insert"):
        Fault(1.0, "fire")


def test_every_fault_reads_as_a_sentence_and_can_happen(terminal):
    """Each kind has words for a person, and none stops the emulator."""
    said = []
    faults = [Fault(0.1 * k, kind, 1) for k, kind in enumerate(KINDS)]
    emulator = Emulator(Ticker(), terminal, faults, say=lambda _, text: said.append(text))
    for _ in range(100):
        emulator.step(0.1)
    assert [happened.fault for happened in emulator.log] == faults
    assert all(str(fault) in said for fault in faults)


def test_scattered_faults_are_the_same_for_the_same_seed():
    """A seed stands for one sequence of faults."""
    assert scattered(["drop", "flip"], 20, 60.0, seed=1) == scattered(["drop", "flip"], 20, 60.0, seed=1)
    assert scattered(["drop", "flip"], 20, 60.0, seed=1) != scattered(["drop", "flip"], 20, 60.0, seed=2)


def test_a_thread_runs_it_in_real_time_and_ends(terminal):
    """Running by itself it serves a blocking reader, and leaves no thread and no descriptor behind."""
    before, threads = descriptors(), threading.active_count()
    with Emulator(Ticker(), terminal), serial.Serial(str(terminal.by_id), 115_200, timeout=5) as port:
        found = numbers(port.read(80))
        assert found == list(range(found[0], found[0] + 20))
    assert threading.active_count() == threads
    assert descriptors() == before - 1
    assert not terminal.by_id.exists()
