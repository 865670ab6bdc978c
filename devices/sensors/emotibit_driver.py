"""EmotiBit on its serial port: factory-test mode, which prints the packets that are otherwise sent over Wi-Fi.

Source: EmotiBit_FeatherWing firmware. It streams on serial only after an `F` within two seconds of its start, signal by
signal (`@S+,EA~`); outside of that time an `F` starts its file server.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from devices.sensors import choosing
from devices.sensors.driver import Conversion, Doubles, Drain, Output, Port, Script, Send, Wanted
from devices.sensors.emotibit_decoder import EmotiBitDecoder
from devices.sensors.frames import Decoder
from devices.sensors.options import choice, only

_KNOWN: Mapping[str, Sequence[str]] = {"eda": ("EA",), "temp": ("T1", "TH", "T0"), "ibi": ("BI",)}
_UNITS = {"eda": "µS", "temp": "°C", "ibi": "s"}


def seconds(raw: Doubles) -> Doubles:
    """Return seconds of milliseconds; NaN for what is no interval."""
    return np.where(raw > 0, raw / 1000, np.nan)


def same(raw: Doubles) -> Doubles:
    """Return what the device has converted itself."""
    return raw


class EmotiBit:
    """The `Driver` of EmotiBit: `eda` from EA, `temp` from T1, TH or T0, `ibi` from BI. It has no ECG.

    Option: `mode` (`test` asks for the signals; `listen` sends nothing, for a device that streams already).
    """

    protocol: ClassVar[str] = "emotibit"
    title: ClassVar[str] = "EmotiBit"
    port = Port(2_000_000)

    def __init__(self, wanted: Sequence[Wanted], options: Mapping[str, str]) -> None:
        only(options, ("mode",), self.title)
        self._asks = choice(options, "mode", ("test", "listen")) == "test"
        self._outputs = tuple(_output(one) for one in wanted)

    def start(self) -> Script:
        """Enter test mode, which opening the port leaves time for, and ask for each signal."""
        if self._asks:
            yield Send(b"F", 0.5)
            for output in self._outputs:
                yield Send(f"@S+,{output.layout}~".encode(), 0.05)

    def stop(self) -> Script:
        """Ask for no signal any more."""
        if self._asks:
            for output in self._outputs:
                yield Send(f"@S-,{output.layout}~".encode(), 0.05)
        yield Drain(0.05, 0.2)

    def decoder(self) -> Decoder:
        """Return a fresh decoder."""
        return EmotiBitDecoder()

    def outputs(self, decoder: Decoder) -> Sequence[Output]:  # noqa: ARG002  (known from the URL alone)
        """Return where the wanted streams come from."""
        return self._outputs


def _output(wanted: Wanted) -> Output:
    tag = choosing.channel(EmotiBit.title, wanted, _KNOWN)
    name = choosing.formula(EmotiBit.title, wanted, [tag.lower()], tag.lower())
    formula = seconds if wanted.stream == "ibi" else same
    return Output(wanted.stream, tag, 0, Conversion(f"emotibit.{wanted.stream}.{name}", _UNITS[wanted.stream], formula))
