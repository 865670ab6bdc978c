"""Fixtures shared by all tests."""

import os
from pathlib import Path

import hypothesis
import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"

# No test asserts wall time, and CI repeats the same examples, so that a slow or unlucky machine fails nothing.
hypothesis.settings.register_profile("maeum", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("maeum")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real recordings beside the checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"no real recordings: {SHARED.name}/ with them is not beside this checkout")
    return SHARED
