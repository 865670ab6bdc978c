"""A microphone as a live stream of 16 kHz mono audio: watched, and found again when it comes back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Protocol

from devices.audio_file import RATE
from devices.link.announcing import Announcing
from devices.link.background import State
from devices.link.readings import Reading, SensorNotice
from devices.link.sensor import Facts
from devices.link.session_clock import SessionClock
from devices.link.supervisor import AWAY_EVERY_S
from devices.microphone_stream import AudioStream, Chunk
from devices.portaudio import Heard, Input, MicrophoneUnavailable, choose, inputs
from devices.sound_process import SoundProcess
from devices.source import SourceError, SourceNotFound

__all__ = ["Input", "Microphone", "MicrophoneUnavailable", "inputs"]

_STALL_S = 1.0
_FIRST_S = 3.0
"""After which the first callback should have come; a sound server that has just begun takes a second"""
_RETRY_S = 0.5


class Stream(Protocol):
    """An input that was opened."""

    @property
    def active(self) -> bool: ...
    def close(self) -> None: ...


class Sound(Protocol):
    """Where microphones are: `devices.sound_process`, with the functions of `devices.portaudio`."""

    def inputs(self) -> list[Input]: ...
    def refresh(self) -> None: ...
    def open_input(self, source: Input, hear: Callable[[Heard], None], finished: Callable[[], None]) -> Stream: ...


class Microphone(Announcing):
    """One input, used as `devices.link.sensor.Sensor` is; a thread runs between `start` and `stop`.

    Parameters
    ----------
    name
        None: the system's default input; digits: an index; else a part of a device's name.
    clock
        Of the session.
    deliver
        Called in the thread with each block, gap, absence and notice; should only queue it.
    sound
        Where it is; None: PortAudio, in a process of its own.

    Raises
    ------
    SourceNotFound
        No input, or several, have that name; the message lists the inputs.
    MicrophoneUnavailable
        PortAudio is not installed.
    """

    required = True
    rates: Mapping[str, float] = {"audio": RATE}

    def __init__(
        self, name: str | None, clock: SessionClock, deliver: Callable[[Reading], None], sound: Sound | None = None
    ) -> None:
        self._wanted, self._sound = name, sound or SoundProcess()
        self._input = choose(self._sound.inputs(), name)
        self._stream = AudioStream()
        super().__init__(f"microphone {self._input.name}", clock, deliver, [self._stream.track])

    @property
    def facts(self) -> Facts:
        """Everything worth showing; from any thread."""
        fit, stream = self._stream.clock, self._stream
        return Facts(
            state=self.state,
            port=self._input.name,
            problem=self.problem or stream.faults.present,
            offset_s=fit.offset_s,
            drift_ppm=fit.drift_ppm,
            latency_s=fit.latency_s,
            bytes=0,
            frames=stream.frames,
            lost=stream.lost,
            skipped=0,
            reconnects=max(0, self.connections - 1),
            away_s=self.away_s,
        )

    def _run(self) -> None:
        self._lose("not connected yet")
        while not self._stopping.is_set():
            try:
                self._attempt()
            except SourceError as error:
                self._enter(State.LOST if isinstance(error, SourceNotFound) else State.BACKOFF)
                self._fail(str(error))
            self._wait(_RETRY_S)
        self._enter(State.CLOSED)

    def _attempt(self) -> None:
        """Open the input, and pass on what comes until it ends or somebody wants to stop."""
        self._enter(State.OPENING)
        if self.problem is not None:
            self._find_again()
        queue: SimpleQueue[Chunk | None] = SimpleQueue()
        stream = self._sound.open_input(self._input, self._hearing(queue), lambda: queue.put(None))
        try:
            self._stream.connect(self._input.rate)
            self._follow(stream, queue)
        finally:
            self._pass_on(self._stream.flush())
            stream.close()

    def _find_again(self) -> None:
        """Look for the device by its name, since its index may be another one now."""
        self._sound.refresh()
        there = self._sound.inputs()
        same = [each for each in there if each.name == self._input.name]
        self._input = same[0] if same and self._wanted is not None else choose(there, self._wanted)

    def _hearing(self, queue: SimpleQueue[Chunk | None]) -> Callable[[Heard], None]:
        """Return what queues the sound in session time."""
        return lambda heard: queue.put(Chunk(self._clock.session_time(heard.at), heard.values, heard.overflowed))

    def _follow(self, stream: Stream, queue: SimpleQueue[Chunk | None]) -> None:
        heard, patience = self._clock.now(), _FIRST_S
        while not self._stopping.is_set():
            try:
                chunk = self._clock.take(queue, AWAY_EVERY_S)
            except Empty:
                self._say_away()
                if not stream.active:
                    raise MicrophoneUnavailable("has gone, or its sound server has") from None
                if self._clock.now() - heard > patience:
                    self._enter(State.STALLED)
                    raise MicrophoneUnavailable("gives nothing") from None
                continue
            if chunk is None:
                raise MicrophoneUnavailable("has gone, or its sound server has")
            heard, patience = chunk.arrived, _STALL_S
            if self.state is not State.STREAMING:
                self._recover()
            self._pass_on(self._stream.push(chunk))

    def _wait(self, seconds: float) -> None:
        end = self._clock.now() + seconds
        while not self._stopping.is_set() and (left := end - self._clock.now()) > 0:
            self._say_away()
            self._clock.wait(self._stopping, min(left, AWAY_EVERY_S))

    def _pass_on(self, readings: list[Reading]) -> None:
        for reading in readings:
            if isinstance(reading, SensorNotice):
                reading = replace(reading, text=f"{self.name}: {reading.text}")
            self._deliver(reading)
