"""Simulated skin conductance, skin temperature and electrocardiogram of a person whose arousal is known.

Nobody was recorded. The shapes follow the literature so that detectors find what they look for: skin conductance
responses as differences of exponentials on a slow tonic level (Alexander et al. 2005), a heart beat as a sum of
Gaussians (McSharry et al. 2003) whose rate follows arousal and breathing, fingers that cool a little when aroused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]

E4_RATE = 4
ECG_RATE = 250
EDA_QUANTUM = 0.00128
TEMP_QUANTUM = 0.02
ECG_QUANTUM = 0.00361505
BREATHS_PER_S = 0.24

WAVES = ((-0.19, 0.12, 0.024), (-0.032, -0.10, 0.010), (0.0, 1.05, 0.011), (0.034, -0.22, 0.012), (0.26, 0.30, 0.050))
"""P, Q, R, S, T: seconds from the R peak, millivolts, standard deviation in seconds"""


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A stretch of time that arouses a person: an utterance, said or heard."""

    start: float
    """Seconds"""
    end: float
    """Seconds"""
    arousal: float
    """1..5, 3 is neither calm nor aroused"""


@dataclass(frozen=True, slots=True)
class Person:
    """What differs between people."""

    tonic: float
    """Microsiemens at rest"""
    temperature: float
    """Degrees Celsius at rest"""
    heart_rate: float
    """Beats per minute at rest"""


def arousal_over_time(stimuli: Sequence[Stimulus], times: Signal, memory_s: float = 6.0) -> Signal:
    """Return arousal -1..1 at evenly spaced times: each stimulus in turn, forgotten over `memory_s` seconds."""
    target = np.zeros_like(times)
    for stimulus in stimuli:
        target[(times >= stimulus.start) & (times < stimulus.end)] = (stimulus.arousal - 3.0) / 2.0
    keep = float(np.exp(-(times[1] - times[0]) / memory_s))
    level, followed = 0.0, np.empty_like(times)
    for i, goal in enumerate(target):
        level = keep * level + (1.0 - keep) * float(goal)
        followed[i] = level
    return followed


def skin_conductance(person: Person, stimuli: Sequence[Stimulus], times: Signal, random: np.random.Generator) -> Signal:
    """Return microsiemens: a tonic level that follows arousal, and a response to each arousing stimulus."""
    tonic = person.tonic * (1.0 + 0.35 * arousal_over_time(stimuli, times, 15.0)) + 0.002 * (times - times[0])
    phasic = np.zeros_like(times)
    for stimulus in stimuli:
        size = 0.45 * max(0.0, stimulus.arousal - 2.9) * random.uniform(0.7, 1.3)
        phasic += size * response(times - stimulus.start - random.uniform(1.0, 1.8))
    for onset in np.cumsum(random.exponential(25.0, 12)):  # responses to nothing in particular
        phasic += random.uniform(0.02, 0.08) * response(times - times[0] - onset)
    conductance = tonic + phasic + random.normal(0.0, 0.001, len(times))
    since_start = times - times[0]
    conductance *= 1.0 - np.exp(-since_start / 0.6)  # the wristband starts at 0 and ramps up
    return quantised(conductance, EDA_QUANTUM)


def skin_temperature(person: Person, stimuli: Sequence[Stimulus], times: Signal, random: np.random.Generator) -> Signal:
    """Return degrees Celsius: vessels narrow when aroused, so skin cools, slowly."""
    slow = arousal_over_time(stimuli, times, 30.0)
    drift = 0.05 * np.sin(2 * np.pi * times / 97.0)
    return quantised(
        person.temperature - 0.5 * slow + drift + random.normal(0.0, 0.004, len(times)),
        TEMP_QUANTUM,
    )


def electrocardiogram(
    person: Person, stimuli: Sequence[Stimulus], times: Signal, random: np.random.Generator
) -> Signal:
    """Return millivolts: P, QRS and T of beats whose rate follows arousal and breathing."""
    breathing = np.sin(2 * np.pi * BREATHS_PER_S * times)
    rate = person.heart_rate + 22.0 * arousal_over_time(stimuli, times) + 3.0 * breathing
    millivolts = 0.04 * breathing + random.normal(0.0, 0.008, len(times))
    for beat in _beats(rate, times, random):
        near = slice(*np.searchsorted(times, (beat - 0.4, beat + 0.6)))
        for offset, height, width in WAVES:
            millivolts[near] += height * np.exp(-0.5 * ((times[near] - beat - offset) / width) ** 2)
    return quantised(millivolts, ECG_QUANTUM)


def quantised(values: Signal, quantum: float) -> Signal:
    """Round to whole multiples of the converter's step."""
    rounded: Signal = np.round(values / quantum) * quantum
    return rounded


def response(after: Signal) -> Signal:
    """Return a response of height 1 that rises with 0.75 s and falls with 2 s, `after` seconds from its onset."""
    positive = np.maximum(after, 0.0)
    shape: Signal = np.exp(-positive / 2.0) - np.exp(-positive / 0.75)
    return shape / 0.3470


def _beats(rate: Signal, times: Signal, random: np.random.Generator) -> Signal:
    """Return the times at which the integrated heart rate (beats per minute) passes whole numbers, jittered by 8 ms."""
    phase = np.cumsum(rate / 60.0) * (times[1] - times[0])
    beats: Signal = np.interp(np.arange(1, int(phase[-1]) + 1), phase, times)
    return beats + random.normal(0.0, 0.008, len(beats))
