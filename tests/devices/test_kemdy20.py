"""KEMDy20: where its parts lie, its annotation by position, and its transcripts."""

import pytest

from devices.kemdy20 import Kemdy20, find_kemdy20
from devices.kemdy20_annotation import read_session20
from devices.kemdy_text import read_transcript
from devices.source import SourceNotFound, UnreadableSource
from tests.kemdy19_fixture import edit, edit_line, line_of, make_corpus
from tests.kemdy20_fixture import Plan20, make_corpus20


@pytest.fixture
def root(tmp_path):
    return make_corpus20(tmp_path)


@pytest.fixture
def file(root):
    return root / "annotation/Sess99_eval.csv"


def test_the_corpus_is_found_by_its_annotation_in_a_folder_or_the_one_above(root):
    assert find_kemdy20(root) == root
    assert find_kemdy20(root.parent) == root
    assert Kemdy20(root.parent).sessions() == [99]


def test_a_kemdy19_folder_is_no_kemdy20(tmp_path):
    assert find_kemdy20(make_corpus(tmp_path)) is None
    with pytest.raises(UnreadableSource, match="not a KEMDy20 root"):
        Kemdy20(tmp_path)
    with pytest.raises(SourceNotFound, match="no such folder"):
        Kemdy20(tmp_path / "elsewhere")


def test_every_row_is_an_utterance_of_its_speaker_in_order_of_start(root):
    segments = Kemdy20(root).annotation(99).segments
    assert [segment.id for segment in segments[:3]] == [
        "Sess99_script01_User197F_001",
        "Sess99_script01_User198M_001",
        "Sess99_script01_User197F_002",
    ]
    first = segments[0]
    assert (first.scene, first.speaker, first.gender) == ("script01", "User197", "F")
    assert (first.start, first.end) == (1.2345678, 3.2345678)
    assert segments[1].start < first.end
    assert len(segments) == 12


def test_two_men_of_a_session_are_two_people(tmp_path):
    root = make_corpus20(tmp_path, Plan20(users=("User197M", "User198M")))
    assert {segment.speaker for segment in Kemdy20(root).annotation(99).segments} == {"User197", "User198"}


def test_the_misspelt_emotion_is_read_as_what_it_means(tmp_path):
    votes = {"Sess99_script01_User197F_001": ["disgust"] * 5 + ["neutral"] * 5}
    root = make_corpus20(tmp_path, Plan20(votes=votes))
    assert ",neutral;disqust,2.1,4,disgust," in (root / "annotation/Sess99_eval.csv").read_text()
    segment = Kemdy20(root).annotation(99).segments[0]
    assert segment.total == ("neutral", "disgust")
    assert segment.rating.labels == ("disgust", "neutral")
    assert segment.rating.label is None


def test_votes_valence_and_arousal_come_from_the_raters(file):
    rating = read_session20(file).segments[0].rating
    assert rating.label == "happy"
    assert (rating.valence, rating.arousal) == (2.1, 4.0)
    assert rating.votes == (0, 0, 0, 8, 1, 1, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("Eval", "Rater"),
        lambda text: text.replace(", ", ","),
    ],
    ids=["CRLF", "BOM", "no final newline", "other raters", "empty header cells"],
)
def test_what_carries_no_meaning_changes_nothing(file, change):
    plain = read_session20(file)
    edit(file, change)
    assert read_session20(file) == plain


def test_a_row_that_cannot_be_read_is_skipped_with_file_and_line(file):
    line = line_of(file, "User198M_002")
    edit_line(file, line, "4,garbage")
    annotation = read_session20(file)
    assert len(annotation.segments) == 11
    assert annotation.notices == (f"Sess99_eval.csv:{line}: row skipped, 2 columns where 37 are due",)


def test_a_kemdy19_id_is_no_kemdy20_id(file):
    edit(file, lambda text: text.replace("Sess99_script01_User197F_001", "Sess99_script01_F001"))
    assert "is not a KEMDy20 segment ID" in read_session20(file).notices[0]


def test_a_repeated_id_is_an_error(file):
    edit(file, lambda text: text.replace("User197F_002", "User197F_001"))
    with pytest.raises(UnreadableSource, match=r"Sess99_eval\.csv: Sess99_script01_User197F_001 occurs 2 times"):
        read_session20(file)


def test_transcripts_are_cp949_beyond_plain_euc_kr(root):
    path = Kemdy20(root).speech_folder(99) / "Sess99_script01_User197F_001.txt"
    with pytest.raises(UnicodeDecodeError):
        path.read_bytes().decode("euc-kr")
    assert read_transcript(path) == "똠방각하는 웃었다."
