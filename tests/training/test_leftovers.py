"""Caches that a run left unused are named, and stay."""

from pathlib import Path

from training.crossval.leftovers import leftovers


def test_caches_that_no_one_used_are_named_with_their_size(tmp_path: Path) -> None:
    """Folders and files of other states; what was used, and everything that is no cache, is not."""
    for name in ("store-old", "store-new", "whisper-old", "models"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "content").write_bytes(b"." * 1_000_000)
    for name in ("statistics-old.f16", "statistics-new.f16"):
        (tmp_path / name).write_bytes(b"." * 500_000)
    line = leftovers(tmp_path, [tmp_path / "store-new", tmp_path / "statistics-new.f16"])
    assert line is not None
    assert line.endswith("needs it: statistics-old.f16, store-old, whisper-old (2.5 MB)")
    assert (tmp_path / "store-old" / "content").is_file()


def test_nothing_is_said_where_everything_was_used(tmp_path: Path) -> None:
    (tmp_path / "store-new").mkdir()
    assert leftovers(tmp_path, [tmp_path / "store-new"]) is None
