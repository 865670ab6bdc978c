"""BITalino's frames are read and written as its firmware does, by the byte vectors published for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sensors.bitalino_frame import FORMATS, WIDTHS, Status, remainder, status

# Firmware 5.2 in simulated mode: bytes by number of channels, for the frames numbered 0, 1, 2, 15 and 16.
SIMULATED = {
    1: ("e0 06 0f", "e0 16 13", "e0 26 24", "7c f6 ff", "0c 09 00"),
    2: ("b5 e1 06 0f", "d1 e3 16 11", "e5 e2 26 2e", "91 7e f6 fe", "6c 0c 09 09"),
    3: ("c0 7f b5 e1 06 02", "40 a7 d1 e3 16 1d", "c0 ca e5 e2 26 29", "00 00 91 7e f6 fe", "40 06 6c 0c 09 00"),
    4: (
        "f0 df 7f b5 e1 06 03",
        "e0 67 a7 d1 e3 16 12",
        "50 ef ca e5 e2 26 22",
        "30 0d 00 91 7e f6 f5",
        "50 47 06 6c 0c 09 07",
    ),
    5: (
        "c0 f7 df 7f b5 e1 06 02",
        "c0 e8 67 a7 d1 e3 16 12",
        "c0 59 ef ca e5 e2 26 2a",
        "00 3f 0d 00 91 7e f6 f4",
        "c0 5e 47 06 6c 0c 09 02",
    ),
    6: (
        "df f7 df 7f b5 e1 06 06",
        "e1 e8 67 a7 d1 e3 16 1e",
        "e3 59 ef ca e5 e2 26 29",
        "38 3f 0d 00 91 7e f6 fe",
        "f9 5e 47 06 6c 0c 09 06",
    ),
}
VALUES = {
    0: (440, 437, 511, 511, 31, 31),
    1: (440, 977, 669, 638, 35, 33),
    2: (440, 741, 811, 757, 39, 35),
    15: (415, 657, 0, 211, 60, 56),
    16: (579, 108, 25, 117, 59, 57),
}
VECTORS = [
    (channels, bytes.fromhex(text), number % 16, number % 16, VALUES[number][:channels])
    for channels, texts in SIMULATED.items()
    for number, text in zip(VALUES, texts, strict=True)
] + [
    (2, bytes.fromhex("defcda5b"), 5, 0b1101, (703, 222)),
    (3, bytes.fromhex("006dde00c899"), 9, 0b1100, (512, 222, 436)),
    (6, bytes.fromhex("00000000000000f2"), 15, 0, (0,) * 6),
    (6, bytes(8), 0, 0, (0,) * 6),
    (6, bytes.fromhex("fffffffffffffff0"), 15, 15, (1023, 1023, 1023, 1023, 63, 63)),
]


@pytest.mark.parametrize(("channels", "frame", "sequence", "digital", "values"), VECTORS)
def test_published_frames_are_read_and_written(channels, frame, sequence, digital, values):
    """Every published vector, of all six layouts, holds in both directions."""
    form = FORMATS[channels]
    assert form.size == len(frame)
    assert form.sequence(frame, 0) == sequence
    assert form.values(frame, 0) == values
    assert form.pack(sequence, digital, values) == frame


def test_a_frame_has_the_published_size():
    """Channels plus two bytes, and one more for three to five."""
    assert [FORMATS[channels].size for channels in range(1, 7)] == [3, 4, 6, 7, 8, 8]


def bit_by_bit(data: bytes) -> int:
    """The checksum as the maker's interfaces compute it: shift, subtract the polynomial, take the next bit."""
    crc = 0
    for bit in (byte >> place & 1 for byte in data for place in range(7, -1, -1)):
        crc = crc << 1 | bit
        crc ^= 0x13 if crc & 16 else 0
    return crc


def test_the_table_divides_as_the_bits_do():
    """Both forms of the checksum agree on 10,000 random frames."""
    source = np.random.default_rng(4)
    for _ in range(10_000):
        data = source.bytes(int(source.integers(1, 18)))
        assert remainder(data) == bit_by_bit(data)


@given(st.integers(1, 6), st.integers(0, 15), st.integers(0, 15), st.data())
def test_what_is_packed_is_read_back(channels, sequence, digital, data):
    """Any values at any place of a buffer come back, and one wrong bit is always noticed."""
    values = tuple(data.draw(st.integers(0, (1 << width) - 1)) for width in WIDTHS[:channels])
    form = FORMATS[channels]
    frame = form.pack(sequence, digital, values)
    assert (form.sequence(b"\xa5" + frame, 1), form.values(b"\xa5" + frame, 1)) == (sequence, values)
    bit = data.draw(st.integers(0, form.size * 8 - 1))
    wrong = (int.from_bytes(frame, "big") ^ 1 << bit).to_bytes(form.size, "big")
    assert form.sequence(wrong, 0) == -1


@pytest.mark.parametrize(
    ("text", "pwm"),
    [("0002f401de0080022c012d014e020a64c8", 100), ("0002f401de0080022c012d014e020aca", None)],
)
def test_the_status_is_read_in_both_lengths(text, pwm):
    """Firmware 5.2 tells its PWM as well; the battery's voltage follows from half of it on the converter."""
    read = status(bytes.fromhex(text))
    assert read == Status((512, 500, 222, 640, 300, 301), 590, 10, pwm, 0b1100)
    assert read.volts == pytest.approx(3.806, abs=1e-3)
    assert read.pack() == bytes.fromhex(text)


def test_no_status_is_made_of_other_bytes():
    """Wrong length or wrong checksum is no status."""
    assert status(bytes(15)) is None
    assert status(bytes.fromhex("0002f401de0080022c012d014e020a64c9")) is None
