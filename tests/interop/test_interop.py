"""Our emulated devices, read by other people's packages, in an environment of theirs."""

import os
from pathlib import Path

import pytest

from tests.interop.run import READERS


@pytest.mark.parametrize("name", READERS)
def test_another_package_reads_what_was_sent(name):
    """Every frame that it decodes is one of the ledger, in order."""
    environment = os.environ.get("MAEUM_INTEROP")
    if not environment:
        pytest.skip("MAEUM_INTEROP names no environment with bitalino, pyshimmer and brainflow: run `make interop`")
    assert list(READERS[name](Path(environment) / "bin" / "python"))
