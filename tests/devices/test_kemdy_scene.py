"""A KEMDy19 scene as a source: speech, body and reference on one time line, whatever is missing."""

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.block import Quality
from devices.kemdy19 import Kemdy19
from tests.devices.streams import blocks, flags, gaps, in_order, indices, same, samples, times
from tests.kemdy19_fixture import Plan, bio_path, edit, edit_line, line_of, make_corpus, tone

RATE = 16_000
E4 = ("eda", "temp")
FIRST_STARTS = (0.0, 2.0, 4.875, 8.625, 10.625, 13.5)
END = 17.25


@pytest.fixture
def corpus(tmp_path):
    """Make a corpus of one short session to a plan and return its root."""

    def make(**plan):
        return make_corpus(tmp_path, Plan(**({"scenes": ("script01",), "streams": ("eda",)} | plan)))

    return make


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return make_corpus(
        tmp_path_factory.mktemp("whole"),
        Plan(lost={"eda": (3.0, 8.0)}, texts={"Sess99_script01_F001": "b/ (가+나) 다."}),
    )


def scene_of(root, person=None, **options):
    return Kemdy19(root).scene(99, "script01", person, **options)


def clip(root, segment_id):
    return root / f"wav/Session99/Sess99_script01/{segment_id}.wav"


def test_the_scene_has_all_streams_and_the_reference(whole):
    source = scene_of(whole)
    assert source.name == "KEMDy19/Session99/script01"
    assert source.rates == {"audio": RATE, "eda": 4.0, "temp": 4.0, "ecg": 250.0}
    assert source.duration == END
    assert not source.synthetic
    assert [utterance.start for utterance in source.utterances] == list(FIRST_STARTS)
    first = source.utterances[0]
    assert (first.id, first.speaker, first.text, first.label) == ("Sess99_script01_F001", "F", "나 다.", "neutral")


def test_every_utterance_is_heard_at_its_annotated_start_with_silence_after_it(whole):
    source = scene_of(whole)
    heard = samples(source.events(), "audio")
    assert len(heard) == round(END * RATE)
    for utterance in source.utterances:
        spoken = soundfile.read(clip(whole, utterance.id), dtype="float32")[0]
        start, end = round(utterance.start * RATE), round(utterance.end * RATE)
        assert np.array_equal(heard[start : start + len(spoken)], spoken)
        assert not heard[start + len(spoken) : end].any()


def test_events_come_in_order_and_time_never_goes_back(whole):
    events = list(scene_of(whole).events())
    assert in_order(events)
    for stream in ("audio", "eda", "temp", "ecg"):
        assert (np.diff(times(events, stream)) > 0).all()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(50, 30_000), block_s=st.floats(0.02, 4))
def test_any_block_size_gives_the_same_samples_and_times(whole, size, block_s):
    plain = list(scene_of(whole).events())
    other = list(scene_of(whole, block_samples=size, bio_block_s=block_s).events())
    assert all(same(plain, other, stream) for stream in ("audio", "eda", "temp", "ecg"))
    assert gaps(plain) == gaps(other)


def test_the_body_is_aligned_to_within_one_sample(whole):
    source = scene_of(whole, "F")
    rows = [line.split(",") for line in bio_path(whole, "temp", "F").read_text().splitlines()]
    tagged = next(n for n, row in enumerate(rows) if row[-1] == "Sess99_script01_M002")
    events = list(source.events())
    near = np.flatnonzero(np.abs(times(events, "temp") - 8.625) <= 0.25)
    window = samples(events, "temp")[near[0] : near[-1] + 4]
    assert np.float32(rows[tagged][0]) in window
    assert len(samples(events, "temp")) == pytest.approx(END * 4, abs=1)


def test_rows_between_the_utterances_belong_to_the_scene(corpus):
    root = corpus(untagged=("Sess99_script01_M001", "Sess99_script01_F002", "Sess99_script01_M003"))
    assert len(samples(scene_of(root).events(), "eda")) == 69


def test_lost_rows_are_one_gap_with_the_exact_number_of_samples(whole):
    (gap,) = gaps(scene_of(whole).events())
    assert (gap.stream, gap.lost, gap.duration, gap.reason) == ("eda", 20, 5.0, "no rows in the file")
    assert gap.time == pytest.approx(3.0, abs=0.25)


def test_a_recording_started_anew_in_the_scene_keeps_its_place_in_time(corpus):
    plain = list(scene_of(corpus()).events())
    anew = list(scene_of(corpus(reset_at=9.0)).events())
    assert same(plain, anew, "eda")


def test_swapped_columns_are_recognised_in_any_folder(corpus):
    root = corpus()
    plain = list(scene_of(root).events())
    swap = lambda line: ",".join([line.split(",")[1], line.split(",")[0], *line.split(",")[2:]])  # noqa: E731
    edit(bio_path(root, "eda", "F"), lambda text: "".join(swap(line) for line in text.splitlines(keepends=True)))
    assert same(plain, scene_of(root).events(), "eda")


def test_sensor_cells_of_the_annotation_change_nothing(corpus):
    root = corpus()
    plain = list(scene_of(root).events())
    for person in "FM":
        path = root / f"annotation/Session99_{person}_res.csv"
        edit(path, lambda text: text.replace("0.0144602,0,1.5,1.51,30,30.02", "7,8,,,,"))
    assert same(plain, scene_of(root).events(), "eda")


def test_zero_conductance_is_flagged(corpus):
    root = corpus()
    path = bio_path(root, "eda", "F")
    line = line_of(path, "Sess99_script01_F002")
    row = path.read_text().splitlines()[line - 1]
    edit_line(path, line, "0.000000" + row[row.index(",") :])
    assert flags(scene_of(root).events(), "eda").count(Quality.NO_CONTACT) == 1


def test_a_garbage_row_is_a_gap_of_one_sample_and_reported(corpus):
    root = corpus()
    path = bio_path(root, "eda", "F")
    line = line_of(path, "Sess99_script01_F002") + 2
    edit_line(path, line, "?")
    source = scene_of(root)
    assert f"eda: Sess99F.csv:{line}: row skipped: '?'" in source.notices()
    assert [gap.lost for gap in gaps(source.events())] == [1]


@pytest.mark.parametrize(("person", "bodies", "worn_by"), [(None, "FM", "F"), (None, "M", "M"), ("M", "FM", "M")])
def test_the_body_is_the_one_asked_for_or_the_womans_or_the_mans(corpus, person, bodies, worn_by):
    source = scene_of(corpus(bodies=bodies), person)
    assert source.person == worn_by
    assert source.notices()[0] == f"body: {'the woman' if worn_by == 'F' else 'the man'}'s ({worn_by})"


def test_without_any_body_the_speech_goes_on(corpus):
    source = scene_of(corpus(bodies=()))
    assert source.rates == {"audio": RATE}
    assert source.person is None
    assert source.notices() == ("no body: neither the woman nor the man has a biosignal in this scene",)
    assert len(samples(source.events(), "audio")) == round(END * RATE)


def test_a_body_that_is_asked_for_and_not_there_is_not_replaced(corpus):
    source = scene_of(corpus(bodies=("F",)), "M")
    assert source.rates == {"audio": RATE}
    assert source.notices() == ("no body: the man has no biosignal in this scene",)


def test_each_missing_stream_is_said(corpus):
    root = corpus(streams=E4)
    bio_path(root, "temp", "F").write_text("")
    assert scene_of(root).notices() == (
        "body: the woman's (F)",
        "no temp: Sess99F.csv has no row of this scene",
        "no ecg: there is no file",
    )


def test_a_bio_file_that_cannot_be_understood_costs_its_stream_only(corpus):
    root = corpus(streams=E4)
    edit(
        bio_path(root, "temp", "F"),
        lambda text: "".join(f"1,1,{line.split(',', 2)[2]}" for line in text.splitlines(keepends=True)),
    )
    source = scene_of(root)
    assert "temp" not in source.rates
    assert "no temp: Sess99F.csv: neither of the first two columns" in source.notices()[1]


def test_missing_recordings_and_transcripts_are_survived_and_listed(corpus):
    root = corpus(bodies=())
    clip(root, "Sess99_script01_M001").unlink()
    clip(root, "Sess99_script01_F002").with_suffix(".txt").unlink()
    source = scene_of(root)
    heard = samples(source.events(), "audio")
    assert not heard[2 * RATE : round(4.875 * RATE)].any()
    assert source.utterances[2].text is None
    assert source.notices()[:2] == (
        "no WAV, silence in its place: Sess99_script01_M001",
        "no transcript: Sess99_script01_F002",
    )


def test_many_missing_recordings_are_counted(corpus):
    root = corpus(bodies=(), utterances=12)
    for path in clip(root, "").parent.glob("*.wav"):
        path.unlink()
    assert scene_of(root).notices()[0].endswith("Sess99_script01_F003 and 7 more")


def test_a_clip_longer_than_its_window_is_mixed_into_the_next(corpus):
    root = corpus(bodies=(), trimmed=-1.0)
    source = scene_of(root)
    heard = samples(source.events(), "audio")
    one, other = (soundfile.read(clip(root, f"Sess99_script01_{who}001"), dtype="float32")[0] for who in "FM")
    overlap = slice(2 * RATE, 3 * RATE)
    assert np.allclose(heard[overlap], one[2 * RATE : 3 * RATE] + other[:RATE], atol=1e-6)
    assert source.duration == END + 1.0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Sess99_script01_M001.wav: not audio that libsndfile can read"),
        (b"not a recording" * 9, "Sess99_script01_M001.wav: not audio that libsndfile can read"),
    ],
)
def test_a_clip_that_is_no_audio_is_silence_and_reported(corpus, content, said):
    root = corpus(bodies=())
    clip(root, "Sess99_script01_M001").write_bytes(content)
    source = scene_of(root)
    assert source.notices()[0].startswith(said)
    assert not samples(source.events(), "audio")[2 * RATE : 4 * RATE].any()


def test_silent_empty_and_truncated_clips_are_played_and_reported(corpus):
    root = corpus(bodies=())
    soundfile.write(clip(root, "Sess99_script01_F001"), np.zeros(16_000), RATE)
    soundfile.write(clip(root, "Sess99_script01_M001"), np.zeros(0), RATE)
    cut = clip(root, "Sess99_script01_F002")
    cut.write_bytes(cut.read_bytes()[:40_000])
    source = scene_of(root)
    assert "Sess99_script01_M001.wav: holds no samples; silence stands in its place" in source.notices()
    list(source.events())
    assert "Sess99_script01_F001.wav: silent: every sample is zero" in source.notices()
    assert "Sess99_script01_F002.wav: breaks off at 1.25 s of 3.61 s; what came before was used" in source.notices()


def test_clips_in_another_format_are_converted(corpus):
    root = corpus(bodies=())
    soundfile.write(clip(root, "Sess99_script01_F001"), np.repeat(tone(1.5, 0)[:, None], 2, axis=1), 32_000)
    assert len(samples(scene_of(root).events(), "audio")) == round(END * RATE)


def test_the_bodys_indices_account_for_every_sample(whole):
    events = list(scene_of(whole).events())
    assert indices(events, "eda")[0] == 0
    assert indices(events, "eda")[-1] == 68
    assert blocks(events, "ecg")[-1].end == pytest.approx(END, abs=0.01)
