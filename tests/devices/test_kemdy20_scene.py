"""A KEMDy20 script as a source: both people's speech, one person's body, the reference."""

import numpy as np
import pytest

from devices.kemdy20 import Kemdy20
from devices.kemdy20_bio import read_beats
from devices.recording import open_recordings
from devices.source import SourceNotFound
from tests.devices.streams import blocks, gaps, in_order, same, samples, times
from tests.kemdy19_fixture import edit, write
from tests.kemdy20_fixture import FIRST, Plan20, bio_path20, make_corpus20

RATE = 16_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return make_corpus20(tmp_path_factory.mktemp("whole"))


def scene_of(root, person=None, **options):
    return Kemdy20(root).scene(99, "script01", person, **options)


def test_the_script_has_speech_the_first_persons_body_and_the_reference(whole):
    source = scene_of(whole)
    assert source.name == "KEMDy20/Session99/script01"
    assert source.rates == {"audio": RATE, "eda": 4.0, "temp": 4.0, "ibi": 0.0}
    assert source.person == "User197"
    first = source.utterances[0]
    assert (first.id, first.speaker, first.label) == ("Sess99_script01_User197F_001", "User197", "happy")
    assert first.text == "똠방각하는 웃었다."
    assert source.notices() == ("body: User197F's",)


def test_nothing_goes_backwards_and_two_runs_are_the_same(whole):
    source = scene_of(whole)
    events = list(source.events())
    assert in_order(events)
    for stream in source.rates:
        assert same(events, source.events(), stream)


def test_overlapping_utterances_are_both_heard(whole):
    source = scene_of(whole)
    heard = samples(source.events(), "audio")
    second = round(source.utterances[1].start * RATE)
    assert second < round(source.utterances[0].end * RATE)
    assert heard[: round(source.utterances[0].start * RATE)].max() == 0
    assert len(heard) == round(source.duration * RATE)


def test_the_body_stands_where_its_tagged_rows_put_it(whole):
    source = scene_of(whole)
    rows = bio_path20(whole, "eda", "script01", "User197F").read_text().splitlines()[2:]
    values = np.array([float(row.split(",")[0]) for row in rows], np.float32)
    events = list(source.events())
    assert 0 <= times(events, "eda")[0] < 0.25
    # The script begins FIRST seconds after the sensors, and a bit: tags begin at the first whole sample.
    first = round(FIRST * 4) + 1
    felt = samples(events, "eda")
    assert felt.tolist() == values[first : first + len(felt)].tolist()


def test_beats_are_placed_by_the_same_clock(whole):
    source = scene_of(whole)
    beats = read_beats(bio_path20(whole, "ibi", "script01", "User197F"))
    placed = blocks(source.events(), "ibi")
    inside = beats.intervals[(beats.times > FIRST + 0.25) & (beats.times < FIRST + source.duration - 0.25)]
    assert set(inside.tolist()) <= {float(block.values[0]) for block in placed}
    assert abs(placed[0].time - (beats.times[beats.times >= FIRST][0] - FIRST)) < 1.0


@pytest.mark.parametrize(("asked", "worn"), [("User198", "User198"), ("User198M", "User198"), ("M", "User198")])
def test_whose_body_can_be_chosen_by_user_or_gender(whole, asked, worn):
    assert scene_of(whole, asked).person == worn


def test_of_two_men_the_first_with_a_body_is_read(tmp_path):
    root = make_corpus20(tmp_path, Plan20(users=("User197M", "User198M")))
    for stream in ("eda", "temp", "ibi"):
        bio_path20(root, stream, "script01", "User197M").unlink()
    assert scene_of(root, "M").person == "User198"
    nobody = scene_of(root, "F")
    assert nobody.person is None
    assert "no body: no biosignal of F in this script" in nobody.notices()


def test_what_is_missing_or_broken_is_told(tmp_path):
    root = make_corpus20(tmp_path, Plan20(empty_ibi=[("script01", "User197F")]))
    write(bio_path20(root, "eda", "script01", "User197F"), "yesterday\n")
    edit(bio_path20(root, "temp", "script01", "User197F"), lambda text: text.replace("33.", "?", 1))
    (root / "wav/Session99/Sess99_script01_User198M_001.wav").unlink()
    source = scene_of(root)
    notices = " ".join(source.notices())
    assert set(source.rates) == {"audio", "temp"}
    assert "no eda: Sess99_script01_User197F.csv:1: expected a start time" in notices
    assert "no ibi: Sess99_script01_User197F.csv is empty" in notices
    assert "row skipped: '?" in notices
    assert "no WAV, silence in its place: Sess99_script01_User198M_001" in notices


def test_a_dropout_is_a_gap(tmp_path):
    root = make_corpus20(tmp_path)
    path = bio_path20(root, "temp", "script01", "User197F")
    lines = path.read_text().splitlines(keepends=True)
    write(path, "".join(lines[:40] + lines[52:]))
    assert 12 in [gap.lost for gap in gaps(scene_of(root).events(), "temp")]


def test_every_script_is_opened_in_order_and_an_unknown_one_is_refused(whole):
    names = [source.name for source in open_recordings(whole.parent)]
    assert names == ["KEMDy20/Session99/script01", "KEMDy20/Session99/script02"]
    with pytest.raises(SourceNotFound, match="no script 'script09'; it has script01, script02"):
        next(open_recordings(whole, session=99, scene="script09"))
    with pytest.raises(SourceNotFound, match="no session 7; it has 99"):
        open_recordings(whole, session=7)
