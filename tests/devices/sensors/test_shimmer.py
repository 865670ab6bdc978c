"""Shimmer3: every published vector, and a chain of packets that counts what it loses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.sensors.driver import Refused, UnknownChannel, UnknownOption, Wanted
from devices.sensors.frames import Frame, Lost
from devices.sensors.shimmer_conversions import conductance, exg, exg_gain, gsr
from devices.sensors.shimmer_decoder import ShimmerDecoder, checksum
from devices.sensors.shimmer_driver import ECG_REGISTERS, Shimmer3
from devices.sensors.shimmer_inquiry import FIELDS, Inquiry, divider, parse_inquiry
from tests.devices.sensors.decoding import cuts, decode, frames, holes
from tests.devices.sensors.scripts import play

GSR = Inquiry(64, 4, (FIELDS[0x1C],))
BOTH = Inquiry(64, 4, (FIELDS[0x1C], FIELDS[0x1D], FIELDS[0x1E], FIELDS[0x1F]))
EDA = (Wanted("eda", ""),)


def sealed(body, crc=2):
    return body + checksum(body).to_bytes(2, "little")[:crc]


def packet(number, crc=2, inquiry=BOTH, start=0xB2D0DE):
    """The packet of that number, with values that wander."""
    ticks = (start + number * inquiry.divider) % (1 << 24)
    body = b"\0" + ticks.to_bytes(3, "little")
    for place, field in enumerate(inquiry.fields):
        body += ((number * 7919 * (place + 1) + 0x4800) % (1 << 8 * field.size)).to_bytes(field.size, field.order)
    return sealed(body, crc)


def stream(count, crc=2, **named):
    return [packet(number, crc, **named) for number in range(count)]


@pytest.mark.parametrize(
    ("raw", "microsiemens"),
    [
        ("0048", 6.9712),
        ("0008", 49.7695),
        ("0088", 2.0007),
        ("00c8", 0.6063),
        ("ff0f", 124.378),
        ("00c0", 0.0002),
        ("0050", np.nan),
    ],
)
def test_conductance_by_the_range_in_the_value(raw, microsiemens):
    """The vectors of the maker's formula; a voltage below the reference is no conductance."""
    word = np.array([float(int.from_bytes(bytes.fromhex(raw), "little"))])
    digits = 3 if microsiemens > 100 else 4
    assert np.round(gsr(4).formula(word), digits) == pytest.approx([microsiemens], nan_ok=True)


def test_a_fixed_range_is_taken_from_the_setting_and_clamped():
    """The two top bits do not matter then, and what the range cannot measure is its limit."""
    assert conductance(np.array([2048.0, 4095.0]), 1) == pytest.approx([1000 / 143.447, 1000 / 63], rel=1e-4)
    assert conductance(np.array([700.0]), 3) == pytest.approx([1000 / 4700])
    assert conductance(np.array([0.0]), 3) == pytest.approx([1000 / 4700])


def test_conductance_rises_with_the_reading_in_every_range():
    """Monotonic where it is a number at all."""
    for chosen in range(4):
        values = conductance(np.arange(683.0, 4096.0) + (chosen << 14))
        assert (np.diff(values) >= 0).all()
        assert np.isfinite(values).all()


def test_millivolts_by_the_gain():
    """24 bits at gain 6 and 4."""
    raw = np.array([1.0, 0x7FFFFF, -0x800000, -65536])
    assert exg(6).formula(raw) == pytest.approx([4.808109e-5, 403.333333, -403.333381, -3.151042], rel=1e-6)
    assert exg(4).formula(raw)[0] == pytest.approx(7.212163e-5, rel=1e-6)
    assert exg(6).formula(np.array([21000.0, -4200.0])) == pytest.approx([1.009703, -0.201941], abs=1e-6)
    assert [exg_gain(code << 4) for code in range(7)] == [6, 1, 2, 3, 4, 8, 12]
    with pytest.raises(ValueError, match="0x70 of the ExG chip holds no gain"):
        exg_gain(0x70)


@pytest.mark.parametrize(
    ("rate", "ticks"), [(512, "4000"), (128, "0001"), (51.2, "8002"), (250, "8300"), (1000, "2100"), (200, "a400")]
)
def test_the_divider_of_a_rate(rate, ticks):
    """As the command that sets it has it."""
    assert divider(rate).to_bytes(2, "little").hex() == ticks


def test_the_rate_is_the_one_that_the_divider_gives():
    """250 Hz asked for are 250.137 Hz."""
    (layout,) = Shimmer3(EDA, {"rate": "250"}).decoder().layouts
    assert layout.rate == pytest.approx(250.137, abs=5e-4)
    assert (layout.clock, layout.tick_hz) == ("ticks", 32768)


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        ("0102030405060708", "aa48"),
        ("010203040506070809", "5d2a"),
        ("0102030405060708090a", "178b"),
        ("0102030405060708090a0b", "4e79"),
        ("24030201", "4bc2"),
        ("2403020103", "cadc"),
        ("00ded0b20048", "a087"),
        ("00ded0b20048800052 08ffef98", "0fad"),
        ("ff", "f465"),
        ("00b6f8bbff80000180 0001ff800001800001", "8a93"),
    ],
)
def test_checksums(data, crc):
    """The firmware's own vectors; the last one is not the checksum that the vendor's example prints (9a b0)."""
    assert checksum(bytes.fromhex(data)).to_bytes(2, "little").hex() == crc


def test_an_inquiry_tells_rate_range_and_order():
    """512 Hz, automatic range, one channel."""
    found = parse_inquiry(bytes.fromhex("02 4000 01ff0109 01 01 12"))
    assert (found.divider, found.layout.rate, found.gsr_range) == (64, 512, 4)
    assert [channel.name for channel in found.layout.channels] == ["A1"]


def test_published_packets():
    """Two packets of one channel without a checksum, which a third and fourth confirm."""
    inquiry = parse_inquiry(bytes.fromhex("02 4000 01ff0109 01 01 12"))
    data = bytes.fromhex("00ded0b22607 001ed1b2fc06 005ed1b20000 009ed1b20000")
    assert decode(ShimmerDecoder(inquiry), data)[:2] == [
        Frame("", 0, (0x0726,), 6, 0xB2D0DE),
        Frame("", 1, (0x06FC,), 12, 0xB2D11E),
    ]


def test_a_packet_of_mixed_byte_orders_with_its_checksum():
    """GSR is little-endian, ExG big-endian; a checksum of two bytes needs no second packet."""
    events = decode(ShimmerDecoder(BOTH, 2), bytes.fromhex("00ded0b20048800052 08ffef98 0fad"))
    assert events == [Frame("", 0, (0x4800, 0x80, 21000, -4200), 15, 0xB2D0DE)]


def test_the_vendors_wrong_checksum_is_refused():
    """A packet with the checksum that the vendor's example prints is none."""
    inquiry = Inquiry(64, 4, (FIELDS[0x1D], *[FIELDS[0x1E]] * 2, FIELDS[0x1D], *[FIELDS[0x1E]] * 2))
    body = bytes.fromhex("00b6f8bbff800001800001ff800001800001")
    assert decode(ShimmerDecoder(inquiry, 2), body + bytes.fromhex("9ab0")) == []
    assert len(decode(ShimmerDecoder(inquiry, 2), body + bytes.fromhex("8a93"))) == 1


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([0, 1, 2]), st.binary(max_size=40), st.integers(0, 600), st.binary(max_size=200), cuts(900))
def test_pieces_do_not_matter(crc, before, place, inside, places):
    """Any chunking gives the same events, with garbage before and within, and the books balance after every push."""
    sent = b"".join(stream(40, crc))
    data = before + sent[:place] + inside + sent[place:]
    assert decode(ShimmerDecoder(BOTH, crc), data, places) == decode(ShimmerDecoder(BOTH, crc), data)


def accounted(events, count, crc):
    """Frames that were never sent, and whether what was not received was counted."""
    truth = {
        frame.ticks: frame.values for frame in frames(decode(ShimmerDecoder(BOTH, crc), b"".join(stream(count, crc))))
    }
    bogus = [frame for frame in frames(events) if truth.get(frame.ticks) != frame.values]
    received = frames(events)
    span = (received[-1].ticks - received[0].ticks) // BOTH.divider + 1
    counted = len(received) + sum(hole.count for hole in holes(events))
    return len(bogus), counted == span == received[-1].index + 1


def test_every_fault_at_every_byte_is_counted_exactly():
    """Drop, insert, duplicate and flip at each offset of a packet: none that was not sent, received + lost = sent."""
    sent = b"".join(stream(60))
    size = len(packet(0))
    for at in range(20 * size, 21 * size):
        for count in (1, 7, size, 3 * size + 5):
            faulty = [
                sent[:at] + sent[at + count :],
                sent[:at] + b"\0" * count + sent[at:],
                sent[:at] + b"\xff" * count + sent[at:],
                sent[: at + count] + sent[at:],
                sent[:at] + bytes([sent[at] ^ 1 << count % 8]) + sent[at + 1 :],
            ]
            for data in faulty:
                events = decode(ShimmerDecoder(BOTH, 2), data)
                assert accounted(events, 60, 2) == (0, True)
                assert frames(events)[-1].index == 59


def test_without_a_checksum_the_chain_keeps_out_what_was_never_sent():
    """Losses of 1 to 20 bytes: no bogus packet, and two packets at most are lost beside those hit."""
    sent = b"".join(stream(60, 0))
    size = len(packet(0, 0))
    for at in range(20 * size, 21 * size):
        for count in range(1, 21):
            events = decode(ShimmerDecoder(BOTH, 0), sent[:at] + sent[at + count :])
            assert accounted(events, 80, 0)[0] == 0
            assert sum(hole.count for hole in holes(events)) <= 2 + (count - 1) // size + 1


def test_packets_lost_whole_are_counted_without_a_checksum():
    """A hole of whole packets leaves the rest in step; the packet before it may be half of another, and goes too."""
    parts = stream(20, 0)
    events = decode(ShimmerDecoder(BOTH, 0), b"".join(parts[:8] + parts[11:]))
    assert [(hole.index, hole.count, hole.reason) for hole in holes(events)] == [(7, 4, "out of step")]


def test_ticks_wrap_without_a_hole():
    """After 512 s the clock of a packet begins again at 0; ours goes on."""
    events = decode(ShimmerDecoder(BOTH, 2), b"".join(stream(20, start=(1 << 24) - 5 * 64 - 7)))
    assert holes(events) == []
    assert set(np.diff([frame.ticks for frame in frames(events)])) == {64}


@pytest.mark.parametrize("crc", [0, 2])
def test_a_small_step_backwards_is_damage_and_no_wrap(crc):
    """The packet is lost, and time goes on as if nothing had been."""
    parts = stream(20, crc)
    body = bytearray(parts[10][: len(packet(0, 0))])
    body[1:4] = (0xB2D0DE + 10 * 64 - 300).to_bytes(3, "little")
    parts[10] = sealed(bytes(body), crc)
    events = decode(ShimmerDecoder(BOTH, crc), b"".join(parts))
    ticks = [frame.ticks for frame in frames(events)]
    assert max(np.diff(ticks)) <= 3 * 64
    assert min(np.diff(ticks)) > 0
    assert 10 not in [frame.index for frame in frames(events)]


@pytest.mark.parametrize("crc", [0, 1, 2])
def test_acknowledgements_and_answers_between_packets_cost_nothing(crc):
    """They are understood, one or several, and no packet is lost for them."""
    parts = stream(20, crc)
    said = [b"\xff", b"\xff\x8a\x71\x21", b"\x8a\x71\x21", b"\xff\x8a\x94\x2e\x0b\x80", b"\xfe"]
    for place, answer in enumerate(said):
        parts[5 + place] += sealed(answer, crc)
    parts[12] += sealed(b"\xff", crc) + sealed(b"\xff\x8a\x71\x01", crc)
    decoder = ShimmerDecoder(BOTH, crc)
    events = decode(decoder, b"".join(parts))
    assert holes(events) == []
    assert decoder.counters.skipped == 0
    assert len(frames(events)) >= 19


def test_garbage_gives_no_samples_and_is_named():
    """Zeros, FF and noise: nothing, in bounded memory, and one remark that says so."""
    for data in (bytes(100_000), b"\xff" * 100_000, np.random.default_rng(1).bytes(300_000)):
        for crc in (0, 2):
            decoder = ShimmerDecoder(BOTH, crc)
            events = [event for at in range(0, len(data), 4096) for event in decoder.push(data[at : at + 4096])]
            assert frames(events) == []
            assert decoder.counters.waiting < 64
            assert [event.code for event in events] == ["not this protocol"]


def test_a_cut_loses_what_is_begun_and_the_chain_counts_it():
    """After it the next packet proves itself, and what was lost is known by its clock."""
    parts, decoder = stream(20), ShimmerDecoder(BOTH, 2)
    events = decoder.push(b"".join(parts[:5]) + parts[5][:6])
    events += decoder.cut() + decoder.push(b"".join(parts[9:]))
    assert holes(events) == [Lost("", 5, 4, 6 * 15 - 9 + 15, "out of step")]


class Unit:
    """A Shimmer3's commands, as far as a handshake needs them; a noisy one says its status before every reply."""

    def __init__(self, version=(0, 16, 0), noisy=False, board=("eda", "ecg"), refuses=b"", hardware=3):
        self.hardware = hardware
        self.version, self.noisy, self.board, self.refuses = version, noisy, board, refuses
        self.divider, self.sensors, self.range, self.crc = 0x0280, 0, 0, 0
        self.registers = [bytearray(10), bytearray(10)]
        self.streaming = False

    def __call__(self, data):
        if data[:1] == self.refuses:
            return b"\xfe"
        return (b"\xff\x8a\x71\x21" if self.noisy else b"") + sealed(b"\xff" + self.answer(data), self.crc)

    def answer(self, data):
        match data[0]:
            case 0x2E:
                return b"\x2f\x03\x00" + bytes((self.version[0], 0, *self.version[1:]))
            case 0x3F:
                return bytes((0x25, self.hardware))
            case 0x05:
                self.divider = int.from_bytes(data[1:3], "little")
            case 0x08:
                self.sensors = data[1]
            case 0x21:
                self.range = data[1]
            case 0x61:
                self.registers[data[1]][:] = data[4:]
            case 0x63:
                return b"\x62\x0a" + bytes(self.registers[data[1]])
            case 0x01:
                ids = b"\x1c" if self.sensors & 4 and "eda" in self.board else b""
                ids += b"\x1d\x1e\x1f" if self.sensors & 0x10 and "ecg" in self.board else b""
                head = b"\x02" + self.divider.to_bytes(2, "little") + bytes((1, 255, 1, self.range << 1 | 1))
                return head + bytes((len(ids), 1)) + ids
            case 0x8B:
                self.crc = data[1]
            case other:
                self.streaming = {0x07: True, 0x20: False}.get(other, self.streaming)
        return b""


@pytest.mark.parametrize("noisy", [False, True])
def test_a_unit_is_set_up_and_started(noisy):
    """Sensors, rate, range, gain and checksum are set, whatever status comes in between."""
    unit, device = Unit(noisy=noisy), Shimmer3([*EDA, Wanted("ecg", "LA-RA")], {"rate": "512"})
    sent = play(device.start(), unit)
    assert (unit.streaming, unit.crc, unit.sensors, unit.divider, unit.range) == (True, 2, 0x14, 64, 4)
    assert bytes.fromhex("08140000") in sent
    assert bytes.fromhex("054000") in sent
    assert unit.registers[0] == ECG_REGISTERS[0]
    decoder = device.decoder()
    found = [(out.stream, out.column, out.conversion.name) for out in device.outputs(decoder)]
    assert found == [("eda", 0, "shimmer3.eda.auto"), ("ecg", 3, "shimmer3.ecg.gain4.24bit")]
    assert len(frames(decode(decoder, bytes.fromhex("f465") + b"".join(stream(5))))) == 5
    play(device.stop(), unit)
    assert not unit.streaming


def test_the_gain_is_read_from_the_unit():
    """With exg=keep it is whatever the unit was set to."""
    unit, device = Unit(), Shimmer3([Wanted("ecg", "ExG1ch1")], {"exg": "keep"})
    unit.registers[0][3:5] = bytes((0x60, 0x00))
    play(device.start(), unit)
    assert [out.conversion.name for out in device.outputs(device.decoder())] == ["shimmer3.ecg.gain12.24bit"]


def test_old_firmware_is_used_without_a_checksum():
    """The command is unknown before 0.13.7."""
    unit, device = Unit((0, 11, 0)), Shimmer3(EDA, {})
    assert not [data for data in play(device.start(), unit) if data[0] in (0x8B, 0xA3)]
    assert frames(decode(device.decoder(), b"".join(stream(9, 0, inquiry=Inquiry(256, 4, GSR.fields)))))


def test_what_will_not_do_is_refused():
    """A missing sensor, a refused command, and silence, each in one line."""
    with pytest.raises(Refused, match="sends GSR and not ExG1ch1: a GSR"):
        play(Shimmer3([*EDA, Wanted("ecg", "")], {}).start(), Unit(board=("eda",)))
    with pytest.raises(Refused, match=r"no Shimmer3 \(hardware version 10\)"):
        play(Shimmer3(EDA, {}).start(), Unit(hardware=10))
    with pytest.raises(Refused, match="refuses command 0x21"):
        play(Shimmer3(EDA, {}).start(), Unit(refuses=b"\x21"))
    with pytest.raises(TimeoutError, match="the firmware version of a Shimmer3"):
        play(Shimmer3(EDA, {}).start(), lambda _: b"")


@pytest.mark.parametrize(
    ("wanted", "options", "error", "says"),
    [
        (Wanted("temp", ""), {}, UnknownChannel, "Shimmer3 gives no temp; it gives eda, ecg"),
        (Wanted("ecg", "V1"), {}, UnknownChannel, "no channel 'V1' for ecg; there are ExG1ch1, ExG1ch2, ExG2ch2"),
        (Wanted("eda", "GSR", "x"), {}, UnknownChannel, "leave /FORMULA out"),
        (Wanted("eda", ""), {"rate": "0"}, UnknownOption, "from 1 to 2048"),
        (Wanted("eda", ""), {"range": "5"}, UnknownOption, "choose one of auto, 0, 1, 2, 3"),
    ],
)
def test_what_a_unit_cannot_do_is_refused_before_opening(wanted, options, error, says):
    """The message says what it can."""
    with pytest.raises(error, match=says):
        Shimmer3([wanted], options)
