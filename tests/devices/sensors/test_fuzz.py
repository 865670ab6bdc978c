"""Damaged streams of every device through its decoder, a short run of the benchmark that does it at length."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz_decoders.py"


@pytest.mark.parametrize("seed", [1, 2])
def test_no_damage_breaks_a_decoder(seed):
    """No exception, indices that only go on, and books that balance after every push, for every protocol."""
    done = subprocess.run([sys.executable, SCRIPT, "1e5", str(seed)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
