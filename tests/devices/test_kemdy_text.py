"""KEMDy transcripts, cleaned of what speech recognition never produces."""

import pytest

from devices.kemdy_text import cleaned, read_transcript


@pytest.mark.parametrize("marker", ["b/", "o/", "n/", "l/", "u/", "N/", "c/", "s/"])
def test_each_marker_is_removed_alone_beside_and_glued(marker):
    assert cleaned(marker) == ""
    assert cleaned(f"{marker} 가나다 라마. {marker}") == "가나다 라마."
    assert cleaned(f"가나.{marker}") == "가나."


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("(가나+다라) 마바", "다라 마바"),
        ("(가나) 마바", "가나 마바"),
        ("다라+u/", "다라"),
        ("(b/ 가나+다라 l/) 마바", "다라 마바"),
        ("가  나\t다 ", "가 나 다"),
        ("3시에 TV 봐? 응, 봐!", "3시에 TV 봐? 응, 봐!"),
        ("*가나* (다라", "가나 다라"),
        ("b/ (l/) +", ""),
    ],
)
def test_overlaps_blanks_and_left_overs(raw, clean):
    assert cleaned(raw) == clean


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_both_encodings_and_all_line_ends_are_read(tmp_path, encoding, end):
    (tmp_path / "a.txt").write_bytes(("b/ 똠방각하 가나." + end).encode(encoding))
    assert read_transcript(tmp_path / "a.txt") == "똠방각하 가나."


def test_bytes_of_no_known_encoding_are_no_transcript(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xff\xff")
    assert read_transcript(tmp_path / "a.txt") is None
