"""An endless body: the same whatever is asked for and in whatever order, and as a body is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.demo.body import Person
from devices.emulation.waveforms import STREAMS, Body, Moment, Tape

RATE = 250
AROUSED = (Moment(0.0, 2.0), Moment(60.0, 4.8))


def during(start, seconds, rate=RATE):
    return start + np.arange(round(seconds * rate)) / rate


@given(st.sampled_from(STREAMS), st.lists(st.integers(1, 1999), max_size=6), st.booleans())
def test_a_body_is_a_function_of_time(stream, cuts, backwards):
    """Any pieces of time, in any order, give the same values as the whole."""
    times = during(55.0, 8.0)
    pieces = np.split(times, sorted(cuts))
    fresh = Body(moments=AROUSED, seed=5).waveform(stream)
    order = list(enumerate(pieces))[:: -1 if backwards else 1]
    parts = {k: fresh(piece) for k, piece in order if len(piece)}
    together = np.concatenate([parts[k] for k in sorted(parts)])
    np.testing.assert_allclose(together, Body(moments=AROUSED, seed=5).waveform(stream)(times), atol=1e-9)


def test_seeds_differ():
    """Another seed is another person's noise and beats."""
    times = during(0.0, 5.0)
    assert not np.allclose(Body(seed=1).electrocardiogram(times), Body(seed=2).electrocardiogram(times))


def test_arousal_raises_heart_rate_and_conductance_and_cools_the_skin():
    """The directions that the literature gives, and the sizes of a resting person."""
    body = Body(Person(2.0, 32.5, 70.0), AROUSED, seed=3)
    calm, tense = during(20.0, 40.0, 20), during(140.0, 40.0, 20)
    assert 1.0 < body.skin_conductance(calm).mean() < 3.0
    assert body.skin_conductance(tense).mean() > body.skin_conductance(calm).mean() + 0.5
    assert np.ptp(body.skin_conductance(tense)) > 0.3
    assert body.skin_temperature(tense).mean() < body.skin_temperature(calm).mean() - 0.2
    rates = [60.0 / np.diff(body.beats(*span)).mean() for span in ((20.0, 60.0), (140.0, 180.0))]
    assert rates[0] == pytest.approx(70.0 - 11.0, abs=4.0)
    assert rates[1] == pytest.approx(70.0 + 20.0, abs=4.0)


def test_beats_vary_as_a_heart_does():
    """Successive beats differ (RMSSD of 10 to 100 ms at rest)."""
    intervals = np.diff(Body(seed=4).beats(0.0, 300.0))
    rmssd = np.sqrt(np.mean(np.diff(intervals) ** 2))
    assert 0.010 < rmssd < 0.100


def test_the_pulse_follows_the_heart():
    """One pulse wave for each beat, a quarter of a second and its rise later."""
    body = Body(seed=6)
    times = during(10.0, 20.0)
    wave = body.pulse(times)
    beats = body.beats(10.0, 29.0)
    peaks = [times[np.argmax(np.where((times > beat + 0.2) & (times < beat + 0.6), wave, 0.0))] for beat in beats]
    assert np.abs(np.array(peaks) - beats - 0.35).max() < 0.06


def test_without_contact_there_is_no_skin():
    """Electrodes off: conductance 0 and an ECG at its rail."""
    body = Body(moments=(Moment(0.0), Moment(10.0, contact=False), Moment(20.0)))
    off = during(10.0, 9.0)
    assert not body.contact(15.0)
    assert body.contact(25.0)
    assert (body.skin_conductance(off) == 0.0).all()
    assert np.ptp(body.electrocardiogram(off)) == 0.0


def test_a_tape_gives_the_waveform_by_sample_number():
    """Sample k is measured (k + 1) periods after the start."""
    body = Body(seed=8)
    tape = Tape([body.skin_temperature, body.electrocardiogram], 100.0, began=5.0)
    expected = body.electrocardiogram(5.0 + (np.arange(40) + 1) / 100.0)
    np.testing.assert_allclose([tape.row(k)[1] for k in range(40)], expected, atol=1e-9)
