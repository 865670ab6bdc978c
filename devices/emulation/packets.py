"""Emulated devices that send one packet of whole numbers a sample, at an even rate, between a start and a stop."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from devices.emulation.device import Device, Reading, Sampling
from devices.emulation.waveforms import Tape, Waveform


class PacketDevice(Device):
    """A device of packets; it adds their form."""

    layout: ClassVar[str] = ""
    """As the decoder of the protocol calls it"""
    _sampling: Sampling | None = None

    @property
    def streaming(self) -> bool:
        """Whether it sends packets."""
        return self._sampling is not None

    def begin(self, rate: float, converters: Sequence[Waveform], together: int = 1) -> None:
        """Start to send what converters read, so many times a second, so many packets at once."""
        self._sampling = Sampling(rate, self.clock, together)
        self._tape = Tape(converters, rate, self.clock)

    def end(self) -> None:
        """Stop."""
        self._sampling = None

    def measure(self) -> Iterator[Reading]:
        """Return the packets due."""
        if self._sampling is None:
            return
        for k in self._sampling.due(self.clock):
            values, data = self.packet(k, [int(value) for value in self._tape.row(k)])
            yield Reading(self.layout, k, tuple(map(float, values)), self._sampling.time(k), data)

    @abstractmethod
    def packet(self, number: int, raw: Sequence[int]) -> tuple[Sequence[int], bytes]:
        """Return the values of a packet, as a decoder should give them, and its bytes.

        Parameters
        ----------
        number
            Counted since the start.
        raw
            What the converters read, in their order.
        """
