"""From the bytes of a device to blocks in session time: decoder, evidence, clock fit, conversion, tracks. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from math import floor, log10

import numpy as np

from devices.block import Away, Block, Gap
from devices.block import SensorNotice as SensorNotice  # part of what it gives
from devices.link.dejitter import ClockFit
from devices.link.evidence import Evidence
from devices.link.smoothing import AsItComes, SmoothedArrival
from devices.link.track import Run, Track
from devices.sensors.driver import Doubles, Driver, Output
from devices.sensors.frames import Counters, Decoded, Frame, Layout, Lost, Remark

IRREGULAR = frozenset({"ibi"})
"""Streams that come when something happens, whatever the rate of the lines that bring them"""
PACE_S, PACE_FRAMES = 2.0, 8
"""A device that does not say its rate is listened to for so long, and for so many frames, before it is passed on"""
USUAL = (
    1,
    2,
    4,
    5,
    8,
    10,
    15,
    16,
    20,
    25,
    30,
    32,
    40,
    50,
    60,
    64,
    75,
    100,
    125,
    128,
    150,
    200,
    250,
    256,
    500,
    512,
    1000,
)
"""Rates that people choose, hertz"""
NEAR = 0.02
"""A rate found by listening is taken for a usual one when it is off by this share at most"""
HELD = 10_000
"""Chunks that are kept at most while a device has not proven itself"""

Clock = ClockFit | SmoothedArrival | AsItComes


Reading = Block | Gap | Away | SensorNotice


class Readings:
    """What a device says, through any number of connections.

    Parameters
    ----------
    driver
        Of the device.
    streams
        Names of the streams wanted.
    """

    def __init__(self, driver: Driver, streams: Iterable[str]) -> None:
        self._driver = driver
        self._tracks = {stream: Track(stream) for stream in streams}
        self._clocks: dict[str, Clock] = {}
        self._found_rates: dict[str, float] = {}
        self._said: set[str] = set()
        self._before = Counters()
        self._begin()

    def connect(self) -> None:
        """Begin with a fresh decoder, after the device was opened anew."""
        self._before = self.counters
        for clock in self._clocks.values():
            clock.restart()
        for track in self._tracks.values():
            track.recount()
        self._begin()

    def _begin(self) -> None:
        self._decoder = self._driver.decoder()
        self.evidence = Evidence(self._decoder.counters)
        self._held: list[tuple[float, list[Decoded]]] = []
        self._outputs: dict[str, list[Output]] = {}

    @property
    def counters(self) -> Counters:
        """Books over all connections; of the last one, in what is waiting."""
        now, before = self._decoder.counters, self._before
        sums = {part.name: getattr(now, part.name) + getattr(before, part.name) for part in fields(Counters)}
        return Counters(**(sums | {"waiting": now.waiting}))

    @property
    def clocks(self) -> Mapping[str, Clock]:
        """Clock of each layout, by its name."""
        return self._clocks

    @property
    def rates(self) -> Mapping[str, float]:
        """Nominal rate of every stream, hertz; 0 for an irregular one, and where it is not known yet."""
        layouts = {layout.name: self._rate(layout) for layout in self._decoder.layouts}
        outputs = {output.stream: output.layout for output in self._driver.outputs(self._decoder)}
        known = {stream: layouts.get(layout, 0.0) for stream, layout in outputs.items() if stream not in IRREGULAR}
        return {stream: known.get(stream, 0.0) for stream in self._tracks}

    @property
    def frame_rate(self) -> float:
        """Frames a second of the slowest layout; 0 when nobody knows."""
        return min((rate for layout in self._decoder.layouts if (rate := self._rate(layout))), default=0.0)

    @property
    def is_flowing(self) -> bool:
        """Whether the device has proven itself and what it says is passed on."""
        return bool(self._outputs)

    def push(self, data: bytes, arrived: float) -> tuple[bool, list[Reading]]:
        """Take bytes.

        Parameters
        ----------
        data
            As they were read.
        arrived
            Session time of the last of them, seconds.

        Returns
        -------
        Whether they completed a good frame, and what is to be passed on.

        Raises
        ------
        UnknownChannel
            When a device that names its channels itself has none of a wanted name.
        """
        decoded = self._decoder.push(data, arrived)
        good = self.evidence.push(data)
        readings = self._remarks(decoded, arrived)
        if not self._outputs:
            self._held = [*self._held[-HELD:], (arrived, decoded)]
            if not (self.evidence.is_proven and self._can_begin()):
                return good, readings
            held, self._held = self._held, []
            return good, readings + [reading for at, each in held for reading in self._placed(each, at)]
        if sum(map(len, self._outputs.values())) < len(self._tracks):
            self._can_begin()
        return good, readings + self._placed(decoded, arrived)

    def lose(self, now: float, reason: str) -> list[Reading]:
        """Say that the device has stopped, before `now`."""
        return [gap for track in self._tracks.values() for gap in track.lose(now, reason)]

    def wait(self, now: float) -> list[Reading]:
        """Say that nothing will come for the time until now of the streams that are away."""
        return [away for track in self._tracks.values() for away in track.wait(now)]

    def _rate(self, layout: Layout) -> float:
        return layout.rate or self._found_rates.get(layout.name, 0.0)

    def _can_begin(self) -> bool:
        """Find out where streams come from and at which rate; False while more must be heard for that."""
        outputs: dict[str, list[Output]] = {}
        for output in self._driver.outputs(self._decoder):
            outputs.setdefault(output.layout, []).append(output)
        layouts = {layout.name: layout for layout in self._decoder.layouts}
        if not outputs.keys() <= layouts.keys():
            return False
        regular = {name for name, each in outputs.items() if any(one.stream not in IRREGULAR for one in each)}
        for name in regular:
            if not self._rate(layouts[name]) and not self._listen(name):
                return False
        for name, each in outputs.items():
            self._clocks.setdefault(name, _clock(layouts[name], self._rate(layouts[name])))
            for output in each:
                self._tracks[output.stream].pace(0.0 if output.stream in IRREGULAR else self._rate(layouts[name]))
        self._outputs = outputs
        self._layouts = layouts
        return bool(outputs)

    def _listen(self, name: str) -> bool:
        """Find the rate of a layout that has none, from what has been heard."""
        if self._outputs and self._found_rates:  # a column that joins later comes with the same lines
            self._found_rates[name] = next(iter(self._found_rates.values()))
            return True
        frames = [(at, one) for at, each in self._held for one in each if isinstance(one, Frame) and one.layout == name]
        if len(frames) < PACE_FRAMES or frames[-1][0] - frames[0][0] < PACE_S:
            return False
        (began, first), (ended, last) = frames[0], frames[-1]
        self._found_rates[name] = usual((last.index - first.index) / (ended - began))
        return True

    def _remarks(self, decoded: Iterable[Decoded], now: float) -> list[Reading]:
        """Pass on what the device has to say, each thing once."""
        new = [
            one.text for one in decoded if isinstance(one, Remark) and one.code != "log" and one.text not in self._said
        ]
        self._said.update(new)
        return [SensorNotice(now, text) for text in new]

    def _placed(self, decoded: Sequence[Decoded], arrived: float) -> list[Reading]:
        """Place what came at one time, layout by layout."""
        readings: list[Reading] = []
        for name, outputs in self._outputs.items():
            of_layout = [one for one in decoded if not isinstance(one, Remark) and one.layout == name]
            for piece in self._counted(of_layout):
                readings += self._of_layout(name, outputs, piece, arrived)
        return readings

    def _counted(self, decoded: Sequence[Frame | Lost]) -> Iterator[list[Frame | Lost]]:
        """Yield pieces within which the count is sure; from one to the next the clock of a count starts anew."""
        piece: list[Frame | Lost] = []
        for one in decoded:
            if isinstance(one, Lost) and self._is_unsure(one):
                if piece:
                    yield piece
                piece = []
                self._clocks[one.layout].restart()
            piece.append(one)
        if piece:
            yield piece

    def _is_unsure(self, lost: Lost) -> bool:
        """Tell whether a loss may be counted wrongly: long ones are, where the device was silent for a while."""
        away = any(self._tracks[output.stream].is_away for output in self._outputs[lost.layout])
        return self._layouts[lost.layout].clock == "index" and (away or not lost.exact or lost.count is None)

    def _of_layout(
        self, name: str, outputs: Sequence[Output], decoded: Sequence[Frame | Lost], arrived: float
    ) -> list[Reading]:
        frames = [one for one in decoded if isinstance(one, Frame)]
        timed = self._timed(name, frames, arrived) if frames else []
        columns = {output.stream: _converted(output, frames) for output in outputs}
        readings: list[Reading] = []
        at = 0
        for one in _runs(decoded):
            if isinstance(one, Lost):
                time = timed[at] if at < len(timed) else arrived
                readings += self._lost(one, outputs, time)
                continue
            for stream, values in columns.items():
                part = values[at : at + len(one)]
                readings += self._put(stream, one, timed[at : at + len(one)], part)
            at += len(one)
        return readings

    def _timed(self, name: str, frames: Sequence[Frame], arrived: float) -> list[float]:
        """Session time of frames of one layout that came together; the last of them came least late."""
        layout, clock, last = self._layouts[name], self._clocks[name], frames[-1]
        if layout.clock == "ticks" and last.ticks is not None:
            end = clock.push(last.ticks, arrived)
            return [end - (last.ticks - (frame.ticks or 0)) / layout.tick_hz for frame in frames]
        end = clock.push(last.index, arrived)
        rate = self._rate(layout)
        return [end - (last.index - frame.index) / rate if rate else end for frame in frames]

    def _put(self, stream: str, frames: Sequence[Frame], times: Sequence[float], values: Doubles) -> list[Reading]:
        track, single = self._tracks[stream], values.astype(np.float32)
        if track.rate:
            return [*track.put(Run(frames[0].index, times[0], single, frames[0].contact))]
        known = np.flatnonzero(np.isfinite(values))
        runs = [Run(frames[k].index, times[k], single[k : k + 1], frames[k].contact) for k in known]
        return [reading for run in runs for reading in track.put(run)]

    def _lost(self, lost: Lost, outputs: Sequence[Output], time: float) -> list[Reading]:
        reason = lost.reason if lost.exact else f"{lost.reason}, their number is a guess"
        tracks = [self._tracks[output.stream] for output in outputs]
        if lost.count is None:
            for track in tracks:
                track.recount(reason)
            return []
        return [gap for track in tracks for gap in track.skip(lost.count, time, reason)]


def usual(rate: float) -> float:
    """Return the usual rate that is meant by one that was measured; the measured one, of 3 digits, where none is."""
    nearest = min(USUAL, key=lambda one: abs(one - rate))
    if abs(nearest - rate) <= NEAR * nearest:
        return float(nearest)
    return round(rate, 2 - floor(log10(rate)))


def _clock(layout: Layout, rate: float) -> Clock:
    if layout.clock == "ticks":
        return ClockFit(layout.tick_hz)
    if layout.clock == "index" and rate:
        return ClockFit(rate)
    return SmoothedArrival(rate) if rate else AsItComes()


def _runs(decoded: Sequence[Frame | Lost]) -> list[list[Frame] | Lost]:
    """Frames that follow each other directly and have the same contact, with the losses between them."""
    runs: list[list[Frame] | Lost] = []
    last: Frame | None = None
    for one in decoded:
        if isinstance(one, Lost):
            runs.append(one)
            last = None
        elif last is not None and one.index == last.index + 1 and one.contact == last.contact:
            runs[-1].append(one)  # type: ignore[union-attr]  # after a frame, the last run is one of frames
            last = one
        else:
            runs.append([one])
            last = one
    return runs


def _converted(output: Output, frames: Sequence[Frame]) -> Doubles:
    """Values of one stream in its unit."""
    raw = np.array([frame.values[output.column] for frame in frames], np.float64)
    return output.conversion.formula(raw)
