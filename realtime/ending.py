"""How every command ends: an exit code, and one line where something is wrong."""

import sys

DONE, FAILED, USAGE, MISSING = 0, 1, 2, 3
"""Exit codes; the last one when a required device or model is missing"""


def complain(error: Exception | str, code: int) -> int:
    """Say on standard error, in one line, what is wrong; return the exit code."""
    sys.stderr.write(f"maeum: {' '.join(str(error).split())}\n")
    return code
