"""Audio files as sources: any format, any rate, any damage."""

import itertools
import tracemalloc

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.audio_file import AudioFile, read_audio
from devices.block import Quality
from devices.source import SourceNotFound, UnreadableSource
from tests.devices.files import sine, written
from tests.devices.streams import blocks, same, samples


def truncated(path, share=0.5):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def test_sixteen_kilohertz_mono_passes_unchanged_in_blocks_of_512(tmp_path):
    source = AudioFile(written(tmp_path / "a.wav", sine(0.1), subtype="FLOAT"))
    events = list(source.events())
    assert [len(block.values) for block in events] == [512, 512, 512, 64]
    assert [block.time for block in events] == [0.0, 0.032, 0.064, 0.096]
    assert np.array_equal(samples(events, "audio"), sine(0.1))
    assert source.notices() == ()
    assert source.rates == {"audio": 16_000}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(50, 20_000), rate=st.sampled_from([8000, 16_000, 44_100]))
def test_any_block_size_gives_the_same_samples_and_times(tmp_path, size, rate):
    path = tmp_path / f"{rate}.wav"
    if not path.exists():
        written(path, sine(0.7, rate), rate)
    assert same(AudioFile(path, size).events(), AudioFile(path).events(), "audio")


def test_stereo_at_44_kilohertz_becomes_16_kilohertz_mono_and_says_so(tmp_path):
    left, right = sine(1.5, 44_100, 0.2), sine(1.5, 44_100, 0.4)
    source = AudioFile(written(tmp_path / "cd.wav", np.stack([left, right], 1), 44_100, subtype="FLOAT"))
    heard = samples(source.events(), "audio")
    assert source.notices() == ("cd.wav: 44.1 kHz, 2 channels, converted to 16 kHz mono",)
    assert source.duration == pytest.approx(1.5)
    assert len(heard) == 24_000
    assert np.allclose(heard, soxr.resample((left + right) / 2, 44_100, 16_000), atol=1e-6)


def test_an_hour_is_read_in_little_memory(tmp_path):
    path = tmp_path / "hour.flac"
    with soundfile.SoundFile(path, "w", 16_000, 1) as file:
        for _ in range(60):
            file.write(np.tile(sine(1, level=0.1), 60))
    source = AudioFile(path)
    assert source.duration == 3600
    tracemalloc.start()
    events = source.events()
    for _ in itertools.islice(events, 5_000):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceNotFound, match=r"nothing\.wav: no such file"):
        AudioFile(tmp_path / "nothing.wav")


def test_a_folder_is_not_audio(tmp_path):
    with pytest.raises(UnreadableSource, match="is a folder"):
        AudioFile(tmp_path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"only words " * 50, bytes(range(256)) * 20])
def test_what_is_not_audio_is_refused(tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(UnreadableSource, match=r"a\.wav: not audio that libsndfile can read"):
        AudioFile(tmp_path / "a.wav")


def test_a_file_without_samples_is_refused(tmp_path):
    with pytest.raises(UnreadableSource, match=r"a\.wav: holds no samples"):
        AudioFile(written(tmp_path / "a.wav", sine(0)))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3"])
def test_a_truncated_file_is_delivered_as_far_as_it_goes_and_then_refused(tmp_path, name):
    source = AudioFile(truncated(written(tmp_path / name, sine(8))))
    delivered = []
    with pytest.raises(UnreadableSource, match=rf"{name}: breaks off at [34]\.\d\d s of 8\.\d\d s"):
        delivered.extend(source.events())
    heard = samples(delivered, "audio")
    assert 3.0 < len(heard) / 16_000 < 4.5
    assert source.duration == pytest.approx(8, abs=0.1)


def test_a_wav_written_to_a_pipe_promises_nothing_and_is_whole(tmp_path):
    path = written(tmp_path / "piped.wav", sine(1))
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert len(samples(AudioFile(path).events(), "audio")) == 16_000


def test_a_flac_written_to_a_pipe_is_read_but_for_its_last_moment(tmp_path):
    path = written(tmp_path / "piped.flac", sine(1))
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)  # with the half byte before: total samples of STREAMINFO, 0 means unknown
    path.write_bytes(content)
    source = AudioFile(path)
    assert 1.0 - source.duration <= 4096 / 16_000
    assert len(samples(source.events(), "audio")) == round(source.duration * 16_000)


def test_an_mp3_that_does_not_say_how_long_it_is_is_whole(tmp_path):
    path = written(tmp_path / "a.mp3", sine(5) * np.linspace(0, 1, 80_000, dtype=np.float32) ** 4)
    content = path.read_bytes()
    path.write_bytes(content[content.index(content[:2], 4) :])
    source = AudioFile(path)
    assert source.duration == pytest.approx(5, abs=0.2)
    assert len(samples(source.events(), "audio")) == round(source.duration * 16_000)


def test_a_value_that_is_no_number_ends_the_file_after_everything_before_it(tmp_path):
    values = sine(2)
    values[20_000] = np.nan
    source = AudioFile(written(tmp_path / "nan.wav", values, subtype="FLOAT"))
    delivered = []
    with pytest.raises(UnreadableSource, match=r"nan\.wav: not a number at 1\.25 s"):
        delivered.extend(source.events())
    assert np.array_equal(samples(delivered, "audio"), values[:20_000])


def test_a_silent_file_is_played_flagged_and_reported(tmp_path):
    source = AudioFile(written(tmp_path / "quiet.wav", np.zeros(5000)))
    events = list(source.events())
    assert len(samples(events, "audio")) == 5000
    assert all(block.flags == Quality.SILENT for block in blocks(events, "audio"))
    assert source.notices() == ("quiet.wav: silent: every sample is zero",)


def test_clipping_is_flagged_and_reported(tmp_path):
    source = AudioFile(written(tmp_path / "loud.wav", np.clip(sine(1, level=2.0), -1, 1)))
    assert all(block.flags == Quality.CLIPPED for block in source.events())
    assert "loud.wav: clipped: " in source.notices()[0]


def test_a_source_can_be_played_again_from_the_start(tmp_path):
    source = AudioFile(written(tmp_path / "a.wav", sine(0.5)))
    assert same(source.events(), source.events(), "audio")


def test_a_short_file_is_read_whole(tmp_path):
    values, damage = read_audio(written(tmp_path / "a.wav", sine(0.5, 8000), 8000))
    assert len(values) == 8000
    assert damage is None


def test_real_recordings_are_read_sample_by_sample(shared_data):
    path = min((shared_data / "speech/ravdess/audio").glob("*.flac"))
    source = AudioFile(path)
    assert np.array_equal(samples(source.events(), "audio"), soundfile.read(path, dtype="float32")[0])
