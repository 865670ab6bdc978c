"""A microphone as a live stream of 16 kHz mono audio: watched, and found again when it comes back."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from devices import portaudio
from devices.audio_file import RATE, Audio
from devices.link.announcing import Announcing
from devices.link.background import State
from devices.link.readings import Reading, SensorNotice
from devices.link.sensor import Facts
from devices.link.session_clock import SessionClock
from devices.link.supervisor import AWAY_EVERY_S
from devices.microphone_stream import AudioStream, Chunk
from devices.portaudio import Input, MicrophoneUnavailable, choose, inputs
from devices.source import SourceError, SourceNotFound

__all__ = ["Input", "Microphone", "MicrophoneUnavailable", "inputs"]

_STALL_S = 1.0
_FIRST_S = 3.0
"""After which the first callback should have come; a sound server that has just begun takes a second"""
_RETRY_S = 0.5
_CLOSE_S = 0.5
"""For closing a stream whose server may be gone; `stop` waits no longer than that"""


class Sound(Protocol):
    """Where microphones are: `devices.portaudio`, whose functions these are."""

    def inputs(self) -> list[Input]: ...
    def refresh(self) -> None: ...
    def open_input(self, source: Input, callback: Callable[..., None], finished: Callable[[], None]) -> Any: ...  # noqa: ANN401


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
        Where it is.

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
        self, name: str | None, clock: SessionClock, deliver: Callable[[Reading], None], sound: Sound = portaudio
    ) -> None:
        self._input = choose(sound.inputs(), name)
        self._wanted, self._sound = name, sound
        self._stream = AudioStream()
        self._closing: threading.Thread | None = None
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
        stream = self._sound.open_input(self._input, self._callback(queue), lambda: queue.put(None))
        try:
            self._stream.connect(self._input.rate)
            self._follow(stream, queue)
        finally:
            self._pass_on(self._stream.flush())
            self._close(stream)

    def _find_again(self) -> None:
        """Look for the device by its name, since its index may be another one now."""
        if self._closing is not None and self._closing.is_alive():
            raise MicrophoneUnavailable("the sound system does not let go of it")
        self._sound.refresh()
        there = self._sound.inputs()
        same = [each for each in there if each.name == self._input.name]
        self._input = same[0] if same and self._wanted is not None else choose(there, self._wanted)

    def _callback(self, queue: SimpleQueue[Chunk | None]) -> Callable[..., None]:
        """Return what PortAudio calls; its own times are those of the wall clock on some systems, and not used."""
        now = self._clock.now

        def called(values: Audio, _frames: int, _times: object, status: Any) -> None:  # noqa: ANN401 - no annotations
            queue.put(Chunk(now(), values.copy(), bool(status.input_overflow)))

        return called

    def _follow(self, stream: Any, queue: SimpleQueue[Chunk | None]) -> None:  # noqa: ANN401 - no annotations
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

    def _close(self, stream: Any) -> None:  # noqa: ANN401 - no annotations
        """Close a stream, in a thread of its own: with a dead sound server that may never return."""
        self._closing = threading.Thread(target=stream.close, name=f"{self.name}: closing", daemon=True)
        self._closing.start()
        self._closing.join(_CLOSE_S)

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
