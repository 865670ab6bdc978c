"""What C libraries write to a terminal while there is a dashboard on it."""

import subprocess
import sys

from tests.devices.terminals import OnTerminal

BEGIN = """
import os, sys
from devices.library_words import kept_aside, last_words
"""


def test_a_library_is_kept_off_the_terminal_and_our_own_lines_come():
    """Its last words can be had, once; afterwards everything is as it was."""
    out, seen = OnTerminal(
        BEGIN
        + """
before = sys.stderr
with kept_aside():
    os.write(2, b"ALSA lib pcm.c\\n\\nunderrun\\n")
    print("ours", file=sys.stderr)
    print(last_words(), last_words())
os.write(2, b"after\\n")
print(sys.stderr is before, last_words())
"""
    ).end()
    assert seen == "ours\nafter\n"
    assert out.splitlines() == ["['ALSA lib pcm.c', 'underrun'] []", "True []"]


def test_the_terminal_is_given_back_when_the_program_fails():
    """The traceback is seen, the library is not."""
    _, seen = OnTerminal(
        BEGIN + 'with kept_aside():\n    os.write(2, b"a library")\n    raise ValueError("ours")'
    ).end()
    assert "ValueError: ours" in seen
    assert "a library" not in seen


def test_a_library_that_crashes_is_told_of():
    """By Python, on the terminal, with the place in our program."""
    _, seen = OnTerminal(BEGIN + "with kept_aside():\n    os.abort()").end()
    assert "Fatal Python error: Aborted" in seen
    assert "<string>" in seen


def test_a_library_that_never_stops_holds_up_nobody():
    """Nobody need read what it says; the first of it is kept."""
    out, seen = OnTerminal(
        BEGIN
        + """
from contextlib import suppress
with kept_aside():
    for number in range(100_000):
        with suppress(BlockingIOError):
            os.write(2, f"{number}\\n".encode())
    print(len(last_words()))
"""
    ).end()
    assert (out, seen) == ("20", "")


def test_where_errors_go_to_a_file_they_are_left_to_it():
    """Somebody wants to read them there."""
    program = BEGIN + 'with kept_aside():\n    os.write(2, b"a library")'
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "a library"
