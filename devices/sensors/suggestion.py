"""Which URL to use for a device that was found, and what only its owner can say: which pin, which unit, which gain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from devices.sensors.driver import Wanted
from devices.sensors.frames import Channel
from devices.sensors.healthypi_decoder import LAYOUTS
from devices.sensors.lines_conversions import Board, bits, conversion, known


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a URL says beside the address."""

    protocol: str
    wanted: tuple[Wanted, ...]
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    undecided: str = ""
    """What must still be decided, in one line; empty when nothing is"""


def suggest(protocol: str, channels: Sequence[Channel] = (), options: Mapping[str, str] | None = None) -> Suggestion:
    """Return what to ask of a device.

    Parameters
    ----------
    protocol
        One of `catalog.PROTOCOLS`.
    channels
        Those that it sends, as far as they are known.
    options
        Of the protocol, already known.
    """
    wanted, undecided = _BY_PROTOCOL[protocol](channels)
    return Suggestion(protocol, tuple(wanted), options or {}, undecided)


_Choice = tuple[list[Wanted], str]


def _bitalino(_channels: Sequence[Channel]) -> _Choice:
    """Choose the ports of the (r)evolution Board, on which EDA is wired to A3 and ECG to A2 (PLUX data sheet)."""
    wanted = [Wanted("eda", "A3"), Wanted("ecg", "A2")]
    return (
        wanted,
        "which port each sensor is on: these are the Board's; name your own ports of a Plugged or Freestyle kit",
    )


def _shimmer3(channels: Sequence[Channel]) -> _Choice:
    names = {channel.name for channel in channels}
    wanted = [Wanted("eda", "GSR")] if "GSR" in names or not names else []
    wanted += [Wanted("ecg", "ExG1ch1")] if any(name.startswith("ExG") for name in names) else []
    return wanted or [Wanted("eda", "GSR")], "which unit it is: a GSR+ gives eda:GSR, an ExG unit ecg:ExG1ch1 (LL-RA)"


def _cyton(_channels: Sequence[Channel]) -> _Choice:
    return [Wanted("ecg", "1")], "on which of its channels 1 to 8 the electrodes are"


def _chords(_channels: Sequence[Channel]) -> _Choice:
    undecided = "which sensor is on which pin, A0 to A5, as ecg:A0/ecg or eda:A1/rev2020; board=uno-r4 for a Uno R4"
    return [Wanted("ecg", "A0", "ecg")], undecided


def _healthypi(channels: Sequence[Channel]) -> _Choice:
    names = [channel.name for channel in channels] or [channel.name for channel in LAYOUTS[2].channels]
    ecg = next((name for name in names if name.startswith("ECG")), None)
    wanted = [Wanted("ecg", ecg, "gain6")] if ecg else []
    wanted += [Wanted("temp", "TEMP")] if "TEMP" in names else []
    return wanted, "the gain of its ECG, which the maker does not say: gain1 to gain12" if ecg else ""


def _emotibit(channels: Sequence[Channel]) -> _Choice:
    names = {channel.name for channel in channels} or {"EA", "T1"}
    of = {"eda": ("EA",), "temp": ("T1", "TH", "T0"), "ibi": ("BI",)}
    found = {stream: next((tag for tag in tags if tag in names), None) for stream, tags in of.items()}
    return [Wanted(stream, tag) for stream, tag in found.items() if tag], ""


_CALLED = {
    "eda": ("eda", "gsr", "scl", "conduct"),
    "ecg": ("ecg", "ekg"),
    "temp": ("temp", "tmp", "skt"),
    "ibi": ("ibi", "rri"),
}
"""Parts of the names that sketches give to what they print"""
_FIRST_PIN = {"eda": "grove", "ecg": "ad8232"}
"""The sensor that a bare converter's number is most often of"""


def _lines(channels: Sequence[Channel]) -> _Choice:
    """Find the streams among the columns by their names, and keep the units that the sketch says."""
    found: dict[str, Channel] = {}
    for channel in channels:
        stream = _stream(channel.name)
        if stream is not None:
            found.setdefault(stream, channel)
    if not found:
        first = channels[0].name if channels else "EDA"
        return [Wanted("eda", first, "uS")], _what_columns_are(channels)
    wanted = [_column(stream, channel) for stream, channel in found.items()]
    unsaid = [f"{one.channel} in {_formulas(one.stream, one.formula)}" for one in wanted if one.formula]
    return wanted, f"the units, which the device does not say: {'; '.join(unsaid)}" if unsaid else ""


def _formulas(stream: str, chosen: str) -> str:
    others = ", ".join(one for one in known(stream) if one != chosen)
    return f"{chosen} (or {others})"


def _what_columns_are(channels: Sequence[Channel]) -> str:
    names = ", ".join(channel.name for channel in channels) or "its columns"
    return (
        f"which stream {names} {'is' if len(channels) == 1 else 'are'}, and in what unit: eda:COLUMN/uS, ecg:COLUMN/mV"
    )


def _stream(name: str) -> str | None:
    return next((stream for stream, parts in _CALLED.items() if any(part in name.lower() for part in parts)), None)


def _column(stream: str, channel: Channel) -> Wanted:
    if conversion(stream, channel.unit, Board()) is not None:
        return Wanted(stream, channel.name)
    bare = _FIRST_PIN.get(stream) if bits(channel.unit) else None
    return Wanted(stream, channel.name, bare or known(stream)[0])


_BY_PROTOCOL: Mapping[str, Callable[[Sequence[Channel]], _Choice]] = {
    "lines": _lines,
    "bitalino": _bitalino,
    "shimmer3": _shimmer3,
    "emotibit": _emotibit,
    "cyton": _cyton,
    "healthypi": _healthypi,
    "chords": _chords,
}
