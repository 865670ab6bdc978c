"""Frames in files: any rows, without the others."""

import numpy as np

from training.shards import FrameFile


def test_rows_are_those_of_the_table_behind_what_comes_first(tmp_path):
    table = np.random.default_rng(99).normal(size=(40, 3)).astype(np.float16)
    path = tmp_path / "frames.f16"
    path.write_bytes(b"head" + table.tobytes())
    frames = FrameFile(path, 3, before=4)
    for start, stop in ((0, 40), (7, 8), (39, 40), (5, 5)):
        assert np.array_equal(frames[start:stop], table[start:stop])


def test_of_an_empty_file_there_are_no_rows(tmp_path):
    path = tmp_path / "frames.f16"
    path.touch()
    assert FrameFile(path, 3)[0:0].shape == (0, 3)
