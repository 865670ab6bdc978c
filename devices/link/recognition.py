"""Which protocol bytes are of, when nobody says: every decoder is asked, and one that finds its frames is believed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from devices.link.evidence import Evidence
from devices.sensors.bitalino_decoder import BitalinoDecoder
from devices.sensors.bitalino_frame import WIDTHS
from devices.sensors.chords_decoder import ChordsDecoder
from devices.sensors.cyton_decoder import CytonDecoder
from devices.sensors.emotibit_decoder import EmotiBitDecoder
from devices.sensors.frames import Channel, Decoder, Frame
from devices.sensors.healthypi_decoder import HealthyPiDecoder
from devices.sensors.lines_decoder import LinesDecoder

NAMES: Mapping[bytes, str] = {b"EmotiBit": "emotibit"}
"""What a device prints of itself while it starts, to its protocol"""
DOUBTFUL = 0.5
"""Confidence where a device has said its name and no frame, or too few lines"""
_MOST_BYTES = 16_384
_USUAL_PACKET = "2"  # of a HealthyPi


@dataclass(frozen=True, slots=True)
class Recognised:
    """A protocol, and how sure that is."""

    protocol: str
    """One of `catalog.PROTOCOLS`"""
    confidence: float
    """Share of the bytes that its frames account for, 0.5 to 1; 1 where the device answered a question"""
    channels: tuple[Channel, ...] = ()
    """Those that came; of a BITalino without names, since it does not say which of its ports they are"""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of the protocol, as its URL must say them"""


def recognise(data: bytes) -> Recognised | None:
    """Return the protocol that accounts for most of the bytes a device has sent; None where none does.

    Shimmer3 is not among them: its packets cannot be read before it has said what is in them.
    """
    data = data[-_MOST_BYTES:]
    found = filter(None, (_believed(*candidate, data) for candidate in _candidates(data)))
    return max(found, key=lambda one: one.confidence, default=None) or _named(data)


def few_lines(data: bytes) -> Recognised | None:
    """Return text lines where at least one is of numbers: a thermometer may print one a second."""
    decoder = LinesDecoder()
    decoder.push(data)
    channels = tuple(each for layout in decoder.layouts for each in layout.channels)
    return Recognised("lines", DOUBTFUL, channels) if channels and not decoder.counters.broken else None


def _candidates(data: bytes) -> Iterator[tuple[str, Decoder, Mapping[str, str]]]:
    """Yield a decoder of every kind of frame; of several that fit the same bytes, the strictest comes first."""
    for count in range(1, len(WIDTHS) + 1):
        yield "bitalino", BitalinoDecoder([Channel("", f"adc{width}") for width in WIDTHS[:count]], 1000.0), {}
    yield "cyton", CytonDecoder(), {}
    yield "chords", ChordsDecoder(250.0, 10), {}
    yield "healthypi", HealthyPiDecoder(), {}
    yield "emotibit", EmotiBitDecoder(), {}
    lines = LinesDecoder()
    lines.push(data)
    columns = [f"C{k + 1}" for k in range(lines.unnamed)]
    yield "lines", LinesDecoder(columns), {"columns": ",".join(columns)} if columns else {}


def _believed(protocol: str, decoder: Decoder, options: Mapping[str, str], data: bytes) -> Recognised | None:
    """Return a protocol whose frames are enough to believe it, as a supervisor believes them."""
    evidence = Evidence(decoder.counters)
    came = {each.layout for each in decoder.push(data) if isinstance(each, Frame)}
    evidence.push(data)
    if not evidence.is_proven:
        return None
    counters = decoder.counters
    share = counters.accepted / (counters.received - counters.waiting)
    layouts = [layout for layout in decoder.layouts if layout.name in came]
    if protocol == "healthypi" and layouts[0].name != _USUAL_PACKET:
        options = {"packet": layouts[0].name}
    return Recognised(protocol, share, tuple(each for layout in layouts for each in layout.channels), options)


def _named(data: bytes) -> Recognised | None:
    return next((Recognised(protocol, DOUBTFUL) for name, protocol in NAMES.items() if name in data), None)
