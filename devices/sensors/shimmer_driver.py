"""Shimmer3 GSR+ and ExG units with LogAndStream firmware: how one is set up, started and stopped.

Source: the command list of the LogAndStream firmware. Every command is acknowledged by `FF` (newer firmware refuses by
`FE`); a status `FF 8A 71 ss` may come unasked between any two replies.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import ClassVar

from devices.sensors import choosing
from devices.sensors.driver import Drain, Expect, Output, Port, Refused, Script, Send, Step, UnknownChannel, Wanted
from devices.sensors.frames import Decoder
from devices.sensors.options import choice, number, only
from devices.sensors.shimmer_conversions import AUTOMATIC, exg, exg_gain, gsr
from devices.sensors.shimmer_decoder import ShimmerDecoder
from devices.sensors.shimmer_inquiry import FIELDS, INQUIRY, Inquiry, UnknownField, divider, inquiry_end, parse_inquiry

CHANNELS: Mapping[str, Sequence[str]] = {"eda": ("GSR",), "ecg": ("ExG1ch1", "ExG1ch2", "ExG2ch2")}
LEADS = {"ll-ra": "ExG1ch1", "la-ra": "ExG1ch2", "vx-rl": "ExG2ch2"}
"""Names of the electrodes, which stand for channels as well"""
ECG_REGISTERS = (bytes.fromhex("02a01040402d00000203"), bytes.fromhex("02a01040470000000201"))
"""Of the two ExG chips, for an ECG at gain 4: the firmware's defaults"""

_ACK, _NACK = 0xFF, 0xFE
_STATUS = bytes((0x8A, 0x71))
_FIRMWARE, _HARDWARE, _EXG = b"\x2f", b"\x25", b"\x62"
_SHIMMER3 = 3
_CRC_SINCE, _QUIET_SINCE = (0, 13, 7), (0, 15, 4)
_ANSWER_S = 2.0


class Shimmer3:
    """The `Driver` of Shimmer3 GSR+ (`eda`) and ExG (`ecg`) units.

    Channels of `ecg` are `ExG1ch1` (LL-RA), `ExG1ch2` (LA-RA) and `ExG2ch2` (Vx-RL), by either name. Options: `rate` in
    hertz (the nearest that the clock can do is taken), `range` of the GSR (auto, 0 to 3), `exg` (`ecg` writes the
    registers for an ECG, `keep` leaves them), `crc` (2, 1 or 0 bytes; none with firmware before 0.13.7).
    """

    protocol: ClassVar[str] = "shimmer3"
    title: ClassVar[str] = "Shimmer3"
    port = Port(115200)

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None:
        only(options, ("rate", "range", "exg", "crc"), self.title)
        self._channels = {one.stream: _channel(one) for one in wanted}
        self._divider = divider(number(options, "rate", 256.0 if "ecg" in self._channels else 128.0, 1.0, 2048.0))
        chosen = choice(options, "range", ("auto", "0", "1", "2", "3"))
        self._range = AUTOMATIC if chosen == "auto" else int(chosen)
        self._writes_exg = choice(options, "exg", ("ecg", "keep")) == "ecg"
        self._crc_wanted = int(choice(options, "crc", ("2", "1", "0")))
        self._chips = sorted({int(name[3]) - 1 for name in self._channels.values() if name != "GSR"})
        self._inquiry = self._expected()
        self._crc = self._crc_wanted
        self._gain = 4

    def start(self) -> Script:
        """Stop, set rate, sensors and ranges, read them back, turn the checksum on, and start.

        Raises
        ------
        Refused
            When the unit refuses a command, or has not the sensors that are wanted.
        """
        yield Send(b"\x20", 0.1)
        yield Drain(0.2)
        version = yield from _firmware()
        yield from _board()
        if version >= _QUIET_SINCE:
            yield from _command(b"\xa3\x00")
        yield from _command(b"\x05" + self._divider.to_bytes(2, "little"))
        yield from _command(bytes((0x08, self._sensors(), 0, 0)))
        if "eda" in self._channels:
            yield from _command(bytes((0x21, self._range)))
        for chip in self._chips:
            if self._writes_exg:
                yield from _command(bytes((0x61, chip, 0, 10)) + ECG_REGISTERS[chip])
        if "ecg" in self._channels:
            self._gain = yield from _gain(self._channels["ecg"])
        self._inquiry = yield from _inquiry()
        self._check()
        self._crc = self._crc_wanted if version >= _CRC_SINCE else 0
        if self._crc:
            yield from _command(bytes((0x8B, self._crc)))
        yield from _command(b"\x07")

    def stop(self) -> Script:
        """Stop; what was under way is dropped."""
        yield Send(b"\x20", 0.1)
        yield Drain(0.2, 1.0)

    def decoder(self) -> Decoder:
        """Return a fresh decoder of what the unit says it sends; before `start`, of what it will be asked for."""
        return ShimmerDecoder(self._inquiry, self._crc)

    def outputs(self, decoder: Decoder) -> Sequence[Output]:
        """Return where the wanted streams come from."""
        names = [channel.name for channel in decoder.layouts[0].channels]
        return [
            Output(stream, "", names.index(name), gsr(self._inquiry.gsr_range) if name == "GSR" else exg(self._gain))
            for stream, name in self._channels.items()
        ]

    def _sensors(self) -> int:
        return (0x04 if "eda" in self._channels else 0) | sum(0x10 >> chip for chip in self._chips)

    def _expected(self) -> Inquiry:
        names = ["GSR"] if "eda" in self._channels else []
        names += [f"ExG{chip + 1}{part}" for chip in self._chips for part in (" status", "ch1", "ch2")]
        fields = {field.channel.name: field for field in reversed(FIELDS.values()) if field.channel.unit != "adc16"}
        return Inquiry(self._divider, self._range, tuple(fields[name] for name in names))

    def _check(self) -> None:
        there = [field.channel.name for field in self._inquiry.fields]
        if missing := [name for name in self._channels.values() if name not in there]:
            raise Refused(
                f"the Shimmer3 sends {', '.join(there) or 'nothing'} and not {', '.join(missing)}: "
                "a GSR+ unit has no ECG, an ExG unit no GSR; name each unit's own channels"
            )


def _channel(wanted: Wanted) -> str:
    meant = Wanted(wanted.stream, LEADS.get(wanted.channel.lower(), wanted.channel))
    name = choosing.channel(Shimmer3.title, meant, CHANNELS)
    if wanted.formula:
        raise UnknownChannel(f"{Shimmer3.title} has one formula for {name}, by its range and gain; leave /FORMULA out")
    return name


def _command(command: bytes) -> Generator[Step, bytes, None]:
    """Send a command and await its acknowledgement."""
    yield Send(command)
    reply = yield Expect(_acknowledged, _ANSWER_S, f"the acknowledgement of command 0x{command[0]:02x}")
    if reply[-1] == _NACK:
        raise Refused(f"the Shimmer3 refuses command 0x{command[0]:02x} ({command.hex(' ')})")


def _acknowledged(read: bytes) -> int | None:
    """Find the first acknowledgement or refusal that does not belong to an unasked status."""
    at = 0
    while at < len(read):
        status = at + 1 if read[at] == _ACK else at
        if read[status : status + 2] == _STATUS:
            at = status + 3
        elif read[at] in (_ACK, _NACK):
            return at + 1
        else:
            at += 1
    return None


def _ask(command: bytes, end: Callable[[bytes], int | None], what: str) -> Generator[Step, bytes, bytes]:
    """Send a command and return its answer; `end` tells where it ends."""
    yield Send(command)
    reply: bytes = yield Expect(end, _ANSWER_S, what)
    if reply[-1] == _NACK and len(reply) == 1:
        raise Refused(f"the Shimmer3 refuses to say {what}")
    return reply


def _answered(head: bytes, size: int) -> Callable[[bytes], int | None]:
    """Return what finds an answer of so many bytes after its first one, or a refusal."""

    def found(read: bytes) -> int | None:
        if read[:1] == bytes((_NACK,)):
            return 1
        start = read.find(bytes((_ACK,)) + head)
        return start + 2 + size if start >= 0 and len(read) >= start + 2 + size else None

    return found


def _firmware() -> Generator[Step, bytes, tuple[int, int, int]]:
    reply = yield from _ask(b"\x2e", _answered(_FIRMWARE, 6), "the firmware version of a Shimmer3")
    major = int.from_bytes(reply[-4:-2], "little")
    return major, reply[-2], reply[-1]


def _board() -> Generator[Step, bytes, None]:
    """Ask for the hardware: a Shimmer3R answers the inquiry in another form."""
    reply = yield from _ask(b"\x3f", _answered(_HARDWARE, 1), "the hardware version of a Shimmer3")
    if reply[-1] != _SHIMMER3:
        raise Refused(f"the unit is no Shimmer3 (hardware version {reply[-1]}); only that one is known")


def _gain(channel: str) -> Generator[Step, bytes, int]:
    """Read the gain of an ExG channel from its chip: byte 3 for channel 1, byte 4 for channel 2."""
    chip = int(channel[3]) - 1
    reply = yield from _ask(bytes((0x63, chip, 0, 10)), _answered(_EXG, 11), "its ExG registers")
    try:
        return exg_gain(reply[-10 + 2 + int(channel[-1])])
    except ValueError as error:
        raise Refused(f"the Shimmer3 is set up wrong: {error}; leave out exg=keep") from None


def _inquiry() -> Generator[Step, bytes, Inquiry]:
    def end(read: bytes) -> int | None:
        start = read.find(bytes((_ACK, INQUIRY)))
        return None if start < 0 else inquiry_end(read, start + 1)

    reply = yield from _ask(b"\x01", end, "the inquiry of a Shimmer3")
    try:
        return parse_inquiry(reply[reply.find(bytes((_ACK, INQUIRY))) + 1 :])
    except UnknownField as error:
        raise Refused(str(error)) from None
