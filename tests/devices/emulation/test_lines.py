"""An emulated Arduino: the lines it prints, and that opening its port starts it anew."""

import json
from functools import reduce
from operator import xor

import pytest

from devices.emulation.lines import TextLines


def printed(seconds=1.0, **options):
    device = TextLines(boot_s=0.0, rate=10.0, **options)
    return device, device.produce(seconds).decode().split("\r\n")[:-1]


def test_key_and_value():
    """Each line names its columns; the ledger has the values as printed."""
    device, lines = printed()
    assert len(lines) == 10
    names = [[part.split(":")[0] for part in line.split(",")] for line in lines]
    assert names == [["EDA", "ECG", "TEMP"]] * 10
    values = [tuple(float(part.split(":")[1]) for part in line.split(",")) for line in lines]
    assert values == [frame.values for frame in device.truth.frames]


def test_csv_has_a_header():
    """The first line names the columns, counter and clock too."""
    _, lines = printed(style="csv", counter=True, clock=True)
    assert lines[0] == "n,t_ms,EDA,ECG,TEMP"
    assert [line.split(",")[:2] for line in lines[1:4]] == [["0", "100"], ["1", "200"], ["2", "300"]]


def test_values_have_no_names():
    """Numbers alone."""
    _, lines = printed(style="values", columns={"GSR": "eda"})
    assert all(float(line) > 0 for line in lines)


def test_json():
    """One object a line, whole numbers for the counter."""
    device, lines = printed(style="json", counter=True)
    assert [json.loads(line)["n"] for line in lines] == list(range(10))
    assert tuple(json.loads(lines[3])[label] for label in ("EDA", "ECG", "TEMP")) == device.truth.frames[3].values


@pytest.mark.parametrize("style", ["keyvalue", "csv", "json"])
def test_the_checksum_is_the_exclusive_or(style):
    """Two hexadecimal digits after a star, of every byte before it."""
    _, lines = printed(style=style, checksum=True)
    for line in lines[1:]:
        body, _, digits = line.rpartition("*")
        assert int(digits, 16) == reduce(xor, body.encode())


def test_units_in_a_comment():
    """The board may say what its columns are."""
    _, lines = printed(comment=True)
    assert lines[0] == "# EDA:uS,ECG:mV,TEMP:degC,fs=10"


def test_opening_the_port_starts_an_arduino_anew():
    """Boot noise, silence, then lines from number 0; a board with USB of its own just goes on."""
    uno, own = TextLines(counter=True, rate=10.0), TextLines(counter=True, rate=10.0, boot_s=0.0, resets=False)
    for device in (uno, own):
        device.produce(5.0)
        device.opened()
    assert uno.produce(0.1).endswith(b"ready\r\n")
    assert uno.produce(1.3) == b""
    assert uno.produce(1.0).startswith(b"n:0,")
    assert own.produce(0.1).startswith(b"n:50,")


def test_a_slow_line_loses_whole_lines():
    """More lines than 9600 baud can carry: some are lost, none is cut."""
    device = TextLines(rate=100.0, boot_s=0.0, baud=9600, counter=True)
    data = b"".join(device.produce(0.01, room=9 + k % 2) for k in range(1000))
    lines = data.decode().split("\r\n")
    assert device.truth.skipped > 500
    assert all(line.startswith("n:") and "TEMP" in line for line in lines[:-1])
