"""Simulated time for programs with threads: hours pass in minutes, and the same happens every time.

One thread runs at a time, and time stands still while it does. When all of them wait, it jumps to where the first of
them has waited long enough. So whatever a session computes takes no time here, and only what waits does.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

from devices.link.session_clock import SessionClock

P = ParamSpec("P")
T = TypeVar("T")

_LEAST_S = 1e-6
"""Every wait takes so long at least: what is less than a clock can tell would let time stand still for ever"""


class _Turn:
    """One thread's place among the others."""

    def __init__(self) -> None:
        self.go = threading.Lock()
        self.go.acquire()
        self.ready: Callable[[], bool] = lambda: True
        self.until = 0.0
        self.is_over = False


class World:
    """Time, and the threads that live in it; whoever creates it is the first of them.

    Parameters
    ----------
    speed
        Times real time at most; None for as fast as the computer can.
    """

    def __init__(self, speed: float | None = None) -> None:
        self.now = 0.0
        """Seconds since the world began"""
        self._speed, self._began = speed, time.monotonic()
        self._running = _Turn()
        self._turns = [self._running]

    def time(self) -> float:
        """Seconds since the world began, as a clock tells them."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        self.wait_until(lambda: False, seconds)

    def wait_until(self, ready: Callable[[], bool], seconds: float = math.inf) -> bool:
        """Let others run until something is so, for so many seconds at most; return whether it is."""
        if ready():
            return True
        mine = self._running
        mine.ready, mine.until = ready, self.now + max(seconds, _LEAST_S)
        if not self._let_next_run(mine):
            mine.go.acquire()
        return ready()

    def thread(self, run: Callable[[], None], name: str) -> threading.Thread:
        """Create a thread of this world; it begins when those that run now wait."""
        return _Thread(self, run, name)

    def _begin(self, turn: _Turn) -> None:
        self._turns.append(turn)

    def _end(self, turn: _Turn) -> None:
        turn.is_over = True
        self._turns.remove(turn)
        self._let_next_run(turn)

    def _let_next_run(self, mine: _Turn) -> bool:
        """Choose who runs next; True when that is who runs now."""
        chosen = next((turn for turn in self._turns if turn.ready()), None) or self._first_due()
        if chosen is not mine:
            self._running = chosen
            chosen.go.release()
        return chosen is mine

    def _first_due(self) -> _Turn:
        first = min(self._turns, key=lambda turn: turn.until)
        self.now = max(self.now, first.until)
        if self._speed is not None:
            time.sleep(max(0.0, self._began + self.now / self._speed - time.monotonic()))
        return first


class _Thread(threading.Thread):
    """A thread that runs when it is its turn; joining it lets time pass."""

    def __init__(self, world: World, run: Callable[[], None], name: str) -> None:
        super().__init__(target=run, name=name, daemon=True)
        self._world, self._turn = world, _Turn()

    def start(self) -> None:
        self._world._begin(self._turn)
        super().start()

    def run(self) -> None:
        self._turn.go.acquire()
        try:
            super().run()
        finally:
            self._world._end(self._turn)

    def join(self, timeout: float | None = None) -> None:
        if self._world.wait_until(lambda: self._turn.is_over, math.inf if timeout is None else timeout):
            super().join()


class SimulatedClock(SessionClock):
    """The clock of a session in a world."""

    def __init__(self, world: World) -> None:
        super().__init__(world.time)
        self.world = world

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait in the world's time."""
        return self.world.wait_until(event.is_set, seconds)

    def take(self, queue: SimpleQueue[T], seconds: float) -> T:
        """Wait in the world's time."""
        if not self.world.wait_until(lambda: not queue.empty(), seconds):
            raise Empty
        return queue.get_nowait()

    def thread(self, run: Callable[[], None], name: str) -> threading.Thread:
        """Create a thread of the world."""
        return self.world.thread(run, name)


class Worker(Executor):
    """One thread of a world that does what it is given, in order."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._orders: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._is_ending = False
        self._thread = world.thread(self._run, name)
        self._thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a piece of work."""
        future: Future[T] = _Promise(self._world)
        self._orders.append((future, lambda: fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End after what has been queued, or, where that is cancelled, after what is being worked on."""
        if cancel_futures:
            for future, _ in self._orders:
                future.cancel()
        self._is_ending = True
        if wait:
            self._thread.join()

    def _run(self) -> None:
        while self._world.wait_until(lambda: bool(self._orders) or self._is_ending) and self._orders:
            future, work = self._orders.popleft()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except Exception as error:  # noqa: BLE001 - as with every executor, it is for whoever asks for the result
                    future.set_exception(error)


class _Promise(Future[T]):
    """A result for which is waited in a world's time."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def result(self, timeout: float | None = None) -> T:
        self._world.wait_until(self.done, math.inf if timeout is None else timeout)
        return super().result(0)
