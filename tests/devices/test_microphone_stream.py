"""What becomes of a microphone's callbacks, without a microphone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.block import Quality
from devices.link.readings import SensorNotice
from devices.microphone_stream import OVERFLOW, AudioStream, Chunk
from devices.portaudio import Input, choose
from devices.source import SourceNotFound
from tests.devices.streams import blocks, gaps, indices, samples, times

LATENCY_S = 0.01
SHIFT_S = 120e-6
"""Resampled, low and high frequencies come so much apart at most"""


def sine(rate, seconds, channels=1, hertz=440.0, peak=0.5):
    one = peak * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
    return np.repeat(one[:, None], channels, axis=1).astype(np.float32)


def heard(rate, sound, sizes, overflow=None):
    """Feed a sound in callbacks of some sizes, over and over; at callback `overflow[0]`, as many frames are lost."""
    stream, events, at, number = AudioStream(), [], 0, 0
    stream.connect(rate)
    while at < len(sound):
        overflowed = overflow is not None and number == overflow[0]
        at += overflow[1] if overflowed else 0
        values = sound[at : at + sizes[number % len(sizes)]]
        at += len(values)
        events += stream.push(Chunk(at / rate + LATENCY_S, values, overflowed))
        number += 1
    return [*events, *stream.flush()]


@settings(deadline=None, max_examples=25)
@given(
    rate=st.sampled_from([16_000, 44_100, 48_000]),
    channels=st.integers(1, 3),
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=5),
)
def test_callbacks_of_any_size_give_the_same_samples(rate, channels, sizes):
    """At 16 kHz, mono, without a hole, each at its time."""
    sound = sine(rate, 1.0, channels)
    events = heard(rate, sound, sizes)
    assert np.array_equal(samples(events, "audio"), samples(heard(rate, sound, [len(sound)]), "audio"))
    assert indices(events, "audio") == list(range(16_000))
    inner = slice(400, -400)
    assert samples(events, "audio")[inner] == pytest.approx(
        sine(16_000, 1.0)[inner, 0], abs=0.5 * 2 * np.pi * 440 * SHIFT_S
    )
    assert times(events, "audio") == pytest.approx(np.arange(16_000) / 16_000 + LATENCY_S, abs=1e-3)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_sound_is_not_held_back(rate):
    """After each callback of 20 ms, all but the last 14 ms are out; a resampler of whole spectra would keep 40 ms."""
    stream, given = AudioStream(), 0
    stream.connect(rate)
    for number in range(1, 100):
        at = number * rate // 50
        given += len(samples(stream.push(Chunk(at / rate, sine(rate, 0.02))), "audio"))
        assert at / rate - given / 16_000 < 0.014


def test_an_overflow_is_a_gap_of_its_length():
    """The samples after it have the indices and times that they would have had without it."""
    rate = 48_000
    events = heard(rate, sine(rate, 3.0), [960], overflow=(50, 4800))
    (gap,) = gaps(events, "audio")
    assert gap.lost == pytest.approx(1600, abs=2)
    assert gap.duration == pytest.approx(0.1, abs=1e-3)
    assert gap.reason == OVERFLOW
    before, after = indices(events, "audio")[:16_000], indices(events, "audio")[16_000:]
    assert before == list(range(16_000))
    assert after[0] == 16_000 + gap.lost
    assert np.diff(after).max() == 1
    assert gap.time == pytest.approx(1.0 + LATENCY_S, abs=1e-3)
    where = np.array(indices(events, "audio")) / 16_000 + LATENCY_S
    assert times(events, "audio") == pytest.approx(where, abs=1e-3)
    assert np.diff(times(events, "audio")).min() > 0


def test_a_spell_of_silence_is_said_at_its_beginning_and_end():
    """After two seconds of it, and again for the next spell; its blocks are flagged."""
    zero, tone = np.zeros((48_000 * 5, 1), np.float32), sine(48_000, 1.0)
    events = heard(48_000, np.concatenate([zero, tone, zero]), [960])
    said = [one for one in events if isinstance(one, SensorNotice)]
    assert [one.t for one in said] == pytest.approx([2.0, 5.0, 8.0], abs=0.1)
    assert [one.text.partition(":")[0] for one in said] == ["silent", "no longer silent", "silent"]
    assert blocks(events, "audio")[10].flags is Quality.SILENT


def test_a_spell_of_clipping_is_said_at_its_beginning_and_end():
    """With its share of the samples."""
    loud = np.clip(sine(16_000, 16.0, peak=1.5), -1, 1)
    events = heard(16_000, np.concatenate([loud, sine(16_000, 10.0)]), [320])
    begins, ends = [one for one in events if isinstance(one, SensorNotice)]
    assert "clipped: " in begins.text
    assert begins.t == pytest.approx(5.0, abs=0.1)
    assert ends.text == "no longer clipped"
    assert ends.t == pytest.approx(25.0, abs=0.1)
    assert blocks(events, "audio")[10].flags is Quality.CLIPPED


def test_a_connection_after_another_goes_on_with_the_index():
    """A gap without a duration, then one with it and its lost samples, though the device has another rate now."""
    stream = AudioStream()
    stream.connect(48_000)
    events = stream.push(Chunk(1.0, sine(48_000, 1.0))) + stream.flush() + stream.track.lose(1.5, "gone")
    stream.connect(44_100)
    events += stream.push(Chunk(4.0, sine(44_100, 1.0))) + stream.flush()
    first, second = gaps(events, "audio")
    assert (first.duration, first.lost) == (None, None)
    assert second.duration == pytest.approx(2.0, abs=1e-3)
    assert second.lost == pytest.approx(32_000, abs=16)
    last = blocks(events, "audio")[-1]
    assert last.index + len(last.values) == 32_000 + second.lost


INPUTS = [
    Input(0, "Built-in", 44_100, 2, False),
    Input(3, "USB mic", 48_000, 1, True),
    Input(4, "usb", 48_000, 1, False),
]


def test_an_input_is_chosen_by_name_or_number():
    """The default where nothing is said; a whole name before a part of one."""
    assert [choose(INPUTS, name).index for name in (None, "0", "built", "USB", "mic")] == [3, 0, 0, 4, 3]


@pytest.mark.parametrize(("name", "wrong"), [("studio", "no microphone has"), ("u", "several microphones have")])
def test_an_unclear_name_lists_the_inputs(name, wrong):
    """One line."""
    with pytest.raises(SourceNotFound, match=f"{wrong} the name or number '{name}'; inputs: 0 Built-in, 3 USB mic, 4"):
        choose(INPUTS, name)
