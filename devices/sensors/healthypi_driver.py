"""ProtoCentral HealthyPi and OpenView boards: ECG and skin temperature from one box. They send without being asked."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from devices.sensors import choosing
from devices.sensors.driver import Conversion, Doubles, Drain, Output, Port, Script, Wanted
from devices.sensors.frames import Decoder
from devices.sensors.healthypi_decoder import ECG, LAYOUTS, PPG, VITALS, HealthyPiDecoder
from devices.sensors.options import choice, only

_KNOWN: Mapping[int, Mapping[str, Sequence[str]]] = {
    VITALS: {"ecg": ("ECG",), "temp": ("TEMP",)},
    ECG: {"ecg": tuple(f"ECG{n}" for n in range(1, 9))},
    PPG: {"temp": ("TEMP",)},
}
_GAINS = {f"gain{gain}": gain for gain in (1, 2, 3, 4, 6, 8, 12)}


def celsius(raw: Doubles) -> Doubles:
    """Return degrees Celsius of hundredths of a degree; NaN for 0, which no skin has."""
    return np.where(raw > 0, raw / 100, np.nan)


def millivolts(raw: Doubles, gain: int) -> Doubles:
    """Return millivolts of counts of an ADS1292R at its reference of 2.42 V, 24 bits."""
    return raw * (2420.0 / gain / (2**23 - 1))


class HealthyPi:
    """The `Driver` of HealthyPi and OpenView boards.

    The maker gives no scale for the ECG: name the gain that its chip, an ADS1292R, is set to (`ecg:ECG/gain6`).
    Options: `packet`, the type that the firmware sends (2: ECG, respiration, PPG, temperature; 3: eight ECG channels;
    4: eight PPG channels and temperature), and `baud` (115200; 57600 for breakout boards).
    """

    protocol: ClassVar[str] = "healthypi"
    title: ClassVar[str] = "HealthyPi"
    port: Port

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None:
        only(options, ("packet", "baud"), self.title)
        self.port = Port(int(choice(options, "baud", ("115200", "57600"))))
        packet = int(choice(options, "packet", tuple(map(str, LAYOUTS))))
        self._outputs = tuple(_output(one, packet) for one in wanted)

    def start(self) -> Script:
        """Begin with what comes now: the board cannot be told anything."""
        yield Drain(0.05, 0.1)

    def stop(self) -> Script:
        """Leave the board alone."""
        yield from ()

    def decoder(self) -> Decoder:
        """Return a fresh decoder."""
        return HealthyPiDecoder()

    def outputs(self, decoder: Decoder) -> Sequence[Output]:  # noqa: ARG002  (known from the URL alone)
        """Return where the wanted streams come from."""
        return self._outputs


def _output(wanted: Wanted, packet: int) -> Output:
    title = f"{HealthyPi.title} (packet={packet})"
    name = choosing.channel(title, wanted, _KNOWN[packet])
    names = [channel.name for channel in LAYOUTS[packet].channels]
    if wanted.stream == "temp":
        choosing.formula(title, wanted, ["celsius"], "celsius")
        conversion = Conversion("healthypi.temp.celsius", "°C", celsius)
    else:
        gain = choosing.formula(title, Wanted("ecg", name, wanted.formula), list(_GAINS))
        conversion = Conversion(f"healthypi.ecg.{gain}", "mV", partial(millivolts, gain=_GAINS[gain]))
    return Output(wanted.stream, str(packet), names.index(name), conversion)
