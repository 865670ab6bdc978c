"""A microphone that is not there, in simulated time: what it hears again and again, and what goes wrong with it."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from devices.audio_file import RATE, Audio
from devices.emulation.world import World
from devices.portaudio import CALLBACK_S, Heard, Input, MicrophoneUnavailable

KINDS = {
    "unplug": "unplugged, back in {:g} s",
    "stall": "gives nothing for {:g} s",
    "overflow": "{:g} s lost because nobody took them in time",
    "zeros": "nothing but zeros for {:g} s",
    "clip": "far too loud for {:g} s",
}
"""What can go wrong with a microphone; the number is for how long"""
_LOST = ("stall", "overflow")
_TOO_LOUD = 60.0
_LATE_S = 0.0015
"""By which callbacks come late on average"""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time for which something is wrong."""

    start: float
    """Seconds since the world began"""
    end: float
    kind: str


class EmulatedSound:
    """In place of PortAudio, with one input, whose name is `NAME`.

    Parameters
    ----------
    world
    heard
        [n], 16 kHz: what the microphone hears, from the beginning again after its end.
    spells
        What is wrong when, in order of start.
    drift_ppm
        By which the sound card's clock is too fast.
    seed
        Of the lateness of callbacks.
    """

    NAME = "emulated microphone"

    def __init__(
        self, world: World, heard: Audio, spells: Sequence[Spell] = (), drift_ppm: float = 0.0, seed: int = 0
    ) -> None:
        self.frames = 0
        """Given to the program"""
        self.lost: Counter[str] = Counter()
        """Frames that it was not given although it listened, by what was wrong"""
        self.world, self.pace = world, 1.0 + drift_ppm * 1e-6
        self._heard, self._spells = heard, list(spells)
        self._chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret

    def inputs(self) -> list[Input]:
        """List the one microphone, while it is plugged in."""
        return [] if self.wrong() == "unplug" else [Input(0, self.NAME, RATE, 1, default=True, api="emulated")]

    def refresh(self) -> None:
        """Nothing: there is no list that could be old."""

    def open_input(self, source: Input, hear: Callable[[Heard], None], finished: Callable[[], None]) -> "_Stream":  # noqa: ARG002 - there is one
        """Open it.

        Raises
        ------
        MicrophoneUnavailable
            While it is unplugged.
        """
        if not self.inputs():
            raise MicrophoneUnavailable("has gone")
        stream = _Stream(self, hear, finished)
        self.world.thread(stream.run, "sound server").start()
        return stream

    def wrong(self) -> str | None:
        """What is wrong now."""
        now = self.world.now
        while self._spells and self._spells[0].end <= now:
            del self._spells[0]
        return self._spells[0].kind if self._spells and self._spells[0].start <= now else None

    def hear(self, at: float, frames: int) -> Audio:
        """Return what there is to hear from a time on; [frames, 1]."""
        places = (round(at * RATE) + np.arange(frames)) % len(self._heard)
        values: Audio = self._heard[places, np.newaxis]
        return values

    def lateness(self) -> float:
        """By how much the next callback comes late, seconds."""
        return self._chance.expovariate(1.0 / _LATE_S)


class _Stream:
    """One opened input."""

    def __init__(self, sound: EmulatedSound, hear: Callable[[Heard], None], finished: Callable[[], None]) -> None:
        self.active = True
        self._sound, self._hear, self._finished = sound, hear, finished
        self._began = sound.world.now

    def close(self) -> None:
        """End before the next callback."""
        self.active = False

    def run(self) -> None:
        """Give what is heard until it is closed or pulled out."""
        sound, frames, done, overflowed = self._sound, round(CALLBACK_S * RATE), 0, False
        while True:
            done += frames
            due = self._began + done / RATE / sound.pace
            sound.world.sleep(due + sound.lateness() - sound.world.now)
            wrong = sound.wrong()
            if not self.active or wrong == "unplug":
                break
            if wrong in _LOST:
                sound.lost[str(wrong)] += frames
                overflowed = True
                continue
            values = _altered(sound.hear(due - CALLBACK_S, frames), wrong)
            sound.frames += frames
            self._hear(Heard(sound.world.time(), values, overflowed))
            overflowed = False
        self.active = False
        self._finished()


def _altered(values: Audio, wrong: str | None) -> Audio:
    if wrong == "zeros":
        return np.zeros_like(values)
    return np.clip(values * np.float32(_TOO_LOUD), -1.0, 1.0) if wrong == "clip" else values
