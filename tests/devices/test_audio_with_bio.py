"""Audio and an E4 export on one time line."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.audio_file import AudioFile
from devices.audio_with_bio import AudioWithBio
from devices.bio_source import BioSource
from devices.block import Quality
from devices.empatica import Beats, E4Recording, Signal
from tests.devices.files import START, sine, written
from tests.devices.streams import blocks, flags, gaps, in_order, indices, same, samples


def recording(seconds=10.0, eda_rows=()):
    eda = np.linspace(1, 2, round(seconds * 4), dtype=np.float32)
    for row, value in eda_rows:
        eda[row] = value
    times = np.arange(1, seconds, 0.8)
    return E4Recording(
        "wrist",
        START,
        {"eda": Signal(START, 4.0, eda), "temp": Signal(START + 0.5, 4.0, np.full(len(eda), 31, np.float32))},
        Beats(START, times, np.full(len(times), 0.8, np.float32)),
        ("EDA.csv:9: row skipped: 'x'",),
    )


@pytest.fixture
def audio(tmp_path):
    return AudioFile(written(tmp_path / "talk.wav", sine(4)))


def test_both_start_together_and_the_audio_ends_the_session(audio):
    source = AudioWithBio(audio, BioSource(recording()))
    events = list(source.events())
    assert source.duration == 4
    assert source.rates == {"audio": 16_000, "eda": 4.0, "temp": 4.0, "ibi": 0.0}
    assert len(samples(events, "eda")) == 16
    assert blocks(events, "eda")[0].time == 0
    assert [block.time for block in blocks(events, "ibi")] == pytest.approx([1.0, 1.8, 2.6, 3.4])
    assert in_order(events)
    assert gaps(events, "eda") == []


def test_a_signal_that_begins_later_has_a_gap_before(audio):
    gap = gaps(AudioWithBio(audio, BioSource(recording())).events(), "temp")[0]
    assert (gap.time, gap.lost, gap.duration, gap.reason) == (0.0, 2, 0.5, "the E4 recording had not begun")


def test_an_export_that_ends_before_the_audio_leaves_gaps_with_a_reason(audio):
    events = list(AudioWithBio(audio, BioSource(recording(2.0))).events())
    gap = gaps(events, "eda")[-1]
    assert (gap.time, gap.lost, gap.duration, gap.reason) == (2.0, 8, 2.0, "the E4 recording has ended")
    assert gaps(events, "ibi")[-1].reason == "the E4 recording has ended"


def test_the_export_may_have_begun_before_or_after_the_audio(audio):
    early, late = (AudioWithBio(audio, BioSource(recording(), start)) for start in (-5.0, 1.0))
    assert samples(early.events(), "eda")[0] == recording().signals["eda"].values[20]
    assert blocks(late.events(), "eda")[0].time == 1.0
    assert blocks(late.events(), "eda")[0].index == 4


def test_unreadable_rows_are_gaps(audio):
    events = list(AudioWithBio(audio, BioSource(recording(eda_rows=[(4, np.nan), (5, np.nan)]))).events())
    gap = gaps(events, "eda")[0]
    assert (gap.time, gap.lost, gap.reason) == (1.0, 2, "unreadable rows in the file")
    assert indices(events, "eda") == [0, 1, 2, 3, *range(6, 16)]


def test_skin_conductance_of_zero_is_flagged_as_no_contact_sample_by_sample(audio):
    events = AudioWithBio(audio, BioSource(recording(eda_rows=[(3, 0.0)]), block_s=2.0)).events()
    assert np.flatnonzero(np.equal(flags(events, "eda"), Quality.NO_CONTACT)).tolist() == [3]


def test_notices_of_both_are_kept(audio):
    assert AudioWithBio(audio, BioSource(recording())).notices() == ("EDA.csv:9: row skipped: 'x'",)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(50, 9000), block_s=st.floats(0.01, 5), start=st.floats(-4, 4))
def test_any_block_size_gives_the_same_samples_and_times(audio, size, block_s, start):
    bio = recording(3.0, [(3, 0.0), (7, np.nan)])
    plain = list(AudioWithBio(audio, BioSource(bio, start)).events())
    other = list(AudioWithBio(AudioFile(audio.path, size), BioSource(bio, start, block_s)).events())
    assert all(same(plain, other, stream) for stream in ("audio", "eda", "temp", "ibi"))
    assert gaps(plain) == gaps(other)
    assert in_order(other)


def test_an_export_without_beats_has_no_such_stream(audio):
    assert "ibi" not in AudioWithBio(audio, BioSource(replace(recording(), ibi=None))).rates
