"""A body that never ends: skin conductance, ECG, skin temperature, pulse and breath as functions of time and a seed.

The shapes are those of the built-in session (`devices.demo.body`, which names the literature). There a whole recording
is computed at once; here any moment can be asked for, in any order and in any pieces, and gives the same values.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from devices.demo.body import BREATHS_PER_S, WAVES, Person, Signal, response

NEUTRAL = 3.0
STREAMS = ("eda", "ecg", "temp", "ppg", "breath", "nothing")
"""What a body gives, by name"""
Waveform = Callable[[Signal], Signal]
"""From times in seconds [n] to values in the stream's unit [n]"""

AT_REST = Person(tonic=2.0, temperature=32.5, heart_rate=70.0)
_SCR_S = 60.0
"""After so long nothing measurable is left of a skin conductance response"""
_AHEAD_S = 60.0
_REMEMBERED = 20_000
"""Beats, or responses, that are kept: nobody asks for what was hours ago"""


@dataclass(frozen=True, slots=True)
class Moment:
    """From when on a person is how."""

    at: float
    """Seconds"""
    arousal: float = NEUTRAL
    """1..5, 3 is neither calm nor aroused"""
    contact: bool = True
    """False: the electrodes touch nobody"""


class Body:
    """One person, from second 0 on.

    Parameters
    ----------
    person
        At rest.
    moments
        How the person is, in order of time; neutral before the first.
    seed
        Of beats, responses and noise.
    """

    def __init__(
        self,
        person: Person = AT_REST,
        moments: Sequence[Moment] = (),
        seed: int = 0,
    ) -> None:
        first = () if moments and moments[0].at <= 0.0 else (Moment(0.0),)
        self.person = person
        self.moments: tuple[Moment, ...] = (*first, *moments)
        self._starts: list[float] = [moment.at for moment in self.moments]
        self._targets = np.array([(moment.arousal - NEUTRAL) / 2.0 for moment in self.moments])
        self._seed = seed
        self._beats = _Series(self._beat_times(np.random.default_rng([seed, 1])))
        self._responses = _Series(self._response_onsets(np.random.default_rng([seed, 2])))

    def waveform(self, stream: str) -> Waveform:
        """Return one of `STREAMS` as a function of time; `nothing` is 0, a channel with no sensor."""
        waveforms: dict[str, Waveform] = {
            "eda": self.skin_conductance,
            "ecg": self.electrocardiogram,
            "temp": self.skin_temperature,
            "ppg": self.pulse,
            "breath": self.breath,
            "nothing": lambda times: 0.0 * times,
        }
        return waveforms[stream]

    def arousal(self, times: Signal, memory_s: float = 6.0) -> Signal:
        """Return arousal -1..1, each moment's reached with a time constant of `memory_s` seconds."""
        levels = [float(self._targets[0])]
        for (start, end), target in zip(pairwise(self._starts), self._targets, strict=False):
            levels.append(target + (levels[-1] - target) * np.exp(-(end - start) / memory_s))
        now = np.maximum(0, np.searchsorted(self._starts, times, side="right") - 1)
        target, since = self._targets[now], times - np.array(self._starts)[now]
        reached: Signal = target + (np.array(levels)[now] - target) * np.exp(-np.maximum(0.0, since) / memory_s)
        return reached

    def contact(self, time: float) -> bool:
        """Say whether the electrodes touch the person."""
        return self.moments[max(0, bisect_right(self._starts, time) - 1)].contact

    def skin_conductance(self, times: Signal) -> Signal:
        """Return microsiemens: a tonic level that follows arousal, and responses, more with arousal."""
        tonic = self.person.tonic * (1.0 + 0.35 * self.arousal(times, 15.0) + 0.03 * np.sin(2 * np.pi * times / 71.0))
        onsets, sizes = self._responses.between(times[0] - _SCR_S, times[-1])
        phasic: Signal = (sizes * response(times[:, None] - onsets)).sum(axis=1)
        return self._touched(times, np.maximum(0.01, tonic + phasic + 0.001 * self._noise(times, 1)), 0.0)

    def skin_temperature(self, times: Signal) -> Signal:
        """Return degrees Celsius: vessels narrow when aroused, so skin cools, slowly."""
        slow, wandering = self.arousal(times, 30.0), 0.05 * np.sin(2 * np.pi * times / 97.0)
        celsius: Signal = self.person.temperature - 0.5 * slow + wandering + 0.004 * self._noise(times, 2)
        return celsius

    def electrocardiogram(self, times: Signal) -> Signal:
        """Return millivolts: P, QRS and T of beats whose rate follows arousal and breathing."""
        beats, _ = self._beats.between(times[0] - 1.0, times[-1] + 1.0)
        after = times[:, None] - beats
        millivolts = 0.04 * self.breath(times) + 0.008 * self._noise(times, 3)
        for offset, height, width in WAVES:
            millivolts = millivolts + height * np.exp(-0.5 * ((after - offset) / width) ** 2).sum(axis=1)
        return self._touched(times, millivolts, 1.4)

    def pulse(self, times: Signal) -> Signal:
        """Return a photoplethysmogram 0..1: each beat reaches the finger 0.25 s later, its echo 0.2 s after."""
        beats, _ = self._beats.between(times[0] - 2.0, times[-1] + 0.5)
        after = times[:, None] - beats - 0.25
        waves = np.exp(-0.5 * ((after - 0.1) / 0.07) ** 2) + 0.35 * np.exp(-0.5 * ((after - 0.32) / 0.09) ** 2)
        wave: Signal = np.clip(0.2 + 0.6 * waves.sum(axis=1) + 0.003 * self._noise(times, 4), 0.0, 1.0)
        return wave

    def breath(self, times: Signal) -> Signal:
        """Return -1..1, in is up."""
        swing: Signal = np.sin(2 * np.pi * BREATHS_PER_S * times)
        return swing

    def beats(self, start: float, end: float) -> Signal:
        """Return the times of the R peaks between two moments: the truth about the ECG."""
        return self._beats.between(start, end)[0]

    def _beat_times(self, random: np.random.Generator) -> Iterator[tuple[float, float]]:
        at = 0.4
        while True:
            yield at + random.normal(0.0, 0.008), 1.0
            now = np.array([at])
            rate = self.person.heart_rate + 22.0 * self.arousal(now) + 3.0 * self.breath(now)
            at += 60.0 / float(rate[0])

    def _response_onsets(self, random: np.random.Generator) -> Iterator[tuple[float, float]]:
        at = 0.0
        while True:
            aroused = max(0.0, float(self.arousal(np.array([at]))[0]))
            at += random.exponential(25.0 / (1.0 + 4.0 * aroused))
            yield at, random.uniform(0.02, 0.08) + aroused * random.uniform(0.2, 0.5)

    def _noise(self, times: Signal, which: int) -> Signal:
        """Return normal noise that depends on the time alone (splitmix64 of the microsecond, then Box-Muller)."""
        micros = np.round(times * 1e6).astype(np.int64).astype(np.uint64)
        key = np.uint64((self._seed * 8 + which) % 2**32) << np.uint64(40)
        one, two = (_mixed(micros * np.uint64(2) + np.uint64(k) + key) for k in (0, 1))
        normal: Signal = np.sqrt(-2.0 * np.log(one)) * np.cos(2 * np.pi * two)
        return normal

    def _touched(self, times: Signal, values: Signal, otherwise: float) -> Signal:
        if all(moment.contact for moment in self.moments):
            return values
        return np.where([self.contact(float(time)) for time in times], values, otherwise)


class _Series:
    """Events of an endless generator, in order, made when they are first asked for."""

    def __init__(self, events: Iterator[tuple[float, float]]) -> None:
        self._events = events
        self._times: list[float] = []
        self._sizes: list[float] = []

    def between(self, start: float, end: float) -> tuple[Signal, Signal]:
        if not self._times or self._times[-1] < end + 1.0:
            while not self._times or self._times[-1] < end + _AHEAD_S:
                time, size = next(self._events)
                self._times.append(time)
                self._sizes.append(size)
            del self._times[:-_REMEMBERED], self._sizes[:-_REMEMBERED]
        found = slice(bisect_right(self._times, start), bisect_right(self._times, end))
        return np.array(self._times[found]), np.array(self._sizes[found])


def _mixed(keys: NDArray[np.uint64]) -> Signal:
    """Return uniform numbers in 0..1, 0 excluded, from a hash of each key."""
    keys = keys * np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ keys >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ keys >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    uniform: Signal = ((keys ^ keys >> np.uint64(31)) >> np.uint64(11)).astype(np.float64)
    return (uniform + 1.0) / 2**53


class Tape:
    """What a device's converters give at an even rate, as functions of the sample's number.

    Parameters
    ----------
    converters
        From times in seconds [n] to raw values [n], one for each channel.
    rate
        Hertz.
    began
        Body time of the device's clock 0, seconds.
    """

    def __init__(self, converters: Sequence[Waveform], rate: float, began: float = 0.0) -> None:
        self._converters, self._rate, self._began = converters, rate, began
        self._size = max(1, round(rate / 8))
        self._page, self._rows = -1, list[tuple[float, ...]]()

    def row(self, sample: int) -> tuple[float, ...]:
        """Return the raw values of one sample."""
        page, place = divmod(sample, self._size)
        if page != self._page:
            times = self._began + (np.arange(page * self._size, (page + 1) * self._size) + 1) / self._rate
            columns = [np.asarray(convert(times), np.float64).tolist() for convert in self._converters]
            self._page, self._rows = page, list(zip(*columns, strict=True))
        return self._rows[place]
