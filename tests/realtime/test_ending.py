"""Ctrl-C on a real terminal, whatever the program is doing: it ends soon, and the terminal is as it was."""

import fcntl
import os
import re
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.scenario import Scenario
from devices.emulation.terminal import PseudoTerminal
from realtime.ending import DONE, FAILED
from tests.devices.audio_server import AudioServer, missing

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")
CTRL_C = b"\x03"
END_S = 10.0
"""Three seconds are promised, on a computer that does nothing else"""
LOCAL = 3
"""Where `tcgetattr` has what a terminal does with what is typed"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs pseudo-terminals as Linux has")


class Typist:
    """Somebody at a terminal of their own, on which a command runs."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._ours, theirs = os.openpty()
        self._before = termios.tcgetattr(theirs)[LOCAL]
        self._theirs = theirs
        self.process = subprocess.Popen(
            [*MAEUM, *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=os.environ | {"TERM": "xterm-256color"} | environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # Ctrl-C goes to whoever the terminal controls
        )
        self.seen = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):
            while part := os.read(self._ours, 65536):
                self.seen += part

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def until(self, condition: Callable[[], object]) -> None:
        pause, end = threading.Event(), time.monotonic() + 60
        while not condition():
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, self.text
            pause.wait(0.02)

    def sees(self, text: str) -> None:
        self.until(lambda: text in self.text)

    def maps(self, library: str) -> None:
        """Wait until the program has loaded a library."""
        self.until(lambda: library in Path(f"/proc/{self.process.pid}/maps").read_text())

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen.decode(errors="replace"))

    def ends(self) -> int:
        """The exit code after Ctrl-C, when the terminal is as it was."""
        self.press(CTRL_C)
        code = self.process.wait(END_S)
        assert termios.tcgetattr(self._theirs)[LOCAL] == self._before
        os.close(self._theirs)
        self._reader.join()
        assert self.seen.rfind(b"\x1b[?25h") >= self.seen.rfind(b"\x1b[?25l")
        assert self.seen.rfind(b"\x1b[?1049l") >= self.seen.rfind(b"\x1b[?1049h")
        assert "Traceback" not in self.text
        return code

    def leave(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


Sitting = Callable[..., Typist]


@pytest.fixture
def typist() -> Iterator[Sitting]:
    typists: list[Typist] = []

    def sit_down(*command: str, **environment: str) -> Typist:
        typists.append(Typist(*command, **environment))
        return typists[-1]

    yield sit_down
    for one in typists:
        one.leave()


@pytest.fixture
def sensor(tmp_path: Path) -> Iterator[str]:
    port = PseudoTerminal(tmp_path / "dev")
    with Emulator(Bitalino(Scenario().body()), port):
        yield f"serial://{port.by_id}?protocol=bitalino&channels=eda:A3"


@pytest.mark.parametrize("library", ["_multiarray_umath", "tflite", "onnxruntime"])
@pytest.mark.parametrize("command", ["demo", "live"])
def test_while_it_begins(typist: Sitting, sensor: str, command: str, library: str) -> None:
    """Before the session has begun that is a stop; afterwards it is the session's end."""
    one = typist(command, *(("--mic", "off", "--sensor", sensor) if command == "live" else ()))
    one.maps(library)
    code = one.ends()
    assert (code, one.text) == (FAILED, "^Cmaeum: stopped\r\n") or (code, "session" in one.text) == (DONE, True)


def test_while_whisper_is_loaded(typist: Sitting) -> None:
    one = typist("demo")
    one.maps("ctranslate2")
    assert one.ends() == DONE


def test_while_a_required_sensor_is_waited_for(typist: Sitting, tmp_path: Path) -> None:
    one = typist("live", "--mic", "off", "--sensor", f"serial://{tmp_path}/none?protocol=bitalino&channels=eda:A3")
    one.sees("no such port")
    assert one.ends() == DONE


@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_while_the_microphone_is_opened(typist: Sitting, tmp_path: Path) -> None:
    with AudioServer(tmp_path) as server:
        one = typist("live", "--whisper", "off", **server.environment)
        one.sees("microphone default")
        assert one.ends() == DONE


def test_while_calibrating(typist: Sitting, sensor: str) -> None:
    one = typist("live", "--whisper", "off", "--mic", "off", "--sensor", sensor)
    one.sees("streaming")
    one.press(b"c")
    one.sees("CALIBRATING")
    assert one.ends() == DONE
    assert "no profile written" in one.text


def test_while_a_replay_is_paused(typist: Sitting) -> None:
    one = typist("demo", "--transcripts", "off")
    one.sees("speech")
    one.press(b" ")
    one.sees("PAUSED")
    assert one.ends() == DONE
