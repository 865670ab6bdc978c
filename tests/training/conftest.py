"""Fixtures of the training side's tests."""

import pytest

from tests.training.inspecting import Inspect


@pytest.fixture
def inspect(capsys, tmp_path):
    """Run `maeum-train inspect`."""
    return Inspect(capsys, tmp_path)
