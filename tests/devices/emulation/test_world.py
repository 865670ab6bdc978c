"""Simulated time: one thread at a time, and none of it passes while somebody works."""

import threading
from queue import Empty, SimpleQueue

import pytest

from devices.emulation.world import SimulatedClock, Worker, World


def test_time_passes_only_while_all_wait():
    """Threads wake in the order in which they have waited long enough, and the same every time."""
    world, seen = World(), []

    def every(name: str, seconds: float) -> None:
        for _ in range(3):
            world.sleep(seconds)
            seen.append((name, round(world.now, 6)))

    threads = [world.thread(lambda: every("a", 1.0), "a"), world.thread(lambda: every("b", 0.7), "b")]
    for thread in threads:
        thread.start()
    assert world.now == 0.0
    for thread in threads:
        thread.join()
    assert seen == [("b", 0.7), ("a", 1.0), ("b", 1.4), ("a", 2.0), ("b", 2.1), ("a", 3.0)]
    assert not any(thread.is_alive() for thread in threads)


def test_many_turns_lose_none():
    """The turn goes from thread to thread a few thousand times and never gets lost."""
    world, counts = World(), [0, 0, 0]

    def count(place: int) -> None:
        for _ in range(2000):
            world.sleep(0.001 * (place + 1))
            counts[place] += 1

    threads = [world.thread(lambda place=place: count(place), str(place)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [2000, 2000, 2000]


def test_who_waits_for_something_wakes_when_it_comes():
    world = World()
    clock, event, queue = SimulatedClock(world), threading.Event(), SimpleQueue()

    def give() -> None:
        world.sleep(2.0)
        event.set()
        world.sleep(2.0)
        queue.put("there")

    clock.thread(give, "giver").start()
    assert not clock.wait(event, 1.0)
    assert clock.wait(event, 5.0)
    assert clock.now() == 2.0
    with pytest.raises(Empty):
        clock.take(queue, 1.0)
    assert clock.take(queue, 5.0) == "there"
    assert clock.now() == 4.0


def test_a_wait_too_short_for_the_clock_still_ends():
    """Else a thread that waits for the rest of a floating-point sum would wait for ever."""
    world = World()
    world.sleep(30_000.0)
    world.sleep(1e-15)
    assert world.now > 30_000.0


def test_joining_may_end_before_the_thread():
    world = World()
    thread = world.thread(lambda: world.sleep(5.0), "sleeper")
    thread.start()
    thread.join(1.0)
    assert thread.is_alive()
    thread.join()
    assert world.now == 5.0


def test_a_worker_takes_its_time_and_one_order_after_the_other():
    world = World()
    worker = Worker(world, "worker")

    def work(value: int) -> int:
        world.sleep(1.0)
        return 10 // value

    first, second, third, fourth = (worker.submit(work, value) for value in (1, 2, 0, 5))
    assert second.result() == 5
    assert first.done()
    assert world.now == 2.0
    assert fourth.cancel()
    with pytest.raises(ZeroDivisionError):
        third.result()
    worker.shutdown()
    assert world.now == 3.0


def test_the_pace_can_be_held():
    """A world that must not be faster than its speed sleeps for real."""
    import time

    began = time.monotonic()
    World(speed=100.0).sleep(5.0)
    assert time.monotonic() - began >= 0.045
