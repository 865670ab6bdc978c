"""`maeum devices`: what it says of ports and microphones, in words that can be pasted; and what a live session adds."""

import json
import subprocess
import sys
from argparse import Namespace

import numpy as np
import pytest
import soundfile
from serial.tools.list_ports_common import ListPortInfo

from devices.block import SensorNotice
from devices.emulation.bitalino import Bitalino
from devices.emulation.lines import TextLines
from devices.link.port_finder import ListedPort
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.link.transport import SerialTransport
from devices.sensors.driver import Port
from devices.sensors.url import parse
from realtime.cli import main
from realtime.ending import DONE, MISSING, USAGE
from realtime.live import could_add, live_source
from tests.devices.audio_server import AudioServer, missing
from tests.devices.link.deliveries import Deliveries

MAEUM = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())")
ARDUINO = ListedPort("/dev/ttyACM3", 0x2341, 0x0043, "A1")
UNKNOWN = ListedPort("/dev/ttyUSB7", 0x1234, 0x5678)

needs_terminals = pytest.mark.skipif(
    sys.platform != "linux", reason="emulated devices need pseudo-terminals as Linux has them"
)


@needs_terminals
def test_a_port_is_said_with_a_url_that_can_be_pasted(plug, capsys):
    """What the device is, the URL below its lasting name, what is left to decide; and a session can use it."""
    terminal = plug(Bitalino(), "usb-maeum_bitalino_0001")
    assert main(["devices", str(terminal.path)]) == DONE
    said = capsys.readouterr().out
    assert "BITalino (r)evolution (BITalino_v5.2)" in said
    assert "still to decide: which port each sensor is on" in said
    text = next(line for line in said.splitlines() if "--sensor" in line).split("'")[1]
    assert text == f"serial://{terminal.by_id}?protocol=bitalino&channels=eda:A3,ecg:A2"
    out = Deliveries()
    sensor = Sensor(parse(text), SessionClock(), out)
    sensor.start()
    out.until(lambda: out.blocks("eda") and out.blocks("ecg"))
    sensor.stop()


@needs_terminals
def test_json_says_the_same_to_a_program(plug, capsys):
    """One object: the columns that a sketch prints, at which rate, and how sure that is."""
    terminal = plug(TextLines(baud=9600, comment=True), "usb-arduino")
    assert main(["devices", "--json", str(terminal.path), "/dev/maeum-nothing"]) == DONE
    found, absent = json.loads(capsys.readouterr().out)["ports"]
    assert (found["protocol"], found["baud"], found["channels"]) == ("lines", 9600, ["EDA", "ECG", "TEMP"])
    assert found["confidence"] > 0.8
    assert found["by_id"] == str(terminal.by_id)
    assert found["sensor"].endswith("protocol=lines&channels=eda:EDA,ecg:ECG,temp:TEMP&baud=9600")
    assert found["undecided"] is None
    assert (absent["opened"], absent["sensor"]) == (False, None)
    assert absent["says"].startswith("no such port")


@needs_terminals
def test_a_port_in_use_says_so_in_its_row(plug, capsys):
    """When none of the ports named can be opened, the exit code tells."""
    terminal = plug(Bitalino(), "usb-maeum_bitalino_0001")
    other = SerialTransport(str(terminal.path), Port(115_200), list)
    other.open()
    assert main(["devices", "--json", str(terminal.path)]) == MISSING
    other.close()
    (busy,) = json.loads(capsys.readouterr().out)["ports"]
    assert busy["says"].startswith("another program has it open")


@needs_terminals
def test_without_listening_no_port_is_opened(plug, capsys):
    """Names and numbers are all that is used."""
    terminal = plug(Bitalino(), "usb-maeum_bitalino_0001")
    other = SerialTransport(str(terminal.path), Port(115_200), list)
    other.open()
    assert main(["devices", "--no-listen", "--json", str(terminal.path)]) == DONE
    other.close()
    (port,) = json.loads(capsys.readouterr().out)["ports"]
    assert (port["guess"], port["protocol"], port["says"]) == ("BITalino", None, None)


@pytest.mark.parametrize("port", ["socket://here", "socket://here:0", "lsl://type=EDA", "serial://", "usb://1"])
def test_what_is_no_port_is_one_line(port, capsys):
    """With what to write instead."""
    assert main(["devices", port]) == USAGE
    said = capsys.readouterr().err
    assert said.startswith("maeum: ")
    assert port in said
    assert said.count("\n") == 1


def test_everything_that_is_plugged_in_is_listed(capsys):
    """On any computer, with or without ports, microphones and PortAudio."""
    assert main(["devices", "--no-listen"]) == DONE
    said = capsys.readouterr().out
    assert "icrophone" in said
    assert "erial port" in said


@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_a_microphone_is_shown_with_its_level(tmp_path):
    """A microphone that hears nothing is silent; one that hears a tone has its level."""
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48_000 * 30) / 48_000)
    soundfile.write(tmp_path / "tone.wav", tone, 48_000)

    def default(environment) -> dict:
        done = subprocess.run(
            [*MAEUM, "devices", "--json"], capture_output=True, env=environment, timeout=60, check=True
        )
        return next(each for each in json.loads(done.stdout)["microphones"] if each["default"])

    with AudioServer(tmp_path) as server:
        silent = default(server.environment)
        server.play(tmp_path / "tone.wav")
        loud = default(server.environment)
    assert (silent["silent"], silent["level_db"]) == (True, None)
    assert not loud["silent"]
    assert loud["level_db"] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=3.0)
    assert loud["api"] == "ALSA"


def test_a_live_session_says_which_sensors_it_could_add():
    """One line for each plausible port that no argument names; a port about which nothing is known is left out."""
    said = list(could_add([], lambda: [ARDUINO, UNKNOWN]))
    assert len(said) == 1
    assert said[0].startswith("could add --sensor 'serial:///dev/ttyACM3?protocol=lines&channels=eda:EDA/uS'")
    assert "(Arduino Uno)" in said[0]


@needs_terminals
def test_the_suggestion_comes_once_the_session_has_begun(plug, monkeypatch):
    """As a notice among the samples; the sensor in use is not in it."""
    terminal = plug(Bitalino(), "usb-maeum_bitalino_0001")
    arduino = ListPortInfo("/dev/ttyACM3")
    arduino.vid, arduino.pid, arduino.description = 0x2341, 0x0043, "Arduino Uno"
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [arduino, ListPortInfo(str(terminal.path))])
    url = f"serial://{terminal.by_id}?protocol=bitalino&channels=eda:A3"
    events = live_source(Namespace(mic="off", sensor=[url])).events()
    said = next(each.text for each in events if isinstance(each, SensorNotice) and "could add" in each.text)
    events.close()
    assert "serial:///dev/ttyACM3" in said


def test_a_sensor_that_is_used_is_not_suggested(tmp_path):
    """Whichever of its names the argument gives."""
    port, link = tmp_path / "ttyUSB0", tmp_path / "by-id"
    port.touch()
    link.symlink_to(port)
    used = parse(f"serial://{link}?protocol=cyton&channels=ecg:1")
    listed = [ListedPort(str(port), 0x0403, 0x6015)]
    assert not list(could_add([used], lambda: listed))
    assert list(could_add([], lambda: listed))
