"""BITalino is brought from any state to streaming, and says its version and battery on the way."""

import pytest

from devices.sensors.bitalino_driver import Bitalino
from devices.sensors.bitalino_frame import FORMATS, Status
from devices.sensors.catalog import driver
from devices.sensors.driver import UnknownChannel, UnknownOption, Wanted
from devices.sensors.frames import Remark
from tests.devices.sensors.decoding import frames
from tests.devices.sensors.scripts import play

EDA = (Wanted("eda", "A3"),)


class Board:
    """The commands of a BITalino's firmware, as far as a handshake needs them."""

    def __init__(self, version: str = "_v5.2", battery: int = 590, streaming: bool = False) -> None:
        self.firmware = float(version[2:])
        self.name = f"BITalino{version}\n".encode()
        self.status = Status((512,) * 6, battery, 10, 100 if self.firmware >= 5.2 else None, 0)
        self.streaming = streaming
        self.rate = 1000
        self.mask = 0
        self.light = 10

    def __call__(self, data: bytes) -> bytes:
        return b"".join(self.one(byte) for byte in data)

    def one(self, byte: int) -> bytes:
        if self.streaming:
            self.streaming = not (byte == 0 or (byte == 255 and self.firmware >= 4.2))
            return FORMATS[2].pack(3, 0, (500, 600)) * 5
        if byte & 3 == 0:
            self.light = byte >> 2
        elif byte in (0x07, 0x0F):
            return self.name
        elif byte == 0x0B and self.firmware >= 4.2:
            return self.status.pack()
        elif byte & 0x3F == 3:
            self.rate = 10 ** (byte >> 6)
        elif byte & 3 == 1:
            self.mask, self.streaming = byte >> 2, True
        return b""


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("version", ["_v5.2", "_v5.1", "_v4.2", " V3.1"])
def test_a_board_is_started_from_any_state(version, streaming):
    """Old and new firmware, idle or left streaming, ends up streaming the ports acquired at the rate asked for."""
    board = Board(version, streaming=streaming)
    play(Bitalino(EDA, {"rate": "100"}).start(), board)
    assert (board.streaming, board.mask, board.rate) == (True, 0b000111, 100)


@pytest.mark.parametrize("streaming", [False, True])
def test_the_light_of_the_battery_is_left_alone(streaming):
    """The stop that an idle board takes for the threshold of its light is not sent to a board that answers."""
    board = Board(streaming=streaming)
    play(Bitalino(EDA, {}).start(), board)
    assert board.light == 10


@pytest.mark.parametrize(("version", "stop"), [("_v5.2", b"\xff"), (" V3.1", b"\x00")])
def test_a_board_is_stopped(version, stop):
    """Each firmware by the stop that it knows."""
    board, device = Board(version), Bitalino(EDA, {})
    play(device.start(), board)
    assert play(device.stop(), board) == [stop]
    assert not board.streaming


@pytest.mark.parametrize(
    ("version", "battery", "said"),
    [
        ("_v5.2", 590, ["BITalino 5.2", "battery of the BITalino at 3.81 V"]),
        ("_v5.1", 530, ["BITalino 5.1", "battery of the BITalino at 3.42 V; it is low: charge it"]),
        (" V3.1", 590, ["BITalino 3.1"]),
    ],
)
def test_version_and_battery_are_said(version, battery, said):
    """What the board says of itself comes with the first data of the connection."""
    device = Bitalino(EDA, {})
    play(device.start(), Board(version, battery))
    events = device.decoder().push(b"".join(FORMATS[3].pack(n, 0, (1, 2, n)) for n in range(5)))
    assert [event.text for event in events if isinstance(event, Remark)] == said
    assert [frame.values[2] for frame in frames(events)] == list(range(5))


def test_another_device_is_refused():
    """What never says the version of a BITalino ends the handshake."""
    with pytest.raises(TimeoutError, match="the version string of a BITalino"):
        play(Bitalino(EDA, {}).start(), lambda _: b"EDA:512\r\n")


def test_outputs_name_column_and_formula():
    """Streams come from their ports, whatever else is acquired, by formulas whose names are kept."""
    device = driver(
        "bitalino",
        [Wanted("eda", "A3", "rev2016"), Wanted("ecg", "a2"), Wanted("temp", "A6", "ntc")],
        {"acquire": "A1"},
    )
    decoder = device.decoder()
    (layout,) = decoder.layouts
    assert [channel.name for channel in layout.channels] == ["A1", "A2", "A3", "A6"]
    assert (layout.rate, layout.clock) == (1000, "index")
    found = [(out.stream, layout.channels[out.column].name, out.conversion.name) for out in device.outputs(decoder)]
    assert found == [
        ("eda", "A3", "bitalino.eda.rev2016"),
        ("ecg", "A2", "bitalino.ecg.ecg"),
        ("temp", "A6", "bitalino.temp.ntc"),
    ]


def test_three_channels_are_acquired_at_least():
    """Frames of one or two channels have no padding to check, so that others are read along."""
    assert len(Bitalino(EDA, {}).decoder().layouts[0].channels) == 3


@pytest.mark.parametrize(
    ("wanted", "options", "error", "says"),
    [
        (Wanted("eda", "A7"), {}, UnknownChannel, "no channel 'A7'; there are A1, A2, A3, A4, A5, A6"),
        (Wanted("eda", ""), {}, UnknownChannel, "no usual channel; say which one; there are A1"),
        (Wanted("temp", "A6"), {"acquire": "A1,A2,A3,A4,A5"}, UnknownChannel, "among the first four"),
        (Wanted("eda", "A3"), {"rate": "500"}, UnknownOption, "choose one of 1000, 100, 10, 1"),
        (Wanted("eda", "A3"), {"baud": "9600"}, UnknownOption, "no option 'baud'; it takes rate, vcc, acquire"),
        (Wanted("eda", "A3"), {"vcc": "12"}, UnknownOption, "from 1.8 to 5.5"),
    ],
)
def test_what_the_board_cannot_do_is_refused(wanted, options, error, says):
    """The message says what it can."""
    with pytest.raises(error, match=says):
        Bitalino([wanted], options)
