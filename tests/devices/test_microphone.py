"""A microphone of a real PulseAudio server that dies and comes back.

PortAudio reads where ALSA's settings are when it is loaded, so the microphone runs in a process of its own.
"""

import json
import queue
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest
import soundfile

from tests.devices.audio_server import AudioServer, missing

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")

MICROPHONE = """
import json, sys, time
from devices.block import Block
from devices.link.session_clock import SessionClock
from devices.microphone import Microphone
from devices.source import SourceError

def show(reading):
    said = {name: getattr(reading, name) for name in type(reading).__dataclass_fields__}
    if isinstance(reading, Block):
        said["values"] = reading.values.tolist()
    print(json.dumps({"is": type(reading).__name__} | said), flush=True)

try:
    microphone = Microphone(sys.argv[1] if len(sys.argv) > 1 else None, SessionClock(), show)
except SourceError as error:
    sys.exit(str(error))
microphone.start()
sys.stdin.read()
began = time.monotonic()
microphone.stop()
stopped = {"seconds": time.monotonic() - began, "reconnects": microphone.facts.reconnects}
print(json.dumps({"is": "stopped", "state": microphone.state.name} | stopped), flush=True)
"""


class Listener:
    """A process that listens to a server's microphone."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            [sys.executable, "-c", MICROPHONE],
            env=server.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.queue = queue.SimpleQueue()
        self.all = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.queue.put(json.loads(line))

    def until(self, wanted, seconds=15.0):
        """Wait for the next reading of which something holds."""
        end = time.monotonic() + seconds
        while True:
            self.all.append(self.queue.get(timeout=max(0.01, end - time.monotonic())))
            if wanted(self.all[-1]):
                return self.all[-1]

    def stop(self):
        """Stop it; what it says of that."""
        self.process.stdin.close()
        return self.until(lambda one: one["is"] == "stopped")


@pytest.fixture
def server(tmp_path):
    with AudioServer(tmp_path) as running:
        yield running


@pytest.fixture
def listener(server):
    listening = Listener(server)
    yield listening
    listening.process.kill()
    listening.process.wait()


def is_block(reading):
    return reading["is"] == "Block"


def is_loud(reading):
    return is_block(reading) and max(map(abs, reading["values"])) > 0.1


def check_order(readings):
    """Every index is in a block or a gap, and time never goes back."""
    index, end = 0, 0.0
    for one in readings:
        if is_block(one):
            assert one["index"] == index
            assert one["time"] >= end - 0.5 / 16_000 - 1e-6
            index, end = index + len(one["values"]), one["time"] + len(one["values"]) / 16_000
        elif one["is"] == "Gap" and one["duration"] is not None:
            index += one["lost"] or 0


def test_a_tone_arrives_at_16_khz_with_its_frequency_and_no_holes(server, listener, tmp_path):
    """The server's microphone runs at 48 kHz; stopping takes less than a second."""
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48_000 * 10) / 48_000)
    soundfile.write(tmp_path / "tone.wav", tone, 48_000)
    listener.until(is_block)
    server.play(tmp_path / "tone.wav")
    first = listener.until(is_loud)
    last = listener.until(lambda one: is_block(one) and one["index"] > first["index"] + 40_000)
    stopped = listener.stop()
    blocks = [one for one in listener.all if is_block(one)]
    assert {one["rate"] for one in blocks} == {16_000}
    values = np.concatenate([one["values"] for one in blocks if one["index"] > first["index"]])[1600:33_600]
    assert np.argmax(np.abs(np.fft.rfft(values))) / 2 == 1000
    assert np.abs(values).max() == pytest.approx(0.5, abs=0.02)
    check_order(listener.all)
    assert last["time"] - first["time"] == pytest.approx((last["index"] - first["index"]) / 16_000, abs=0.02)
    assert stopped["seconds"] < 1
    assert stopped["state"] == "CLOSED"


def test_a_server_that_dies_is_a_gap_until_it_is_back(server, listener):
    """Said within a second, then absence; afterwards a gap with its duration, and indices that count what was lost."""
    listener.until(is_block)
    server.kill()
    killed = time.monotonic()
    lost = listener.until(lambda one: one["is"] == "Gap" and one["duration"] is None)
    assert time.monotonic() - killed < 2
    for _ in range(10):
        listener.until(lambda one: one["is"] == "Away")
    server.restart()
    back = listener.until(lambda one: one["is"] == "Gap" and one["duration"] is not None)
    block = listener.until(is_block)
    assert back["duration"] > 0.5
    assert back["lost"] == pytest.approx(back["duration"] * 16_000, abs=1)
    assert back["time"] >= lost["time"]
    assert block["time"] == pytest.approx(back["time"] + back["duration"], abs=0.01)
    assert listener.stop()["reconnects"] == 1
    check_order(listener.all)


@pytest.mark.parametrize("what", [signal.SIGABRT, signal.SIGSTOP])
def test_a_sound_system_that_crashes_or_hangs_is_a_gap(listener, what):
    """PortAudio's process is replaced, whatever has become of it; nothing of it is left at the end."""
    listener.until(is_block)
    (child,) = psutil.Process(listener.process.pid).children()
    child.send_signal(what)
    listener.until(lambda one: one["is"] == "Gap" and one["duration"] is None)
    listener.until(lambda one: one["is"] == "Gap" and one["duration"] is not None)
    listener.until(is_block)
    (other,) = psutil.Process(listener.process.pid).children()
    assert other.pid != child.pid
    assert listener.stop()["reconnects"] == 1
    listener.process.wait()
    assert not other.is_running()
    check_order(listener.all)


def test_an_unknown_name_lists_the_inputs(server):
    """One line, no traceback."""
    run = subprocess.run(
        [sys.executable, "-c", MICROPHONE, "studio"],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no microphone has the name or number 'studio'; inputs: " in run.stderr
    assert "default" in run.stderr
    assert "Traceback" not in run.stderr
