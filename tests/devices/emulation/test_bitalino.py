"""An emulated BITalino: its commands, its frames to the byte, and what it does when its ring is full."""

import numpy as np
import pytest

from devices.emulation.analog import SENSORS
from devices.emulation.bitalino import PORTS, Bitalino
from devices.emulation.waveforms import Body

SIMULATED = {
    1: ["e0060f", "e01613", "e02624", "7cf6ff", "0c0900"],
    2: ["b5e1060f", "d1e31611", "e5e2262e", "917ef6fe", "6c0c0909"],
    3: ["c07fb5e10602", "40a7d1e3161d", "c0cae5e22629", "0000917ef6fe", "40066c0c0900"],
    4: ["f0df7fb5e10603", "e067a7d1e31612", "50efcae5e22622", "300d00917ef6f5", "5047066c0c0907"],
    5: ["c0f7df7fb5e10602", "c0e867a7d1e31612", "c059efcae5e2262a", "003f0d00917ef6f4", "c05e47066c0c0902"],
    6: ["dff7df7fb5e10606", "e1e867a7d1e3161e", "e359efcae5e22629", "383f0d00917ef6fe", "f95e47066c0c0906"],
}
NUMBERS = (0, 1, 2, 15, 16)
LEVELS = {
    0: (440, 437, 511, 511, 31 << 4, 31 << 4),
    1: (440, 977, 669, 638, 35 << 4, 33 << 4),
    2: (440, 741, 811, 757, 39 << 4, 35 << 4),
    15: (415, 657, 0, 211, 60 << 4, 56 << 4),
    16: (579, 108, 25, 117, 59 << 4, 57 << 4),
}


class Known(Body):
    """Nobody: port `A<n>` reads the levels of the published frames, whatever is plugged in."""

    def waveform(self, stream):
        port = int(stream[-1]) - 1
        return lambda times: np.array([LEVELS.get(round(t * 1000) - 1, (0,) * 6)[port] / 1024 for t in times])


@pytest.fixture
def known(monkeypatch):
    monkeypatch.setattr("devices.emulation.analog.SENSORS", {port: lambda level, _: level for port in PORTS})
    return Bitalino(Known(), {port: port for port in PORTS})


@pytest.mark.parametrize("channels", SIMULATED)
def test_the_published_frames_of_simulated_mode(known, channels):
    """Given the published levels, every published frame comes out to the byte."""
    known.receive(bytes([(1 << channels) - 1 << 2 | 2]))
    data = known.produce(0.018)
    size = len(data) // 18
    assert [data[k * size : (k + 1) * size].hex() for k in NUMBERS] == SIMULATED[channels]


def test_version_status_and_rate_are_for_the_idle_only():
    """A live device neither tells its version nor changes its rate; stopped, it does both."""
    device = Bitalino()
    assert device.receive(b"\x07") == b"BITalino_v5.2\n"
    device.receive(b"\x83\x3d")
    assert device.receive(b"\x07\x0b\x43") == b""
    assert len(device.produce(1.0)) == 100 * 7
    device.receive(b"\x00")
    assert device.produce(1.0) == b""
    assert device.receive(b"\x0f") == b"BITalino_v5.2\n"


def test_the_rate_is_1000_hertz_until_another_is_chosen():
    """And each of the four can be chosen."""
    for command, rate in ((b"", 1000), (b"\x03", 1), (b"\x43", 10), (b"\x83", 100), (b"\xc3", 1000)):
        device = Bitalino()
        device.receive(command + b"\x05")
        device.produce(10.0)
        assert device.truth.count == 10 * rate


def test_zero_stops_a_live_device_and_sets_the_threshold_of_an_idle_one():
    """The same byte means two things."""
    device = Bitalino()
    device.receive(b"\x28")
    assert device.threshold == 10
    device.receive(b"\xfd")
    assert device.streaming
    device.receive(b"\x00")
    assert not device.streaming
    assert device.threshold == 10
    device.receive(b"\x00")
    assert device.threshold == 0


def test_ff_stops_a_live_device_and_is_nothing_to_an_idle_one():
    """FF would start all six channels if it were a start command."""
    device = Bitalino()
    device.receive(b"\xff")
    assert not device.streaming
    device.receive(b"\xfe\xff")
    assert not device.streaming


def test_the_status_has_17_bytes_from_firmware_5_2_on():
    """And 16 before; threshold, PWM and outputs are those that were set."""
    old, new = Bitalino(version="5.1"), Bitalino()
    for device in (old, new):
        device.receive(b"\x28\xb7\xa3\x64")
    assert len(old.receive(b"\x0b")) == 16
    status = new.receive(b"\x0b")
    assert len(status) == 17
    assert status[14:16] == b"\x0a\x64"
    assert status[16] >> 4 == 1


def test_the_sequence_begins_at_zero_at_each_start():
    """Numbers go 0..15, and 0 again after a stop and a start."""
    device = Bitalino()
    for _ in range(2):
        device.receive(b"\x83\x05")
        assert [byte >> 4 for byte in device.produce(0.2)[2::3]] == [*range(16), *range(4)]
        device.receive(b"\x00")


def test_frames_leave_in_pairs_at_1000_hertz():
    """After three periods two frames have left."""
    device = Bitalino()
    device.receive(b"\xfd")
    assert [len(device.produce(0.001)) for _ in range(4)] == [0, 16, 0, 16]


def test_a_full_ring_skips_frames_and_counts_them():
    """187 frames of 8 bytes wait; the others are lost, and the numbers of those after them go on."""
    device = Bitalino()
    device.receive(b"\xfd")
    device.produce(0.3, room=0)
    assert device.truth.count == 187
    assert device.truth.skipped == 113
    data = device.produce(0.1)
    sequence = [byte >> 4 for byte in data[7::8]]
    assert sequence == [k % 16 for k in (*range(187), *range(300, 400))]


def test_frames_still_leave_after_the_stop_and_the_version_comes_behind_them():
    """What waits in the ring comes before the answer."""
    device = Bitalino()
    device.receive(b"\x05")
    device.produce(0.1, room=100)
    assert device.receive(b"\x00\x07") == b""
    rest = device.produce(0.1)
    assert rest.endswith(b"BITalino_v5.2\n")
    assert len(rest) == 300 - 100 + len("BITalino_v5.2\n")


def test_every_sensor_stays_within_the_converter():
    """A resting body gives levels inside 0..1023 that move, for every transfer function."""
    for sensor in SENSORS:
        device = Bitalino(plugged={"A1": sensor})
        device.receive(b"\x05")
        device.produce(10.0)
        levels = {frame.values[0] for frame in device.truth.frames}
        assert 0 < min(levels) <= max(levels) < 1023 or sensor == "eda.bitalino1"
        assert len(levels) > 1 or sensor in ("nothing", "temp.ntc", "temp")


def test_the_ntc_reads_what_its_vectors_say():
    """Levels 436, 415, 395 and 385 are 31.962, 33.980, 35.955 and 36.965 degrees."""
    celsius = np.array([31.962, 33.980, 35.955, 36.965])
    np.testing.assert_allclose(SENSORS["temp.ntc"](celsius, 3.3) * 1024, [436, 415, 395, 385], atol=0.02)
