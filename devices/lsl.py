"""Lab Streaming Layer inlets as live streams: found when they appear, and found again when they come back.

Needs the package pylsl (extra `lsl`), which is imported when an inlet is made.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from devices.link.announcing import Announcing
from devices.link.background import State
from devices.link.readings import Reading
from devices.link.sensor import Facts
from devices.link.session_clock import SessionClock
from devices.link.supervisor import AWAY_EVERY_S
from devices.link.transport import LinkError, NoAnswer
from devices.lsl_library import describe, load
from devices.lsl_stream import Placing, columns, implied, predicate
from devices.sensors.driver import Refused, UnknownOption
from devices.sensors.options import number, only
from devices.sensors.url import SensorUrl

_FORGET_S = 1.0  # after which a stream that is not heard of any more is no longer offered
_ANSWER_S = 0.5  # for each question to a sender; `stop` waits for one at most
_PATIENCE_S = 2.0  # in which a stream that is there should be found
_PULL_S = 0.05
_STALL_S, _REOPEN_S = 0.8, 5.0
_STALL_SAMPLES, _REOPEN_SAMPLES = 5, 20
_CHUNK = 4096
_BUFFER_S = 60


class LslSensor(Announcing):
    """One inlet, used as `devices.link.sensor.Sensor` is; a thread runs between `start` and `stop`.

    Parameters
    ----------
    url
        `lsl://type=EDA`, `lsl://name=wrist?channels=eda:EDA/uS,temp:2/degC`; option `rate` in hertz for a stream that
        says none.
    clock
        Of the session.
    deliver
        Called in the thread with each block, gap, absence and notice; should only queue it.

    Raises
    ------
    NoLsl, BadSensorUrl, UnknownOption
    """

    def __init__(self, url: SensorUrl, clock: SessionClock, deliver: Callable[[Reading], None]) -> None:
        only(url.options, ("rate",), "an LSL inlet")
        self._lsl = load()
        self._given_rate = number(url.options, "rate", 0.0, 1e-3, 1e5)
        self._predicate = predicate(url.address)
        self._wanted = url.wanted or implied(url.address)
        self.required = url.required
        self._address = url.address
        self._placing = Placing(wanted.stream for wanted in self._wanted)
        super().__init__(f"LSL stream {url.address}", clock, deliver, self._placing.tracks.values())
        self._sender = ""
        self._source: str | None = None

    @property
    def rates(self) -> Mapping[str, float]:
        """Stream to nominal rate, hertz; 0 for irregular ones, and until the stream is found."""
        known = {stream: track.rate or self._given_rate for stream, track in self._placing.tracks.items()}
        return known | ({"ibi": 0.0} if "ibi" in known else {})

    @property
    def facts(self) -> Facts:
        """Everything worth showing; from any thread."""
        fit, placing = self._placing.clock, self._placing
        return Facts(
            state=self.state,
            port=self._sender or self._address,
            problem=self.problem,
            offset_s=fit.offset_s if fit else 0.0,
            drift_ppm=fit.drift_ppm if fit else 0.0,
            latency_s=fit.latency_s if fit else 0.0,
            bytes=0,
            frames=placing.samples,
            lost=placing.lost,
            skipped=0,
            reconnects=max(0, self.connections - 1),
            away_s=self.away_s,
        )

    def _run(self) -> None:
        self._lose("not connected yet")
        resolver = self._lsl.ContinuousResolver(pred=self._predicate, forget_after=_FORGET_S)
        began = self._clock.now()
        self._enter(State.OPENING)
        while not self._stopping.is_set():
            found = self._choose(resolver.results())
            if found is None:
                if self._clock.now() - began > _PATIENCE_S:
                    self._enter(State.LOST)
                    self._fail(f"no stream with {self._address} on the network; start the program that sends it")
                self._say_away()
                self._stopping.wait(AWAY_EVERY_S)
                continue
            self._connect(found)
            began = self._clock.now()
            self._say_away()
        self._enter(State.CLOSED)

    def _choose(self, found: list[Any]) -> Any | None:  # noqa: ANN401 - pylsl ships no annotations
        """Return the sender that was heard before, else the first by name."""
        return min(found, key=lambda one: (one.source_id() != self._source, one.name(), one.source_id()), default=None)

    def _connect(self, found: Any) -> None:  # noqa: ANN401 - pylsl ships no annotations
        """Stream until something is wrong or somebody wants to stop."""
        self._enter(State.OPENING)
        inlet = self._lsl.StreamInlet(found, max_buflen=_BUFFER_S, recover=False)
        try:
            self._stream(inlet)
        except RuntimeError as error:  # what all of pylsl's errors are: lost, timed out
            self._give_up(f"the sender is gone or does not answer ({error})")
        except (LinkError, Refused, UnknownOption) as error:
            self._give_up(str(error))
        finally:
            inlet.close_stream()
        self._stopping.wait(AWAY_EVERY_S)

    def _stream(self, inlet: Any) -> None:  # noqa: ANN401 - pylsl ships no annotations
        inlet.open_stream(timeout=_ANSWER_S)
        said = describe(inlet.info(timeout=_ANSWER_S))
        rate = said.rate or self._given_rate
        if not rate and any(wanted.stream != "ibi" for wanted in self._wanted):
            raise Refused(f"{said.name} says no rate; add rate=HERTZ to the URL")
        self._sender, self._source = said.name, said.source
        self._placing.connect(rate, columns(self._wanted, said))
        correction = self._correction(inlet)
        heard = self._clock.now()
        while not self._stopping.is_set():
            samples, stamps = inlet.pull_chunk(timeout=_PULL_S, max_samples=_CHUNK)
            now = self._clock.now()
            if stamps:
                with suppress(RuntimeError):  # then the last one is good enough
                    correction = inlet.time_correction(timeout=_PULL_S)
                heard = now
                self._take(np.array(samples, np.float64), np.array(stamps) + correction + now - self._lsl.local_clock())
            self._watch(now - heard, rate)
            self._say_away()

    def _correction(self, inlet: Any) -> float:  # noqa: ANN401 - pylsl ships no annotations
        """Return what to add to a sender's clock; the library asks it several times before it answers."""
        end = self._clock.now() + _PATIENCE_S
        while not self._stopping.is_set() and self._clock.now() < end:
            self._say_away()
            with suppress(RuntimeError):
                return float(inlet.time_correction(timeout=AWAY_EVERY_S))
        raise NoAnswer("the sender does not tell its time")

    def _take(
        self, values: np.ndarray[Any, np.dtype[np.float64]], times: np.ndarray[Any, np.dtype[np.float64]]
    ) -> None:
        if self.state is not State.STREAMING:
            self._recover()
        for reading in self._placing.push(values, times):
            self._deliver(reading)

    def _watch(self, silent: float, rate: float) -> None:
        """Notice that an even stream stands still; an irregular one may."""
        if not rate or silent <= max(_STALL_S, _STALL_SAMPLES / rate):
            return
        if self.state is not State.STALLED:
            self._enter(State.STALLED)
            self._fail("sends nothing")
        if silent > max(_REOPEN_S, _REOPEN_SAMPLES / rate):
            raise NoAnswer("sends nothing")

    def _give_up(self, problem: str) -> None:
        if self._stopping.is_set():
            return
        self._enter(State.BACKOFF)
        self._fail(problem)
