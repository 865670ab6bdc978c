"""An EmotiBit on its serial bench line: factory-test mode, which prints its Wi-Fi packets as text.

Source: the maker's firmware, described in words, and the packets of its documentation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from devices.demo.body import Signal
from devices.emulation.device import Device, Reading, Sampling
from devices.emulation.waveforms import Body, Tape, Waveform

WINDOW_S = 2.0
"""After a start, in which `F` enters factory-test mode"""
_COMMAND = re.compile(rb"@(S[+-]),([A-Z%0-9]{2})~|(F)")
_BOOT = b"EmotiBit bootup\r\nFirmware version:1.12.1\r\n"
_BARCODE = b"@FT,MD-V6-0000001~\r\n"


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    rate: float
    together: int
    """Samples in a packet"""
    decimals: int


TAGS = (
    _Tag("EA", 15.0, 2, 6),
    _Tag("EL", 15.0, 2, 6),
    _Tag("T1", 7.5, 1, 3),
    _Tag("TH", 7.5, 1, 3),
    _Tag("PI", 25.0, 3, 0),
    _Tag("PR", 25.0, 3, 0),
    _Tag("PG", 25.0, 3, 0),
)
"""Those that this one measures"""


class EmotiBit(Device):
    """An EmotiBit. Every packet of every tag shares one counter; a packet's time is that of its last sample.

    Parameters
    ----------
    body
        Whose signals it measures.
    enabled
        Tags that are printed from the start, as if somebody had asked for them already; () is the stock firmware, which
        prints nothing until it is asked.
    clock_ms
        What its clock shows when it starts.
    keep
        Packets that the ledger remembers: layout is the tag, index and time are those of the packet's last sample.
    """

    baud = 2_000_000

    def __init__(
        self, body: Body | None = None, enabled: tuple[str, ...] = (), clock_ms: int = 0, keep: int | None = None
    ) -> None:
        super().__init__(keep)
        self._body, self._always, self._first_ms = body or Body(), enabled, clock_ms
        self.restart()

    def opened(self) -> None:
        """DTR rises and starts the board anew."""
        self.power_off()

    def restart(self) -> None:
        """Boot; nothing is printed but the log."""
        self._started, self._number = self.clock, 0
        self._testing, self._enabled = bool(self._always), set(self._always)
        self._heard = b""
        self._log = _BOOT
        self._samplings = [Sampling(tag.rate, self.clock, tag.together) for tag in TAGS]
        self._tapes = [Tape([self._waveform(tag.name)], tag.rate, self.clock) for tag in TAGS]

    def obey(self, data: bytes) -> bytes:
        """Take `F` in time, and then `@S+,EA~` and `@S-,EA~`."""
        self._heard = (self._heard + data)[-64:]
        out = b""
        while found := _COMMAND.search(self._heard):
            self._heard = self._heard[found.end() :]
            if found[3] and self.clock - self._started <= WINDOW_S:
                self._testing, out = True, out + _BARCODE
            elif found[1] and self._testing:
                change = self._enabled.add if found[1] == b"S+" else self._enabled.discard
                change(found[2].decode())
        return out

    def measure(self) -> Iterator[Reading]:
        """Return the packets due, in order of time."""
        log, self._log = self._log, b""
        packets = [
            (sampling.time(samples[-1]), tag, tape, samples)
            for tag, sampling, tape in zip(TAGS, self._samplings, self._tapes, strict=True)
            for samples in _grouped(sampling.due(self.clock), tag.together)
        ]
        for time, tag, tape, samples in sorted(packets, key=lambda packet: (packet[0], packet[1].name)):
            if tag.name not in self._enabled:
                continue
            shown = [f"{tape.row(k)[0]:.{tag.decimals}f}" for k in samples]
            header = (
                f"{self._first_ms + round((time - self._started) * 1000)},{self._number},{len(shown)},{tag.name},1,100"
            )
            self._number = (self._number + 1) % 65536
            data, log = log + f"{header},{','.join(shown)}\n".encode(), b""
            yield Reading(tag.name, samples[-1], tuple(map(float, shown)), time, data)
        self._log = log

    def _waveform(self, tag: str) -> Waveform:
        body = self._body
        waveforms: Mapping[str, Waveform] = {
            "EA": body.skin_conductance,
            "EL": lambda times: 26_000.0 + 100.0 * body.skin_conductance(times),
            "T1": body.skin_temperature,
            "TH": lambda times: body.skin_temperature(times) - 0.3,
        }
        return waveforms.get(tag, lambda times: _counts(body.pulse(times), tag))


def _counts(level: Signal, tag: str) -> Signal:
    """Return the light that a finger lets back: it falls with each pulse."""
    base = {"PI": 112_870.0, "PR": 98_000.0, "PG": 4_300.0}[tag]
    return np.round(base * (1.0 - 0.02 * level))


def _grouped(samples: range, together: int) -> Iterator[range]:
    return (samples[k : k + together] for k in range(0, len(samples), together))
