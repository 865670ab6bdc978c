"""What is probably behind a serial port, by its USB numbers and its names: no port is opened for that.

Sources: `ftdi_sio_ids.h`, `cp210x.c`, `ch341.c` and `pl2303.h` of Linux for the adapters' chips; `boards.txt` of
Arduino's cores; OpenBCI's GUI, which takes every FT231X for a Cyton dongle; Shimmer's manual for its dock; the vendor
numbers of the USB-IF for the makers of boards.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from devices.link.port_finder import ListedPort


@dataclass(frozen=True, slots=True)
class Guess:
    """What a port probably is."""

    title: str
    """For people; empty where nothing is known"""
    protocols: tuple[str, ...] = ()
    """That it may speak, the likeliest first; empty where it is no sensor that we know of"""


_SKETCH = ("lines", "chords")
_BLUETOOTH = Guess("a Bluetooth device, as a BITalino or a Shimmer3 is", ("bitalino", "shimmer3"))

_NAMES: Mapping[str, Guess] = {
    "bitalino": Guess("BITalino", ("bitalino",)),
    "shimmer": Guess("Shimmer", ("shimmer3",)),
    "emotibit": Guess("EmotiBit", ("emotibit",)),
    "cyton|openbci": Guess("OpenBCI Cyton", ("cyton",)),
    "healthypi|openview|protocentral": Guess("ProtoCentral HealthyPi", ("healthypi",)),
    "chords|upside": Guess("Upside Down Labs board", ("chords", "lines")),
    "rfcomm|bluetooth": _BLUETOOTH,
}
"""What a name of a port may contain, in lower case"""

_CHIPS: Mapping[tuple[int, int], Guess] = {
    (0x0403, 0x6015): Guess("FTDI FT231X, as in the dongle of an OpenBCI Cyton", ("cyton", "lines")),
    (0x0403, 0x6001): Guess("FTDI FT232R, as in many Arduinos and adapters", _SKETCH),
    (0x0403, 0x6010): Guess("FTDI FT2232, as in a Shimmer's dock; pair the Shimmer by Bluetooth to stream"),
    (0x10C4, 0xEA60): Guess("CP210x, as in many ESP32 boards", ("lines", "healthypi", "emotibit")),
    (0x1A86, 0x7523): Guess("CH340, as in many Arduino clones", _SKETCH),
    (0x1A86, 0x55D4): Guess("CH9102, as in newer ESP32 boards", ("lines", "emotibit")),
    (0x067B, 0x2303): Guess("PL2303 adapter", ("lines",)),
    (0x0D28, 0x0204): Guess("micro:bit", ("lines",)),
    (0x16C0, 0x0483): Guess("Teensy", ("lines",)),
    (0x2341, 0x0043): Guess("Arduino Uno", _SKETCH),
    (0x2341, 0x0001): Guess("Arduino Uno", _SKETCH),
    (0x2341, 0x0243): Guess("Arduino Uno", _SKETCH),
    (0x2341, 0x0042): Guess("Arduino Mega 2560", _SKETCH),
    (0x2341, 0x0010): Guess("Arduino Mega 2560", _SKETCH),
    (0x2341, 0x8036): Guess("Arduino Leonardo", _SKETCH),
}
_MAKERS: Mapping[int, Guess] = {
    0x2341: Guess("Arduino", _SKETCH),
    0x2A03: Guess("Arduino", _SKETCH),
    0x1B4F: Guess("SparkFun board", ("lines",)),
    0x239A: Guess("Adafruit board", ("lines", "emotibit")),
    0x2E8A: Guess("Raspberry Pi Pico", ("lines", "healthypi")),
    0x303A: Guess("Espressif ESP32", ("lines", "healthypi")),
}


def guess(port: ListedPort, lasting: str = "") -> Guess:
    """Return what a port probably is: what carries its name is believed before its chip.

    Parameters
    ----------
    port
        As it is listed.
    lasting
        Its name below `by-id`, which tells more.
    """
    names = f"{port.device} {lasting} {port.description}".lower()
    named = next((named for pattern, named in _NAMES.items() if re.search(pattern, names)), None)
    if named is not None or port.vid is None or port.pid is None:
        return named or Guess("")
    return _CHIPS.get((port.vid, port.pid)) or _MAKERS.get(port.vid, Guess(""))
