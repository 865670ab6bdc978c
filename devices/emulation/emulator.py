"""A device at a port, with what goes wrong between them: stepped by a test, or run by a thread."""

import heapq
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from devices.emulation.device import Emulated, Sent
from devices.emulation.faults import Fault
from devices.emulation.line import HARMS, Harm, Line, seen_at

TICK_S = 0.005
_SAME_BAUD = 0.03
"""Rates this near to each other work: a UART resynchronises at every character"""
_REACH = 24
"""A fault of bytes strikes one of the next so many, so that it need not hit the edge of a frame"""
_HARMS: Mapping[str, Harm] = {harm: harm for harm in HARMS}


@dataclass(order=True, frozen=True, slots=True)
class _Due:
    at: float
    serial: int
    act: Callable[[], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Happened:
    """A fault as it came to pass: the truth that a program's notices are compared with."""

    at: float
    """Seconds since the emulation began"""
    fault: Fault
    sent: int
    """Bytes that the device had sent"""


class Terminal(Protocol):
    """The port at which a device stands: `devices.emulation.terminal.PseudoTerminal`, or another one like it."""

    @property
    def path(self) -> Path: ...  # noqa: D102 - as there
    @property
    def plugged(self) -> bool: ...  # noqa: D102
    @property
    def held(self) -> bool: ...  # noqa: D102
    @property
    def baud(self) -> int | None: ...  # noqa: D102
    @property
    def room(self) -> int: ...  # noqa: D102
    def plug(self, rename: bool = False) -> None: ...  # noqa: D102
    def unplug(self) -> int: ...  # noqa: D102
    def read(self) -> bytes: ...  # noqa: D102
    def write(self, data: bytes) -> None: ...  # noqa: D102
    def wait(self, seconds: float) -> None: ...  # noqa: D102


class Emulator:
    """A device at a port. Everything that it did stands in `device.truth`, `line.log` and `log`.

    Parameters
    ----------
    device
    terminal
        Owned: pulled out at the end.
    faults
        What goes wrong and when.
    seed
        Of the faults' details.
    say
        Told of each fault as it happens, and of the port being opened and closed.
    """

    def __init__(
        self,
        device: Emulated,
        terminal: Terminal,
        faults: Iterable[Fault] = (),
        seed: int = 0,
        say: Callable[[float, str], None] = lambda at, text: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        self.device, self.terminal = device, terminal
        self.line = Line(seed)
        self.log: list[Happened] = []
        self.now = 0.0
        """Seconds since the emulation began"""
        self.unheard = 0
        """Bytes sent while no program had the port open, or lost with it"""
        self._say = say
        self._chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
        self._agenda: list[_Due] = []
        self._order = count()
        self._lock = threading.Lock()
        self._held = False
        self._ppm = 0.0
        self._baud = device.baud
        self._start_s, self._powered_at = 0.0, 0.0
        self._stalled_until, self._burst_until = 0.0, 0.0
        self._kept = bytearray()
        self._torn = 0
        self._credit = 0.0
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        for fault in faults:
            self.plan(fault)

    def plan(self, fault: Fault) -> None:
        """Let something go wrong; at once when its moment has passed. From any thread."""
        with self._lock:
            self._at(fault.at, lambda: self._happen(fault))

    def arrived(self) -> list[Sent]:
        """Return the frames that no fault of the line has touched, in order (a stretch nobody heard is not told)."""
        return [
            frame
            for frame in self.device.truth.frames
            if not any(damage.spoils(frame.start, frame.end) for damage in self.line.log)
        ]

    def step(self, seconds: float) -> None:
        """Let time pass: take commands, send what is due, let what is planned go wrong."""
        with self._lock:
            end = self.now + seconds
            while self._agenda and self._agenda[0].at <= end:
                due = heapq.heappop(self._agenda)
                self._advance(max(0.0, due.at - self.now))
                due.act()
            self._advance(end - self.now)

    def start(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Run in a thread until `stop`, in the time of `clock` (seconds)."""
        self._ending.clear()
        self._thread = threading.Thread(target=self._run, args=(clock,), name="emulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and pull the port out."""
        self._ending.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()
        self._thread = None
        self.terminal.unplug()

    def __enter__(self) -> Self:
        """Run in real time."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _run(self, clock: Callable[[], float]) -> None:
        last = clock()
        while not self._ending.is_set():
            self.terminal.wait(TICK_S)
            now = clock()
            self.step(now - last)
            last = now

    def _at(self, at: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, _Due(max(at, self.now), next(self._order), act))

    def _advance(self, seconds: float) -> None:
        self.now += seconds
        if not self.terminal.plugged:
            return
        self._notice_opening()
        heard = self.terminal.read()
        if self.now < self._powered_at + self._start_s:
            return
        replies = self.device.receive(self._through(heard, self.terminal.baud, self._baud)) if heard else b""
        sent = replies + self.device.produce(seconds * (1.0 + self._ppm * 1e-6), self._room(seconds))
        if not self._held:
            self.unheard += len(sent)
        self._deliver(self._through(self.line.push(sent), self._baud, self.terminal.baud))

    def _notice_opening(self) -> None:
        held = self.terminal.held
        if held == self._held:
            return
        self._held = held
        self._say(self.now, "the port was opened" if held else "the port was closed")
        if held:
            self.device.opened()

    def _through(self, data: bytes, sent_baud: int | None, read_baud: int | None) -> bytes:
        if not sent_baud or not read_baud or abs(sent_baud / read_baud - 1.0) <= _SAME_BAUD:
            return data
        return seen_at(data, sent_baud, read_baud)

    def _room(self, seconds: float) -> int:
        if self.now < self._stalled_until:
            return 0
        if self._baud is None:
            return self.terminal.room
        # What the line did not use is gone, but for the fraction of a character.
        self._credit = min(self._credit, 1.0) + seconds * self._baud / 10
        room = min(self.terminal.room, int(self._credit))
        self._credit -= room
        return room

    def _deliver(self, data: bytes) -> None:
        self._kept += data
        if self.now < self._burst_until:
            return
        torn, self._torn = (self._torn, 0) if self._kept else (0, self._torn)
        cut = max(0, len(self._kept) - torn)
        self.terminal.write(bytes(self._kept[:cut]))
        del self._kept[:cut]

    def _happen(self, fault: Fault) -> None:
        self.log.append(Happened(self.now, fault, self.line.passed))
        self._say(self.now, str(fault))
        until = self.now + fault.amount
        match fault.kind:
            case "split":
                self._torn = int(fault.amount)
            case "burst":
                self._burst_until = until
            case "stall":
                self._stalled_until = until
            case "unplug" | "rename":
                self._pull_out()
                self._at(until, lambda: self._put_back(rename=fault.kind == "rename"))
            case "restart":
                self.device.power_off()
                self._powered_at = self.now
            case "slow start":
                self._start_s = fault.amount
            case "drift":
                self._ppm = fault.amount
            case "baud":
                self._baud = int(fault.amount)
            case harm:
                self.line.strike(_HARMS[harm], int(fault.amount), self.line.passed + self._chance.randrange(_REACH))

    def _pull_out(self) -> None:
        self.unheard += self.terminal.unplug() + len(self._kept)
        self._kept.clear()
        self._held = False
        self.device.power_off()

    def _put_back(self, rename: bool) -> None:
        self.terminal.plug(rename)
        self._powered_at = self.now
        self._say(self.now, f"plugged in again as {self.terminal.path}")
