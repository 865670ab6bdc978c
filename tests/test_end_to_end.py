"""The program from outside: a recording in, labels out, and every mistake answered in one line."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.bundle import DEFAULT
from tests.kemdy19_fixture import make_corpus

MAEUM = Path(sys.executable).with_name("maeum")
LATENCY = "latency_ms"


def maeum(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MAEUM, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False, **options
    )


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def without_latency(text: str) -> list[str]:
    """The lines as they are, byte for byte, but for the latency fields."""
    kept = []
    for line in lines(text):
        line.pop(LATENCY, None)
        kept.append(json.dumps(line, ensure_ascii=False))
    return kept


@pytest.fixture(scope="module")
def demo_given() -> str:
    """JSON lines of the built-in session at full speed, with its own transcripts."""
    done = maeum("demo", "--speed", "max", "--transcripts", "given")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_speaks_of_all_three_modalities(demo_given):
    said = lines(demo_given)
    assert said[0]["type"] == "session"
    assert said[0]["synthetic"] is True
    assert said[-1]["type"] == "summary"
    segments = [one for one in said if one["type"] == "segment"]
    assert len(segments) >= 14
    assert {one["truth"] for one in segments} >= set(said[0]["labels"])
    for modality in ("voice", "text", "bio"):
        assert any(one["modalities"][modality]["probabilities"] for one in segments), modality
    for one in said:
        assert one["v"] == 1
        if one.get("probabilities"):
            assert sum(one["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)


def test_labels_come_every_half_second_of_session_time(demo_given):
    times = [one["t"] for one in lines(demo_given) if one["type"] == "label"]
    assert times == [0.5 * (i + 1) for i in range(len(times))]
    assert times[-1] == pytest.approx(lines(demo_given)[0]["duration"], abs=0.5)


def test_speed_changes_nothing_but_latency(demo_given):
    """Replays at a given speed and at full speed are byte-identical apart from the latency fields."""
    paced = maeum("demo", "--speed", "8", "--transcripts", "given")
    assert without_latency(paced.stdout) == without_latency(demo_given)


def test_whisper_replays_are_identical_at_any_speed(tmp_path):
    """With real transcripts, which arrive when they are ready, two speeds still give the same lines."""
    folder = short_scene(tmp_path)
    fast, paced = (maeum("replay", folder, "--speed", speed) for speed in ("max", "8"))
    assert fast.returncode == 0, fast.stderr
    if "no Whisper weights" in fast.stdout:
        pytest.skip("the extra whisper-base is not installed")
    assert any(one.get("transcript") for one in lines(fast.stdout))
    assert without_latency(fast.stdout) == without_latency(paced.stdout)


def short_scene(tmp_path: Path) -> Path:
    """The first seconds of the built-in session, as an audio file."""
    from devices.demo import FOLDER

    speech = sorted((FOLDER / "KEMDy19").rglob("*.wav"))[:4]
    out = tmp_path / "scene.wav"
    with soundfile.SoundFile(out, "w", 16000, 1) as file:
        for clip in speech:
            file.write(soundfile.read(clip)[0])
            file.write([0.0] * 16000)
    return out


def test_whisper_that_cannot_be_had_leaves_the_rest_running(tmp_path):
    done = maeum("demo", "--speed", "max", "--whisper", tmp_path / "nowhere")
    assert done.returncode == 0, done.stderr
    said = lines(done.stdout)
    reasons = {one["modalities"]["text"]["reason"] for one in said if one["type"] == "label"}
    assert len(reasons) == 1
    assert "pip install 'maeum[whisper-base]'" in reasons.pop()
    assert any(one["label"] for one in said if one["type"] == "segment")


def test_a_killed_screen_does_not_change_the_labels(tmp_path, demo_given):
    """The terminal goes away in mid-session; the labels in the file are those of an undisturbed run."""
    file = tmp_path / "labels.jsonl"
    master, slave = pty.openpty()
    command = [MAEUM, "demo", "--speed", "30", "--transcripts", "given", "--labels", file]
    running = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=terminal())
    os.close(slave)
    seen = b""
    while len(seen) < 20_000:
        seen += os.read(master, 4096)
    os.close(master)
    running.wait(timeout=60)
    assert without_latency(file.read_text(encoding="utf-8")) == without_latency(demo_given)


def terminal() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"}


@pytest.mark.parametrize("after_lines", [0, 1, 2, 40])
def test_ctrl_c_ends_cleanly(after_lines):
    """Whenever it comes, the lines are whole, a running session ends with its summary, and there is no traceback."""
    command = [MAEUM, "demo", "--transcripts", "given", "--speed", "20"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    head = [running.stdout.readline() for _ in range(after_lines)]
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert "Traceback" not in err
    said = lines("".join(head) + out)
    if after_lines:
        assert running.returncode == 0
        assert said[-1]["type"] == "summary"


def test_a_closed_pipe_ends_quietly():
    command = f"'{MAEUM}' demo --speed max --transcripts given | head -n 3"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""
    assert done.returncode == 0


def broken(folder: Path) -> dict[str, str]:
    """Recordings and bundles with something wrong, by the name that stands for them in an argument."""
    names = ("tmp", "none", "text.wav", "zero.wav", "cut.wav", "spoilt", "poor")
    paths = {name: folder / name for name in names}
    paths["tmp"].mkdir()
    paths["none"].mkdir()
    (paths["none"] / "notes.txt").write_text("nothing to hear")
    paths["text.wav"].write_text("this is no sound")
    soundfile.write(paths["zero.wav"], np.zeros(0), 16000)
    soundfile.write(paths["cut.wav"], 0.1 * np.sin(np.arange(32000)), 16000)
    paths["cut.wav"].write_bytes(paths["cut.wav"].read_bytes()[:40000])
    for name in ("spoilt", "poor"):
        shutil.copytree(DEFAULT, paths[name])
    with (paths["spoilt"] / "voice.tflite").open("ab") as file:
        file.write(b"?")
    (paths["poor"] / "voice.tflite").unlink()
    return {f"{{{name.split('.')[0]}}}": str(path) for name, path in paths.items()}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["replay", "{tmp}/nowhere"], 2, "nowhere: no such file or folder"),
        (["replay", "{tmp}"], 1, "the folder is empty"),
        (["replay", "{corpus}", "--session", "7"], 2, "KEMDy19 has no session 7; it has 99"),
        (["replay", "{corpus}", "--session", "99", "--scene", "script09"], 2, "script01"),
        (["replay", "{corpus}", "--speed", "0"], 2, "is not a speed"),
        (["replay", "{corpus}", "--set", "label.dwell=1"], 2, "unknown key label.dwell; allowed are label.enter"),
        (["replay", "{corpus}", "--config", "{tmp}/no.toml"], 2, "no.toml: cannot be read"),
        (["replay", "{corpus}", "--labels", "{tmp}/no/such/file"], 2, "cannot be written"),
        (["replay", "{corpus}", "--bundle", "{tmp}/nobundle"], 3, "nobundle: no such folder"),
        (["replay", "{text}"], 1, "text.wav"),
        (["replay", "{none}"], 1, "neither an audio file nor a KEMDy root"),
        (["replay", "{zero}"], 1, "zero.wav"),
        (["replay", "{cut}"], 1, "cut.wav"),
        (["replay", "{corpus}", "--bundle", "{spoilt}"], 1, "sha256 of voice.tflite"),
        (["replay", "{corpus}", "--bundle", "{poor}"], 3, "voice.tflite is missing"),
        (["replay", "{corpus}", "--transcripts", "maybe"], 2, "maybe"),
        (["repaly"], 2, "repaly"),
    ],
)
def test_a_mistake_gets_one_clear_line_and_its_exit_code(arguments, code, message, corpus, tmp_path):
    names = broken(tmp_path) | {"{corpus}": str(corpus)}
    filled = []
    for argument in arguments:
        for name, value in names.items():
            argument = argument.replace(name, value)
        filled.append(argument)
    done = maeum(*filled)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    complaint = [
        line for line in done.stderr.splitlines() if not line.startswith("usage:") and line.startswith("maeum")
    ]
    assert len(complaint) == 1


def test_help_needs_no_heavy_package():
    """`maeum --help` imports none of the packages that make a start slow."""
    heavy = {"numpy", "scipy", "librosa", "numba", "onnxruntime", "ctranslate2", "tensorflow", "rich", "MeCab"}
    code = (
        "import sys\n"
        "from realtime.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_a_session_imports_no_package_that_only_training_needs():
    """Numba, NeuroKit2 and TensorFlow stay out of a whole run."""
    unwanted = {"librosa", "numba", "neurokit2", "tensorflow", "sklearn", "pandas", "matplotlib"}
    code = (
        "import sys\n"
        "from realtime.cli import main\n"
        "main(['demo', '--speed', 'max', '--transcripts', 'given'])\n"
        f"print('LOADED', sorted({unwanted!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_silence_and_studio_formats_are_replayed_with_a_notice(tmp_path):
    """All-zero sound gives labels that abstain; 44.1 kHz stereo is converted, and both are said."""
    rate, file = 44_100, tmp_path / "stereo.wav"
    soundfile.write(file, np.zeros((3 * rate, 2)), rate)
    done = maeum("replay", file, "--speed", "max", "--transcripts", "off")
    said = lines(done.stdout)
    assert done.returncode == 0
    notices = " ".join(one["text"] for one in said if one["type"] == "notice")
    assert "44.1 kHz, 2 channels" in notices
    assert "silent" in notices
    assert [one["label"] for one in said if one["type"] == "label"] == [None] * 6
