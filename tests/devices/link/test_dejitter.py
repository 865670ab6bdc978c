"""Session time from counts and arrivals, by simulated ways whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.link.dejitter import ClockFit
from tests.benchmarks.simulated_transports import (
    BLUETOOTH,
    JITTERY_AUDIO,
    JITTERY_BLUETOOTH,
    JITTERY_USB,
    USB_1_MS,
    USB_16_MS,
    arrivals,
    fitted,
)

SOURCES = [
    pytest.param(JITTERY_AUDIO, 16000, 80, id="audio"),
    pytest.param(USB_1_MS, 1000, -50, id="USB 1 ms"),
    pytest.param(USB_16_MS, 1000, -50, id="USB 16 ms"),
    pytest.param(BLUETOOTH, 1000, -50, id="Bluetooth"),
    pytest.param(JITTERY_USB, 1000, -50, id="USB with 10 ms jitter"),
]


def error_ms(seen, times, way, since_s=0.0):
    """Difference from the truth, without the least latency."""
    late = seen.arrived >= since_s
    return 1e3 * (times - seen.taken - way.least_s)[late]


@pytest.mark.parametrize(("way", "rate", "ppm"), SOURCES)
def test_a_minute_is_enough(way, rate, ppm):
    """After 60 s with losses the drift is known within 5 ppm and samples are placed within 10 ms."""
    seen = arrivals(way, rate, ppm, 60, losses=5)
    fit, times = fitted(seen, rate)
    assert fit.drift_ppm == pytest.approx(ppm, abs=5)
    assert np.abs(error_ms(seen, times, way, since_s=10)).max() <= 10
    assert np.all(np.diff(times) >= 0)


@pytest.mark.parametrize(
    ("way", "rate", "ppm"),
    [
        pytest.param(JITTERY_AUDIO, 16000, 80, id="audio"),
        pytest.param(USB_16_MS, 250, -50, id="USB 16 ms"),
        pytest.param(JITTERY_USB, 100, -50, id="USB with 10 ms jitter"),
        pytest.param(JITTERY_BLUETOOTH, 128, -50, id="Bluetooth with 10 ms jitter"),
    ],
)
def test_two_hours_stay_aligned(way, rate, ppm):
    """Two hours later, 60 losses further, drift and place are still right."""
    seen = arrivals(way, rate, ppm, 7200, losses=60)
    fit, times = fitted(seen, rate)
    assert fit.drift_ppm == pytest.approx(ppm, abs=5)
    assert np.abs(error_ms(seen, times, way, since_s=60)).max() <= 10
    assert fit.segments == 1


@pytest.mark.parametrize(
    ("way", "rate", "limit_ms"),
    [
        (USB_1_MS, 1000, 0.05),
        (USB_16_MS, 1000, 0.3),
        (USB_16_MS, 250, 0.3),
        (BLUETOOTH, 1000, 3),
        (BLUETOOTH, 512, 3),
        (BLUETOOTH, 15, 3),
    ],
)
def test_jitter_is_removed(way, rate, limit_ms):
    """Over the last 5 of 10 minutes at 80 ppm with 20 losses, what jitter is left has this deviation at most."""
    seen = arrivals(way, rate, 80, 600, losses=20)
    fit, times = fitted(seen, rate)
    assert error_ms(seen, times, way, since_s=300).std() <= limit_ms
    assert fit.drift_ppm == pytest.approx(80, abs=5)


def test_losses_must_be_counted():
    """The same arrivals without lost samples in the count are misplaced by more than 20 ms."""
    seen = arrivals(USB_1_MS, 1000, 80, 600, losses=20)
    _, times = fitted(seen, 1000)
    _, uncounted = fitted(seen, 1000, count_losses=False)
    assert np.abs(error_ms(seen, times, USB_1_MS, since_s=60)).max() < 1
    assert np.abs(error_ms(seen, uncounted, USB_1_MS, since_s=60)).max() > 20


def test_a_bad_resonator_is_followed():
    """A board whose clock is off by half a percent is neither refused nor taken for one that began anew."""
    seen = arrivals(BLUETOOTH, 250, 5000, 60, losses=5)
    fit, times = fitted(seen, 250)
    assert fit.segments == 1
    assert fit.drift_ppm == pytest.approx(5000, abs=20)
    assert np.abs(error_ms(seen, times, BLUETOOTH, since_s=20)).max() <= 10


def test_what_was_in_store_at_the_beginning_moves_nothing():
    """Samples that waited in a buffer and come at once are placed before those that come live."""
    fit = ClockFit(100)
    fit.push(100, 1.0)
    for index in range(101, 400):
        time = fit.push(index, 1.0 + (index - 300) / 100 if index > 300 else 1.001)
    assert time == pytest.approx(1.99, abs=0.02)


def test_a_stall_is_not_a_jump():
    """Samples held back for 0.8 s and then delivered at once keep their own times."""
    fit = ClockFit(100)
    arrived = [1.8 if 1.0 < n / 100 < 1.8 else n / 100 for n in range(400)]
    times = [fit.push(n, at) for n, at in enumerate(arrived)]
    assert np.allclose(times, np.arange(400) / 100, atol=1e-3)
    assert fit.segments == 1


def test_a_count_that_missed_a_hole_is_found_out():
    """When 3 s are missing from the count, time jumps forward within two seconds and the stretch is a new one."""
    fit = ClockFit(100)
    for n in range(1000):
        fit.push(n, n / 100)
    times = [fit.push(n, 3 + n / 100) for n in range(1000, 1200)]
    assert fit.segments == 2
    assert times[-1] == pytest.approx(3 + 11.99, abs=0.02)
    assert np.all(np.diff(times) >= 0)


def test_a_count_that_begins_anew_opens_a_new_stretch():
    """After a restart, told or not, time goes on from the new arrivals and the drift is not forgotten."""
    seen = arrivals(BLUETOOTH, 1000, 80, 60, losses=0)
    fit, times = fitted(seen, 1000)
    told, _ = fitted(seen, 1000)
    told.restart()
    assert fit.push(0, 70.0) == told.push(0, 70.0) == 70.0
    assert fit.segments == told.segments == 2
    assert told.drift_ppm == pytest.approx(80, abs=5)
    assert times[-1] < 70


def test_ticks_need_no_counting():
    """With a device clock in place of an index, lost samples change nothing."""
    seen = arrivals(BLUETOOTH, 512, -50, 120, losses=0)
    kept = np.random.default_rng(2).random(len(seen.counted)) < 0.8
    fit = ClockFit(32768)
    ticks, arrived = seen.counted[kept] * 64, seen.arrived[kept]
    times = [fit.push(tick, at) for tick, at in zip(ticks.tolist(), arrived.tolist(), strict=True)]
    assert fit.drift_ppm == pytest.approx(-50, abs=5)
    assert np.abs(1e3 * (times - seen.taken[kept]) - 10)[1000:].max() < 1


def test_lateness_is_told_apart_from_time():
    """The latency estimate is the average wait beyond the least."""
    seen = arrivals(JITTERY_AUDIO, 16000, 80, 60, losses=0)
    fit, _ = fitted(seen, 16000)
    assert fit.latency_s == pytest.approx(0.005, abs=0.0015)


@given(st.lists(st.tuples(st.integers(-5, 300), st.floats(-1, 3)), min_size=1, max_size=60), st.floats(1, 2000))
def test_time_never_goes_back(steps, rate):
    """Whatever counts and arrivals come, output only grows."""
    fit, index, arrived, times = ClockFit(rate), 0, 0.0, []
    for step, wait in steps:
        index, arrived = index + step, arrived + max(wait, 0.0)
        times.append(fit.push(index, arrived))
    assert all(np.isfinite(times))
    assert np.all(np.diff(times) >= 0)
