"""A KEMDy19 root: recognised by its files, and every session and scene found."""

import pytest

from devices.kemdy19 import Kemdy19, compact
from devices.source import SourceNotFound, UnreadableSource
from tests.kemdy19_fixture import Plan, make_corpus

QUICK = {"bodies": (), "utterances": 2}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    plans = [Plan(session=number, scenes=("impro01", "script02"), **QUICK) for number in (91, 92, 93, 97)]
    return make_corpus(tmp_path_factory.mktemp("corpus"), *plans)


def test_the_root_or_the_folder_it_lies_in_is_opened(root):
    assert Kemdy19(root).sessions() == Kemdy19(root.parent).sessions() == [91, 92, 93, 97]


def test_the_name_of_the_root_does_not_matter(root, tmp_path):
    (tmp_path / "KEMDy19_v1_3").symlink_to(root)
    assert Kemdy19(tmp_path / "KEMDy19_v1_3").scene(91, "script02").name == "KEMDy19/Session91/script02"


def test_scenes_come_scripted_first(root):
    assert Kemdy19(root).scenes(97) == ["script02", "impro01"]


def test_a_session_that_does_not_exist_lists_those_that_do(root):
    with pytest.raises(SourceNotFound, match=r"^KEMDy19 has no session 5; it has 91-93, 97$"):
        Kemdy19(root).scene(5, "script02")


def test_a_scene_that_does_not_exist_lists_those_that_do(root):
    with pytest.raises(SourceNotFound, match=r"session 91 has no scene 'script09'; it has script02, impro01$"):
        Kemdy19(root).scene(91, "script09")


def test_a_folder_that_is_no_root_is_refused(tmp_path):
    with pytest.raises(UnreadableSource, match="not a KEMDy19 root"):
        Kemdy19(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(SourceNotFound, match="nowhere: no such folder"):
        Kemdy19(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([5], "05"), ([1, 2, 3, 7], "01-03, 07"), ([1, 3, 4], "01, 03-04")]
)
def test_numbers_are_listed_as_ranges(numbers, text):
    assert compact(numbers) == text
