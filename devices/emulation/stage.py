"""The emulated devices of a rehearsal as one live source, in simulated time; they know what they really sent."""

from dataclasses import dataclass
from functools import partial

from devices.audio_file import Audio
from devices.emulation import catalog
from devices.emulation.cable import Cable, CableTransport
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.emulation.rehearsal import Rehearsal, Trouble, Wearable
from devices.emulation.sound import EmulatedSound, Spell
from devices.emulation.waveforms import Body
from devices.emulation.world import SimulatedClock, World
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.live import Deliver, LiveSource
from devices.microphone import Microphone

_KEEP = 64
"""Frames that a device's ledger remembers: the counts are enough"""


@dataclass(frozen=True, slots=True)
class Worn:
    """A sensor with both of its ends."""

    sensor: Sensor
    cable: Cable
    emulator: Emulator


class Stage:
    """A world with devices in it, and a source that listens to them.

    Parameters
    ----------
    rehearsal
    seconds
        For how long it goes.
    heard
        [n], 16 kHz: what the microphone hears.
    speed
        Times real time at most; None for as fast as the computer can.
    """

    def __init__(self, rehearsal: Rehearsal, seconds: float, heard: Audio, speed: float | None = None) -> None:
        self.world = World(speed)
        self.troubles = rehearsal.troubles(seconds)
        self.source = LiveSource(SimulatedClock(self.world))
        self.sound = EmulatedSound(
            self.world, heard, [_spell(one) for one in self._of("microphone")], rehearsal.drift_ppm, rehearsal.seed
        )
        self.source.add(lambda clock, deliver: Microphone(None, clock, deliver, self.sound))
        self.worn: dict[str, Worn] = {}
        """By protocol"""
        body = Body(moments=rehearsal.moments(seconds), seed=rehearsal.seed)
        for one in rehearsal.sensors:
            self.source.add(partial(self._wear, one, body, rehearsal.seed))

    def _of(self, on: str) -> list[Trouble]:
        return [one for one in self.troubles if one.on == on]

    def _wear(self, wearable: Wearable, body: Body, seed: int, clock: SessionClock, deliver: Deliver) -> Sensor:
        protocol, cable = wearable.url.protocol, Cable()
        device = catalog.device(protocol, body, wearable.options, keep=_KEEP)
        faults = [Fault(one.at, one.kind, one.amount) for one in self._of(protocol)]
        emulator = Emulator(device, cable, faults, seed)
        sensor = Sensor(wearable.url, clock, deliver, transport=CableTransport(self.world, cable, emulator))
        self.worn[protocol] = Worn(sensor, cable, emulator)
        return sensor


def _spell(one: Trouble) -> Spell:
    return Spell(one.at, one.until, one.kind)
