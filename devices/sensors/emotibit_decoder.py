"""EmotiBit's lines, made into samples: one layout for each signal.

One counter numbers the packets of all signals, so a hole says that packets are missing and not whose; the clock in the
next packet of a signal tells how many of its samples are. A packet that is not the next one is held until another one
follows it: a digit may be wrong. Where both fit nowhere, the device has started anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devices.sensors.emotibit_line import LAYOUTS, TICK_HZ, Packet, parse
from devices.sensors.frames import Counters, Decoded, Frame, Layout, Lost, Remark
from devices.sensors.line_splitter import Line, LineSplitter

_LIMIT = 1024  # bytes of a line; a packet has at most 512
_FOREIGN = 1024  # bytes without a packet, after which something is said
_APART_MS, _EACH_MS = 3_000, 1_000  # that the clocks of two packets may be apart, and more for each one lost between
_BURST, _LEAST_MS = 50, 5  # packets that may come at once, and time that each one beyond takes
_LATE = 1000  # packets back, within which a number is no hole of 64,000
_AGAIN = 16  # packets back, within which one has come before; farther back the device has started anew
_LOW = 20.0  # per cent of battery
_TEXT = f"{_FOREIGN} bytes without an EmotiBit packet: not in test mode, another device, another baud rate, or noise"


@dataclass(slots=True)
class _Signal:
    layout: Layout
    index: int = 0
    ticks: int | None = None
    """Of the last sample"""
    missed: bool = False
    """True when packets went missing since, perhaps of this signal"""


class EmotiBitDecoder:
    """A `Decoder` of EmotiBit lines, mixed with whatever else the firmware prints."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.layouts: Sequence[Layout] = tuple(LAYOUTS.values())
        self._signals = {tag: _Signal(layout) for tag, layout in LAYOUTS.items()}
        self._splitter = LineSplitter(_LIMIT)
        self._first = True
        self._last: Packet | None = None
        self._held: tuple[Packet, Line] | None = None  # not the next one, until another follows it
        self._now = 0  # ticks of the last line
        self._foreign = 0  # bytes since the last packet
        self._low = False

    def push(self, data: bytes, arrived: float | None = None) -> list[Decoded]:  # noqa: ARG002  (lines have a time)
        """Take the next bytes; see `Decoder.push`."""
        self.counters.received += len(data)
        decoded: list[Decoded] = []
        for line in self._splitter.push(data):
            decoded += self._line(line)
        self.counters.waiting = self._splitter.waiting + (self._held[1].size if self._held else 0)
        return decoded

    def cut(self) -> list[Decoded]:
        """Say that bytes are missing here; see `Decoder.cut`."""
        self.counters.skipped += self._splitter.cut()
        self.counters.waiting = 0
        self._first = True
        return self._release()

    def _line(self, line: Line) -> list[Decoded]:
        first, self._first = self._first, False
        if line.text == b"":
            self.counters.accepted += line.size
            return []
        packet = parse(line.text) if line.text and not first else None
        if packet is None or self._values(packet) is None or self._is_repeated(packet):
            return self._spoil(line, first)
        if self._last is not None and self._near(self._last, packet, 1):
            return self._release() + self._take(packet, line)
        held, self._held = self._held, None
        if held is not None and self._near(held[0], packet):
            return self._take(*held) + self._take(packet, line)
        self._held = packet, line
        return self._spoil(held[1]) if held else []

    def _release(self) -> list[Decoded]:
        """Give up the packet that was held: the one after it does not know it."""
        held, self._held = self._held, None
        return self._spoil(held[1]) if held else []

    def _values(self, packet: Packet) -> tuple[float, ...] | None:
        """Return the samples of a packet; none where it is no signal or was truncated, None where it is damaged."""
        return packet.values if packet.tag in LAYOUTS and not packet.truncated else ()

    def _take(self, packet: Packet, line: Line) -> list[Decoded]:
        self._foreign = 0
        self.counters.accepted += line.size
        restarted = self._follow(packet)
        lost = [self._lose(signal, None, line.at, "restart") for signal in self._begun() if restarted]
        return lost + self._meaning(packet, self._values(packet) or (), line.at)

    def _meaning(self, packet: Packet, values: Sequence[float], at: int) -> list[Decoded]:
        signal = self._signals.get(packet.tag)
        if signal is not None and packet.truncated:
            return [self._lose(signal, packet.count or None, at, "device overflow")]
        if signal is not None:
            return self._samples(signal, values, at)
        named = [self._signals[tag] for tag in packet.payload if tag in self._signals]
        if packet.tag == "DO":
            return [self._lose(each, None, at, "device overflow") for each in named]
        if packet.tag == "DC":
            return [Remark("log", f"EmotiBit: values of {each.layout.name} are out of its range") for each in named]
        return self._battery(packet) if packet.tag == "B%" else []

    def _samples(self, signal: _Signal, values: Sequence[float], at: int) -> list[Decoded]:
        """Spread the samples of a packet back from its time at their nominal rate."""
        rate = signal.layout.rate
        step = TICK_HZ / rate if rate else 1.0
        begun = self._now - round((len(values) - 1) * step)
        decoded: list[Decoded] = []
        if signal.missed and signal.ticks is not None:
            count = max(0, round((begun - signal.ticks) / step) - 1) if rate else None
            if count != 0:
                decoded.append(self._lose(signal, count, at, "sequence", exact=False))
        signal.missed = False
        for place, value in enumerate(values):
            ticks = begun + round(place * step)
            signal.ticks = ticks if signal.ticks is None else max(ticks, signal.ticks + 1)
            decoded.append(Frame(signal.layout.name, signal.index, (value,), at, signal.ticks))
            signal.index += 1
        self.counters.frames += len(values)
        return decoded

    def _battery(self, packet: Packet) -> list[Decoded]:
        values = packet.values
        before, self._low = self._low, bool(values) and min(values or (100.0,)) < _LOW
        text = f"battery of the EmotiBit at {packet.payload[0]} %; it is low: charge it" if self._low else ""
        return [Remark("battery", text)] if self._low and not before else []

    def _begun(self) -> Iterable[_Signal]:
        return (signal for signal in self._signals.values() if signal.index)

    def _lose(self, signal: _Signal, count: int | None, at: int, reason: str, exact: bool = True) -> Lost:
        lost = Lost(signal.layout.name, signal.index, count, at, reason, exact and count is not None)
        signal.index += count or 0
        signal.ticks = self._now if reason == "device overflow" else signal.ticks
        self.counters.lost += count or 0
        return lost

    def _near(self, last: Packet, packet: Packet, most: int = (1 << 16) - _LATE) -> bool:
        """Tell whether a packet may come after another, by number and time."""
        steps, passed = packet.number - last.number & 0xFFFF, _passed(last, packet)
        likely = steps <= _BURST + max(0, passed) / _LEAST_MS
        return 0 < steps <= most and likely and -_APART_MS < passed < _APART_MS + _EACH_MS * (steps - 1)

    def _is_repeated(self, packet: Packet) -> bool:
        """Tell whether a packet may have come before: a line that repeats itself is no device that starts anew."""
        if self._last is None:
            return False
        back = self._last.number - packet.number & 0xFFFF
        return back < _AGAIN and -_APART_MS < _passed(packet, self._last) < _APART_MS + _EACH_MS * back

    def _follow(self, packet: Packet) -> bool:
        """Take the packet's number and time; return whether the device had started anew."""
        last, self._last = self._last, packet
        if last is None:
            self._now = packet.time
            return False
        passed = _passed(last, packet)
        if not self._near(last, packet) and abs(passed) > _APART_MS:
            self._now += 1
            return True
        self._now += passed
        if packet.number != last.number + 1 & 0xFFFF:
            for signal in self._signals.values():
                signal.missed = True
        return False

    def _spoil(self, line: Line, first: bool = False) -> list[Decoded]:
        self.counters.skipped += line.size
        self.counters.broken += not first
        before, self._foreign = self._foreign, self._foreign + line.size
        return [Remark("not this protocol", _TEXT)] if before < _FOREIGN <= self._foreign else []


def _passed(last: Packet, packet: Packet) -> int:
    """Return the milliseconds between two packets, over the turns of 32 bits."""
    passed = packet.time - last.time & 0xFFFFFFFF
    return passed - (1 << 32) if passed >> 31 else passed
