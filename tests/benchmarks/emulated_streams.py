"""What a driver reads from its emulated device after the handshake, without ports and without waiting."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from devices.emulation.catalog import device
from devices.emulation.device import Emulated
from devices.emulation.waveforms import Body
from devices.link.script import Conversation
from devices.sensors.catalog import driver
from devices.sensors.frames import Decoder
from devices.sensors.url import parse

READ_S = 0.01


class Wire:
    """A `Transport` to a device in this process; the device's time passes while it is read."""

    name = "emulated device"

    def __init__(self, end: Emulated) -> None:
        self._end = end
        self._unread = b""
        self.now = 0.0

    def is_there(self) -> bool:
        return True

    def open(self) -> None:
        self._end.opened()

    def read(self) -> bytes:
        self.now += READ_S
        data, self._unread = self._unread + self._end.produce(READ_S), b""
        return data

    def write(self, data: bytes) -> None:
        self._unread += self._end.receive(data)

    def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Source:
    """A sensor and the emulated device that it is plugged into."""

    title: str
    protocol: str
    channels: str
    options: str = ""
    """Of the URL"""
    device: Mapping[str, object] = field(default_factory=dict)
    """Of the emulated device"""

    def connect(self) -> tuple[Callable[[], Decoder], Iterator[bytes]]:
        """Shake hands; return what makes decoders, and what the device sends from then on, read by read."""
        url = parse(f"serial://x?protocol={self.protocol}&channels={self.channels}{self.options}")
        speaker = driver(url.protocol, url.wanted, url.options)
        wire = Wire(device(self.protocol, Body(), self.device))
        wire.open()
        first = Conversation(wire, lambda: wire.now).run(speaker.start())
        return speaker.decoder, _reads(first, wire)

    def bytes(self, seconds: float) -> tuple[Callable[[], Decoder], bytes]:
        """Return what makes decoders, and what the device sends in so many seconds."""
        decoder, reads = self.connect()
        return decoder, b"".join(next(reads) for _ in range(round(seconds / READ_S)))


def _reads(first: bytes, wire: Wire) -> Iterator[bytes]:
    yield first
    while True:
        yield wire.read()


BODY = "eda:A3,ecg:A2,temp:A1"
SKETCH = "eda:EDA/uS,ecg:ECG/mV,temp:TEMP/degC"
SOURCES = (
    Source("BITalino, 6 channels", "bitalino", BODY, "&acquire=A4,A5,A6"),
    Source("BITalino, 4 channels", "bitalino", BODY, "&acquire=A4"),
    Source("BITalino, 3 channels", "bitalino", BODY),
    Source("lines, label:value", "lines", SKETCH, "", {"rate": 250.0, "boot_s": 0.0}),
    Source(
        "lines, bare values",
        "lines",
        SKETCH,
        "&columns=t_ms,EDA,ECG,TEMP",
        {"rate": 250.0, "style": "values", "clock": True, "boot_s": 0.0},
    ),
    Source("lines, JSON", "lines", SKETCH, "", {"rate": 250.0, "style": "json", "boot_s": 0.0}),
    Source(
        "lines, n and *HH",
        "lines",
        SKETCH,
        "&rate=250",
        {"rate": 250.0, "counter": True, "checksum": True, "boot_s": 0.0},
    ),
    Source("Shimmer3, CRC", "shimmer3", "eda:GSR,ecg:ExG1ch1", "&rate=512"),
    Source("Shimmer3, no CRC", "shimmer3", "eda:GSR,ecg:ExG1ch1", "&rate=512&crc=0"),
    Source("EmotiBit", "emotibit", "eda:EA,temp:T1"),
    Source("Cyton", "cyton", "ecg:1"),
    Source("HealthyPi", "healthypi", "ecg:ECG/gain6,temp:Temp"),
    Source("Chords", "chords", "ecg:A0/ecg"),
)
