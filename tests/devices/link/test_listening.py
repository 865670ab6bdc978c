"""Short listens at pseudo-terminals with emulated devices: each is found, with a URL that works, and left quiet."""

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.emulation.catalog import device
from devices.emulation.emulator import Emulator
from devices.emulation.terminal import PseudoTerminal
from devices.emulation.waveforms import Body
from devices.link import listening
from devices.link.chips import Guess
from devices.link.listening import Finding, listen, listen_to_all, named, unheard
from devices.link.port_finder import ListedPort
from devices.link.recognition import DOUBTFUL
from devices.link.transport import SerialTransport
from devices.sensors import catalog
from devices.sensors.driver import Port
from devices.sensors.questions import QUESTIONS
from devices.sensors.url import parse


@pytest.fixture
def plug(tmp_path):
    """Plug emulated devices in, each into a port that carries its protocol's name."""
    emulators: list[Emulator] = []

    def plugged(protocol, **options) -> Finding:
        terminal = PseudoTerminal(tmp_path, f"usb-maeum_{protocol}_{len(emulators):04d}-if00")
        emulators.append(Emulator(device(protocol, Body(), options), terminal))
        emulators[-1].start()
        return named(str(terminal.path), [])

    plugged.emulators = emulators
    yield plugged
    for emulator in emulators:
        emulator.stop()


def check_url(finding: Finding) -> str:
    """Its URL can be pasted: the driver takes it."""
    assert finding.suggestion is not None
    text = finding.url(finding.suggestion)
    url = parse(text)
    assert url.text == text
    catalog.driver(url.protocol, url.wanted, url.options)
    return text


def test_every_kind_of_device_is_found_at_once_and_none_streams_afterwards(plug):
    """Those that speak are recognised by their frames, the silent ones answer a question; all at the same time."""
    plugged = {
        "bitalino": plug("bitalino"),
        "shimmer3": plug("shimmer3"),
        "cyton": plug("cyton", streaming=True),
        "chords": plug("chords"),
        "healthypi": plug("healthypi"),
        "emotibit": plug("emotibit", enabled=("EA", "T1")),
        "lines": plug("lines", baud=9600, comment=True),
    }
    began = time.monotonic()
    found = dict(zip(plugged, listen_to_all(list(plugged.values())), strict=True))
    assert time.monotonic() - began < listening.LISTEN_S + listening.HANG_S + 0.5
    for protocol, one in found.items():
        assert one.recognised is not None, (protocol, one.says)
        assert one.recognised.protocol == protocol
        assert "/by-id/usb-maeum_" in check_url(one)
    assert "baud=9600" in check_url(found["lines"])
    assert "channels=eda:EDA,ecg:ECG,temp:TEMP" in check_url(found["lines"])
    assert found["bitalino"].says == "BITalino_v5.2"
    for protocol, emulator in zip(plugged, plug.emulators, strict=True):
        count = emulator.device.truth.count
        emulator.step(0.5)
        if protocol in ("bitalino", "shimmer3", "cyton", "chords"):
            assert emulator.device.truth.count == count, protocol


def test_a_bitalino_that_a_crashed_program_left_streaming_is_stopped(plug):
    """Its frames are recognised first."""
    finding = plug("bitalino")
    emulator = plug.emulators[0]
    emulator.device.receive(b"\x3d")
    found = listen(finding)
    assert found.recognised is not None
    assert len(found.recognised.channels) == 4
    count = emulator.device.truth.count
    emulator.step(0.5)
    assert emulator.device.truth.count == count


def test_a_device_that_nothing_makes_plausible_is_not_asked(plug):
    """Nothing is written to a silent port whose name says nothing."""
    finding = plug("bitalino")
    heard = []
    device_at_the_port = plug.emulators[0].device
    obey = device_at_the_port.obey
    device_at_the_port.obey = lambda data: heard.append(data) or obey(data)
    found = listen(Finding(finding.port, finding.lasting, Guess("")))
    assert found.recognised is None
    assert found.says == "sends nothing by itself"
    assert not heard


def test_a_port_in_use_and_one_that_is_absent_say_so(plug, tmp_path):
    """Each in its row; the others are listened to all the same."""
    busy, there = plug("bitalino"), plug("healthypi")
    other = SerialTransport(busy.port.device, Port(115_200), list)
    other.open()
    found = listen_to_all([busy, there, named(str(tmp_path / "ttyUSB9"), [])])
    other.close()
    assert not found[0].opened
    assert found[0].says.startswith("another program has it open")
    assert found[1].recognised is not None
    assert not found[2].opened
    assert found[2].says.startswith("no such port")


def test_a_socket_is_listened_to_at_no_baud_rate():
    """A serial server's device is recognised, and its URL begins with socket://."""
    end = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()

        def serve():
            peer, _ = server.accept()
            with peer:
                while not end.wait(0.01):
                    peer.sendall(b"EDA:1.5\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        found = listen(named(f"socket://{host}:{port}", []))
        end.set()
        thread.join()
    assert found.baud is None
    assert check_url(found) == f"socket://{host}:{port}?protocol=lines&channels=eda:EDA/uS"
    assert found.suggestion is not None
    assert "EDA in uS" in found.suggestion.undecided


def test_text_without_numbers_is_quoted(plug, monkeypatch):
    """A board that prints words is no sensor, and its words tell a person what it is."""
    finding = plug("lines", boot_s=0.0, resets=False)
    monkeypatch.setattr(plug.emulators[0].device, "_write", lambda _fields: "waiting for the finger")
    found = listen(finding)
    assert found.recognised is None
    assert "'waiting for the finger'" in found.says


def test_a_sketch_that_prints_a_line_a_second_is_found(plug):
    """It cannot be sure, and says which column came."""
    found = listen(plug("lines", rate=1.0, resets=False, boot_s=0.0, columns={"TEMP": "temp"}))
    assert found.recognised is not None
    assert found.recognised.confidence == DOUBTFUL
    assert "channels=temp:TEMP/degC" in check_url(found)


def test_noise_is_no_device(plug, monkeypatch):
    """The baud rates that were tried are named."""
    finding = plug("healthypi")
    monkeypatch.setattr(plug.emulators[0].device, "packet", lambda number, raw: (raw, bytes([number * 37 % 251]) * 20))
    found = listen(finding)
    assert found.recognised is None
    assert "115200, 9600, 230400, 57600, 2000000 baud" in found.says


@pytest.mark.parametrize(
    ("port", "title", "protocols"),
    [
        (ListedPort("/dev/ttyACM0", 0x2341, 0x0043), "Arduino Uno", ("lines", "chords")),
        (ListedPort("/dev/ttyACM0", 0x2341, 0x7777), "Arduino", ("lines", "chords")),
        (ListedPort("/dev/ttyUSB0", 0x0403, 0x6015), "OpenBCI Cyton", ("cyton", "lines")),
        (ListedPort("/dev/rfcomm0"), "Bluetooth", ("bitalino", "shimmer3")),
        (ListedPort("/dev/cu.BITalino-01-93-DevB"), "BITalino", ("bitalino",)),
        (ListedPort("COM7", description="Standard Serial over Bluetooth link"), "Bluetooth", ("bitalino", "shimmer3")),
        (ListedPort("/dev/ttyS0"), "", ()),
        (ListedPort("/dev/ttyUSB0", 0x1234, 0x5678), "", ()),
    ],
)
def test_a_port_is_guessed_by_its_numbers_and_names(port, title, protocols):
    """Without opening it."""
    guess = unheard(port).guess
    assert title in guess.title
    assert guess.protocols == protocols


def test_nobody_waits_for_a_port_that_hangs(monkeypatch, plug):
    """A Bluetooth port whose device is away may take half a minute to open; its row says so."""
    end = threading.Event()
    finding = plug("healthypi")
    heard = listen(finding)

    def hanging(one: Finding) -> Finding:
        if one.port.device == "/dev/rfcomm0":
            end.wait()
        return heard

    monkeypatch.setattr(listening, "listen", hanging)
    monkeypatch.setattr(listening, "HANG_S", -3.4)
    found = listen_to_all([unheard(ListedPort("/dev/rfcomm0")), finding])
    end.set()
    assert not found[0].opened
    assert "does not open in time" in found[0].says
    assert found[1].recognised is not None


@given(st.binary(max_size=200), st.sampled_from(sorted(QUESTIONS)))
def test_no_answer_is_misread(data, protocol):
    """Whatever comes back from a device that is something else, nothing is raised."""
    answer = QUESTIONS[protocol].answer(data)
    assert answer is None or answer.title
