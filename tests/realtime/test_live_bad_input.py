"""What `maeum live` cannot use: one line that says what to do, an exit code, and no sample of what is no sensor."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.emulation.healthypi import HealthyPi
from devices.emulation.terminal import PseudoTerminal
from devices.link.transport import SerialTransport
from devices.sensors.driver import Port
from realtime.cli import main
from realtime.ending import MISSING, USAGE
from tests.devices.link.noise import Noise

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")
LIVE = ("live", "--no-dashboard", "--whisper", "off")
WITHOUT_MICROPHONE = (*LIVE, "--mic", "off")
BITALINO = "protocol=bitalino&channels=eda:A3"
ABSENT = f"serial:///dev/maeum-nothing?{BITALINO}"
PRIVILEGES = "-dac_override,-dac_read_search"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="emulated devices need Linux's pseudo-terminals")


@pytest.fixture
def complaint(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run `maeum live` in this process, without much patience; return its one line of complaint."""
    monkeypatch.setattr("devices.live.OPEN_S", 0.5)

    def complained(code: int, *arguments: str) -> str:
        assert main([*arguments]) == code
        said = capsys.readouterr().err
        assert said.startswith("maeum: ")
        assert said.count("\n") == 1
        return said.removeprefix("maeum: ")

    return complained


def url(terminal: PseudoTerminal, query: str = BITALINO) -> str:
    return f"serial://{terminal.by_id}?{query}"


@pytest.mark.parametrize(
    ("sensors", "code", "words"),
    [
        ([ABSENT], MISSING, "no such port; is the device plugged in?"),
        (["socket://127.0.0.1:9?" + BITALINO], MISSING, "is the serial server running there?"),
        ([ABSENT.replace("bitalino", "morse")], USAGE, "'morse' is not known; choose one of lines, bitalino, shimmer3"),
        ([ABSENT.replace("A3", "A9")], USAGE, "no channel 'A9'; there are A1, A2, A3"),
        ([ABSENT.replace("eda", "eeg")], USAGE, "no stream is called 'eeg'; there are eda, ecg, temp, ibi"),
        ([ABSENT, ABSENT], USAGE, "both give eda; leave one out"),
        ([ABSENT + "&rate=0"], USAGE, "rate=0 is no number of samples a second above 0"),
        ([ABSENT + "&required=perhaps"], USAGE, "required=perhaps is neither yes nor no"),
        ([ABSENT + "&colour=red"], USAGE, "no option 'colour'; it takes rate, vcc, acquire"),
        (["/dev/ttyUSB0"], USAGE, "must begin with serial://, socket:// or lsl://"),
        (["serial:///dev/ttyUSB0?channels=eda:A3"], USAGE, "add protocol=NAME, one of lines, bitalino"),
        (["serial:///dev/ttyUSB0?protocol=bitalino"], USAGE, "add channels=STREAM:CHANNEL"),
        ([], USAGE, "nothing is left to listen to"),
    ],
)
def test_a_sensor_that_cannot_be_used_is_one_line(complaint, sensors, code, words):
    """Each says what was found and what to write instead, before a session has begun."""
    arguments = [word for sensor in sensors for word in ("--sensor", sensor)]
    assert words in complaint(code, *WITHOUT_MICROPHONE, *arguments)


def test_a_port_that_another_program_has_open(complaint, plug):
    """It is named with the programs that it usually is."""
    terminal = plug(Bitalino())
    other = SerialTransport(str(terminal.path), Port(115_200), list)
    other.open()
    said = complaint(MISSING, *WITHOUT_MICROPHONE, "--sensor", url(terminal))
    other.close()
    assert "another program has it open; close that (a serial monitor, ModemManager)" in said


def test_a_port_that_the_user_may_not_open(plug):
    """The command that joins the port's group stands in the line. Root sheds its privilege to open everything."""
    root = os.geteuid() == 0
    if root and not shutil.which("setpriv"):
        pytest.skip("root may open every port, and setpriv is not installed")
    terminal = plug(Bitalino())
    terminal.path.resolve().chmod(0)
    shed = ["setpriv", f"--bounding-set={PRIVILEGES}", "--inh-caps=-all"] if root else []
    command = [*shed, *MAEUM, *WITHOUT_MICROPHONE, "--sensor", url(terminal)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == MISSING
    assert "permission denied; join its group: sudo usermod -aG" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_device_that_is_unplugged_during_the_handshake(complaint, tmp_path):
    """A person who pulls the plug is told so."""
    terminal = PseudoTerminal(tmp_path)
    with Emulator(Bitalino(), terminal) as emulator:

        def pull_out() -> None:
            while not terminal.held:
                threading.Event().wait(0.005)
            emulator.plan(Fault(emulator.now + 0.1, "unplug", 60.0))

        puller = threading.Thread(target=pull_out)
        puller.start()
        said = complaint(MISSING, *WITHOUT_MICROPHONE, "--sensor", url(terminal))
        puller.join()
    assert "unplugged" in said


def test_a_device_at_another_baud_rate(complaint, plug):
    """A required one ends the session, with what came and which option to change."""
    said = complaint(
        MISSING,
        *WITHOUT_MICROPHONE,
        "--sensor",
        url(plug(HealthyPi()), "protocol=healthypi&baud=57600&channels=ecg:ECG/gain6"),
    )
    assert "wrong baud rate or another protocol" in said
    assert "set baud= or protocol=" in said


def test_a_microphone_that_is_not_there(complaint):
    """The inputs that there are are listed, and the way to go on without; a missing PortAudio says what to install."""
    said = complaint(MISSING, *LIVE, "--mic", "no such microphone", "--sensor", ABSENT)
    assert "inputs: " in said or "apt install libportaudio2" in said
    assert said.endswith("; to go on without: --mic off\n")


def test_lab_streaming_layer_without_its_package(complaint, monkeypatch):
    """The command that installs it is named."""
    monkeypatch.setitem(sys.modules, "pylsl", None)
    assert "run: pip install pylsl" in complaint(MISSING, *WITHOUT_MICROPHONE, "--sensor", "lsl://type=EDA")


class Session:
    """`maeum live` in a process of its own, read line by line."""

    def __init__(self, *sensors: str) -> None:
        arguments = [word for sensor in sensors for word in ("--sensor", f"{sensor}&required=no")]
        command = [*MAEUM, *WITHOUT_MICROPHONE, "--labels", "-", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.lines = map(json.loads, self.process.stdout)

    def until(self, wanted: Callable[[dict], bool]) -> list[dict]:
        """Lines up to the first wanted one."""
        seen = []
        for line in self.lines:
            seen.append(line)
            if wanted(line):
                return seen
        raise AssertionError(self.process.stderr.read())

    def end(self) -> list[dict]:
        """Press Ctrl-C; the last lines."""
        self.process.send_signal(signal.SIGINT)
        rest = list(self.lines)
        assert self.process.wait(30) == 0
        return rest


@pytest.fixture
def session():
    """Start a session with sensors that are not required."""
    started: list[Session] = []

    def start(*sensors: str) -> Session:
        started.append(Session(*sensors))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def test_what_is_no_such_device_is_named_and_gives_no_samples(plug, session):
    """Silence, a wrong baud rate, another protocol and noise: four sensors of one session, and none of them is felt."""
    expected = {
        url(plug(Noise("nothing"))): "nothing came at all",
        url(plug(HealthyPi()), "protocol=healthypi&baud=57600&channels=ecg:ECG/gain6"): "wrong baud rate",
        url(plug(Noise("text")), "protocol=healthypi&channels=temp"): "wrong protocol: lines of text come",
        url(plug(Noise("noise")), "protocol=lines&channels=ibi:RR/ms"): "wrong baud rate or another protocol",
    }
    running = session(*expected)
    missing = set(expected.values())

    def is_last(line: dict) -> bool:
        if line["type"] == "notice":
            missing.difference_update({words for words in missing if words in line["text"]})
        return not missing

    lines = running.until(is_last)
    lines += running.until(lambda line: line["type"] == "label")
    lines += running.end()
    bodies = [line["modalities"]["bio"] for line in lines if line["type"] == "label"]
    assert bodies
    assert all(body["probabilities"] is None for body in bodies)
    assert not any(line["type"] == "gap" and line["duration"] is not None for line in lines)


def test_a_sensor_that_is_not_required_joins_when_it_appears(tmp_path, session):
    """The session starts without it and says so; once it is plugged in, its body is felt."""
    name = "usb-maeum_late"
    running = session(f"serial://{tmp_path / 'by-id' / name}?protocol=bitalino&channels=eda:A3,ecg:A2,temp:A1")
    before = running.until(lambda line: line["type"] == "notice" and "no such port" in line["text"])
    before += running.until(lambda line: line["type"] == "label")
    assert before[-1]["modalities"]["bio"]["reason"] not in (None, "warming up")
    with Emulator(Bitalino(), PseudoTerminal(tmp_path, name)):
        running.until(lambda line: line["type"] == "notice" and line["text"].endswith("streams"))
        running.until(lambda line: line["type"] == "gap" and line["duration"] is not None)
        running.until(lambda line: line["type"] == "label" and line["modalities"]["bio"]["reason"] == "warming up")
        rest = running.end()
    assert rest[-1]["type"] == "summary"
