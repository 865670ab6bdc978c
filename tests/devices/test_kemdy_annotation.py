"""KEMDy19 annotation: rows by position, votes, speaker rows and repairs."""

import pytest

from devices.kemdy_annotation import read_session
from devices.kemdy_rating import EMOTIONS, Rating, corrected_emotion
from devices.source import UnreadableSource
from models.scores import LABELS
from tests.kemdy19_fixture import HEADER, Line, Plan, annotation_row, edit, edit_line, line_of, make_corpus, write

NEUTRAL = ["neutral"] * 10


def session_files(root, session=99):
    return {person: root / f"annotation/Session{session:02}_{person}_res.csv" for person in "FM"}


def two_files(folder, of_woman, of_man):
    """Write both files of a session from segment IDs alone; every segment lasts a second."""
    files = session_files(folder)
    for person, ids in (("F", of_woman), ("M", of_man)):
        rows = [annotation_row(n, Line(each, n - 1, n, NEUTRAL), NEUTRAL) for n, each in enumerate(ids, 1)]
        write(files[person], HEADER + "".join(rows))
    return files


@pytest.fixture
def files(tmp_path):
    return session_files(make_corpus(tmp_path, Plan(bodies=())))


def ids(annotation):
    return [segment.id for segment in annotation.segments]


def test_every_utterance_has_one_row_and_it_describes_the_speaker(files):
    annotation = read_session(files)
    assert len(annotation.segments) == 12
    assert len(set(ids(annotation))) == 12
    assert not any(segment.rating.label == "fear" for segment in annotation.segments[:5])
    assert annotation.notices == ()


def test_scenes_come_in_the_order_of_recording_and_utterances_in_order_of_start(files):
    annotation = read_session(files)
    assert [segment.scene for segment in annotation.segments] == ["script01"] * 6 + ["impro01"] * 6
    assert [segment.start for segment in annotation.segments[:3]] == [0.0, 2.0, 4.875]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("Eval", "Rater"),
        lambda text: text.replace("0.0144602,0,1.5,1.51,30,30.02", "9,9,,,,"),
    ],
    ids=["CRLF", "BOM", "no final newline", "other raters", "other sensor cells"],
)
def test_what_carries_no_meaning_changes_nothing(files, change):
    plain = read_session(files)
    for path in files.values():
        edit(path, change)
    assert read_session(files) == plain


def test_votes_are_counted_in_the_order_of_the_emotions_and_averaged():
    assert EMOTIONS == LABELS
    rating = Rating((0, 1, 0, 7, 1, 1, 0), 2.1, 4.0)
    assert rating.labels == ("happy",)
    assert rating.label == "happy"


def test_the_raters_decide_and_not_the_total_column(files):
    edit(files["F"], lambda text: text.replace(",neutral,2.1,4,", ",sad,9,9,"))
    segment = read_session(files).segments[0]
    assert segment.rating == Rating((0, 0, 0, 1, 8, 1, 0), 2.1, 4.0)


def test_a_tie_has_no_label(tmp_path):
    tie = ["neutral"] * 5 + ["angry"] * 5
    root = make_corpus(tmp_path, Plan(bodies=(), votes={"Sess99_script01_F001": tie}))
    rating = read_session(session_files(root)).segments[0].rating
    assert rating.labels == ("angry", "neutral")
    assert rating.label is None


def test_the_misspelt_emotion_is_read_as_what_it_means():
    assert corrected_emotion("disqust") == "disgust"
    assert corrected_emotion(" fear ") == "fear"


def test_a_repeated_id_takes_the_sister_files_id(tmp_path):
    files = two_files(
        tmp_path,
        ["Sess99_impro02_M001", "Sess99_impro02_M001", "Sess99_impro02_F002"],
        ["Sess99_impro02_F001", "Sess99_impro02_M001", "Sess99_impro02_F002"],
    )
    annotation = read_session(files)
    assert ids(annotation) == ["Sess99_impro02_F001", "Sess99_impro02_M001", "Sess99_impro02_F002"]
    assert annotation.notices == (
        "Session99_F_res.csv: Sess99_impro02_M001 occurs twice; row 1 is Sess99_impro02_F001, as in the sister file",
    )


def test_two_scenes_of_one_file_are_repaired_alike(tmp_path):
    wrong = [f"Sess99_{scene}_M001" for scene in ("script06", "script06", "impro01", "impro01")]
    right = [f"Sess99_{scene}_{who}001" for scene in ("script06", "impro01") for who in "FM"]
    annotation = read_session(two_files(tmp_path, wrong, right))
    assert ids(annotation) == right
    assert len(annotation.notices) == 2


def test_a_segment_that_neither_file_calls_its_own_is_dropped_and_reported(tmp_path):
    annotation = read_session(
        two_files(
            tmp_path,
            ["Sess99_impro03_F030", "Sess99_impro03_M031"],
            ["Sess99_impro03_F030", "Sess99_impro03_F031"],
        )
    )
    assert ids(annotation) == ["Sess99_impro03_F030"]
    assert annotation.notices == (
        "row 2: Sess99_impro03_M031 in one file, Sess99_impro03_F031 in the other; "
        "dropped, neither describes the speaker",
    )


def test_a_repetition_that_the_rule_does_not_explain_is_an_error(tmp_path):
    same = ["Sess99_impro02_M001", "Sess99_impro02_M001"]
    with pytest.raises(
        UnreadableSource, match=r"Session99_F_res\.csv: Sess99_impro02_M001 occurs 2 times \(rows 1, 2\)"
    ):
        read_session(two_files(tmp_path, same, same))


def test_without_the_sister_file_her_or_his_utterances_stay_without_a_label(files):
    annotation = read_session({"F": files["F"]})
    assert len(annotation.segments) == 12
    assert {segment.rating is None for segment in annotation.segments if segment.speaker == "M"} == {True}
    assert annotation.notices == ("no annotation of M: the utterances of M have no label",)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("garbage", "1 columns where 43 are due"),
        ("3,0,x" + ",0" * 40, "is not a KEMDy19 segment ID"),
        ('"' + "1,2" * 30, "columns where 43 are due"),
    ],
)
def test_a_garbage_row_is_skipped_and_reported_with_file_and_line(files, row, why):
    line = line_of(files["F"], "Sess99_script01_F001")
    edit_line(files["F"], line, row)
    annotation = read_session(files)
    assert len(annotation.segments) == 11
    assert annotation.notices[0].startswith(f"Session99_F_res.csv:{line}: row skipped, ")
    assert why in annotation.notices[0]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (",happy,2,4", ",joy,2,4", "'joy' is not one of"),
        ("1,0,2,", "1,5,2,", "from 5 to 2 s is no stretch of time"),
        ("1,0,2,", "1,nan,2,", "from nan to 2 s is no stretch of time"),
    ],
)
def test_a_cell_that_cannot_be_meant_costs_its_row_only(files, old, new, why):
    edit(files["F"], lambda text: text.replace(old, new, 1))
    annotation = read_session(files)
    assert len(annotation.segments) == 11
    assert why in annotation.notices[0]
