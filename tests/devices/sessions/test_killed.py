"""Recordings that were killed at any moment."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import soundfile

from devices.sessions.lines import Note
from devices.sessions.recorded import RecordedSession
from tests.devices.sessions.invented import plain, steady

COUNT = 200
MOST_LOST_S = 1.0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_recordings_killed_at_random_moments_open_and_lack_a_second_at_most(tmp_path):
    """Each of 200: whole up to its end, every sample right, and nothing older than a second is missing."""
    command = [sys.executable, "-m", "tests.devices.sessions.killed", str(tmp_path), "20261123", str(COUNT)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    ends = [json.loads(line) for line in printed.splitlines()]
    assert len(ends) == COUNT
    lost = [_lost(Path(end["place"]), end["killed"]) for end in ends]
    assert max(lost) <= MOST_LOST_S


def _lost(place, killed):
    """Check what is there, and return the seconds that are not."""
    folders = [path for path in place.glob("*") if not path.name.startswith(".")]
    if not folders:
        return 0.0  # killed before it had begun
    session = RecordedSession(folders[0])
    entries = list(session.entries())
    events = [entry for entry in entries if not isinstance(entry, Note)]
    assert plain(events) == plain(islice(steady(1e3), len(events)))
    assert all("was cut off" in notice for notice in session.notices()[1:])
    for path in folders[0].glob("*.wav"):
        assert not path.stat().st_size or soundfile.info(path).samplerate == 16_000
    given = [entry.fields["at"] for entry in entries if isinstance(entry, Note)]
    return killed - (given[-1] if given else session.manifest.facts["began"])
