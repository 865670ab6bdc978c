"""Any board that prints lines of text: which of its columns are which streams, and in what unit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from devices.sensors.driver import Output, Port, Script, UnknownChannel, UnknownOption, Wanted
from devices.sensors.frames import Channel, Decoder
from devices.sensors.lines_conversions import Board, bits, conversion, known
from devices.sensors.lines_decoder import LinesDecoder
from devices.sensors.options import choice, number, only

_OPTIONS = ("baud", "dtr", "settle", "rate", "columns", "bits", "volts", "cal")
_PATIENCE = 20  # lines after which a column that was not among them is missing


class Lines:
    """The `Driver` of sketches for Arduino, ESP32 and their like.

    A channel is the name of a column; it may be left out where lines hold one number. A formula is a unit (`uS`,
    `mV`, `degC`) or a sensor (`grove`, `ad8232`, `max30205`, `mlx90614`), and may be left out where the sketch prints
    the unit: `# EDA:uS,ECG:mV,fs=250`. Options: `baud`, `dtr` (no: do not reset the board), `settle` (seconds to wait
    while it starts), `rate` (lines a second, where the sketch keeps one), `columns` (names of bare values, in order),
    `bits` and `volts` of the converter, `cal` (what a Grove GSR reads with nobody connected).
    """

    protocol: ClassVar[str] = "lines"
    title: ClassVar[str] = "Text lines"

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None:
        only(options, _OPTIONS, self.title)
        self.port = Port(
            baud=round(number(options, "baud", 115200, 300, 4_000_000)),
            dtr=choice(options, "dtr", ("yes", "no")) == "yes",
            settle_s=number(options, "settle", 0.0, 0.0, 10.0),
        )
        self._rate = number(options, "rate", 0.0, 1e-3, 1e5)
        self._columns = _columns(options.get("columns", ""))
        self._bits = round(number(options, "bits", 10, 8, 24)) if "bits" in options else None
        still = number(options, "cal", 0.0, 1.0, 1 << 24) if "cal" in options else None
        self._board = Board(volts=number(options, "volts", 5.0, 1.0, 5.5), open_circuit=still)
        self._wanted = tuple(wanted)
        for one in self._wanted:
            self._check(one)

    def start(self) -> Script:
        """Say nothing: a sketch sends by itself."""
        yield from ()

    def stop(self) -> Script:
        """Say nothing: a sketch knows no end."""
        yield from ()

    def decoder(self) -> LinesDecoder:
        """Return a fresh decoder."""
        return LinesDecoder(self._columns, self._rate)

    def outputs(self, decoder: Decoder) -> Sequence[Output]:
        """Return where the wanted streams come from, as far as the sketch has shown its columns and their units.

        Raises
        ------
        UnknownChannel
            When it had time to show a column, or its unit, and did not.
        """
        found = [self._output(one, decoder) for one in self._wanted]
        if isinstance(decoder, LinesDecoder) and decoder.lines >= _PATIENCE:
            for one, output in zip(self._wanted, found, strict=True):
                if output is None:
                    raise UnknownChannel(self._missing(one, decoder))
        return [output for output in found if output is not None]

    def _check(self, wanted: Wanted) -> None:
        if wanted.formula is not None and conversion(wanted.stream, wanted.formula, self._board) is None:
            raise UnknownChannel(
                f"{wanted.stream} cannot be read as {wanted.formula!r}; choose one of {', '.join(known(wanted.stream))}"
            )
        if self._columns and wanted.channel and not any(_same(wanted.channel, name) for name in self._columns):
            raise UnknownChannel(f"columns= has no {wanted.channel!r}; there are {', '.join(self._columns)}")

    def _output(self, wanted: Wanted, decoder: Decoder) -> Output | None:
        channel = _channel(wanted, decoder)
        if channel is None:
            return None
        board = replace(self._board, bits=self._bits or bits(channel.unit) or self._board.bits)
        means = conversion(wanted.stream, wanted.formula or channel.unit, board)
        return Output(wanted.stream, channel.name, 0, means) if means else None

    def _missing(self, wanted: Wanted, decoder: LinesDecoder) -> str:
        channel = _channel(wanted, decoder)
        if channel is not None:
            has = f"no unit for {channel.name}" if not channel.unit else f"{channel.name} in {channel.unit!r}"
            return (
                f"the device gives {has}: add what it is to the URL, as {wanted.stream}:{channel.name}/"
                f"{known(wanted.stream)[0]}, or let the sketch print '# {channel.name}:{known(wanted.stream)[0]}'; "
                f"{wanted.stream} can be {', '.join(known(wanted.stream))}"
            )
        if decoder.layouts:
            names = ", ".join(layout.name for layout in decoder.layouts)
            if not wanted.channel:
                return f"the device sends {names}: say which of them is {wanted.stream}, as {wanted.stream}:COLUMN"
            return f"the device sends no column {wanted.channel!r}; it sends {names}"
        return (
            f"the device sends lines of {decoder.unnamed} numbers without names: add columns=NAME,NAME,... to the URL"
        )


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    if not all(names) or len(set(names)) < len(names):
        raise UnknownOption(f"columns={text} is not possible; give each value of a line a name of its own")
    return names


def _channel(wanted: Wanted, decoder: Decoder) -> Channel | None:
    """Return the column meant; without a name, the only one there is."""
    channels = [layout.channels[0] for layout in decoder.layouts]
    if not wanted.channel:
        return channels[0] if len(channels) == 1 else None
    return next((channel for channel in channels if _same(wanted.channel, channel.name)), None)


def _same(name: str, other: str) -> bool:
    return name.lower() == other.lower()
