"""Sessions of a known person: the body's profile, its sensor, what a session adds to it, and a recording of one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from models.profile import Profile, read_profile
from realtime.cli import main
from tests.realtime.conftest import RATE, hush, vowels
from tests.training.test_bio import write_e4

READING = np.concatenate([part for n in range(12) for part in (vowels(3.0, n), hush(1.0, n))])


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recording of speech and body, and the profile `mina` that was made of it."""
    folder = tmp_path_factory.mktemp("mina")
    sf.write(folder / "reading.wav", READING, RATE)
    write_e4(folder / "wrist", 1000.0, 60)
    source = ["--from", str(folder / "reading.wav"), "--bio", str(folder / "wrist")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        assert main(["calibrate", "--name", "mina", *source]) == 0
    return folder


@pytest.fixture
def home(calibrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may spoil."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return shutil.copytree(calibrated, tmp_path, dirs_exist_ok=True)


def profile(home: Path) -> Profile:
    return read_profile(file(home).read_text(), "mina")


def file(home: Path) -> Path:
    return home / "data" / "maeum" / "profiles" / "mina.json"


def play(home: Path, *more: str) -> int:
    body = ["--bio", str(home / "wrist"), "--person-profile", "mina"]
    return main(["replay", str(home / "reading.wav"), *body, "--speed", "max", "--whisper", "off", *more])


def bio_labels(text: str) -> list[dict]:
    messages = [json.loads(line) for line in text.splitlines()]
    return [one["modalities"]["bio"] for one in messages if one["type"] == "label"]


def test_the_body_is_known_from_its_first_window(home: Path, capsys: pytest.CaptureFixture) -> None:
    """With a profile the first windows have a vote already; without one they say too little."""
    assert profile(home).body is not None
    capsys.readouterr()
    assert play(home, "--labels", "-") == 0
    known = bio_labels(capsys.readouterr().out)
    assert (
        main(
            [
                "replay",
                str(home / "reading.wav"),
                "--bio",
                str(home / "wrist"),
                "--speed",
                "max",
                "--whisper",
                "off",
                "--labels",
                "-",
            ]
        )
        == 0
    )
    new = bio_labels(capsys.readouterr().out)
    assert len(new) == len(known)
    votes = [sum(one["weight"] > 0 for one in labels) for labels in (known, new)]
    assert votes[0] > votes[1]
    assert max(one["weight"] for one in known) > max(one["weight"] for one in new)


def test_a_profile_of_another_sensor_is_refused(home: Path, capsys: pytest.CaptureFixture) -> None:
    file(home).write_text(file(home).read_text().replace("an Empatica E4 export", "bitalino A3 by rev2016"))
    assert play(home) == 1
    assert "has its eda from bitalino A3 by rev2016, not from an Empatica E4 export" in capsys.readouterr().err


def test_a_session_adds_to_a_profile_only_when_asked(home: Path) -> None:
    before = profile(home)
    assert play(home) == 0
    assert profile(home) == before
    assert play(home, "--update-profile") == 0
    after = profile(home)
    assert after.voice == before.voice
    assert after.updated is not None
    assert before.body is not None
    assert after.body is not None
    assert after.body.measures["heart_rate"].windows > before.body.measures["heart_rate"].windows


def test_a_recorded_session_comes_out_the_same_when_the_profile_is_gone(
    home: Path, capsys: pytest.CaptureFixture
) -> None:
    """What it knew of the person is in the recording."""
    assert play(home, "--record", str(home / "kept")) == 0
    (recording,) = (home / "kept").iterdir()
    file(home).unlink()
    capsys.readouterr()
    assert main(["replay", str(recording), "--speed", "max", "--labels", "-"]) == 0
    told = capsys.readouterr().out
    assert "profile mina is used for" in told
    assert "labels as they were live" in told
    assert main(["replay", str(recording), "--speed", "max", "--person-profile", "mina"]) == 2
    assert "is run again as it was; --reprocess takes another" in capsys.readouterr().err


def test_a_profile_of_another_bundle_is_refused(home: Path, capsys: pytest.CaptureFixture) -> None:
    identity = profile(home).bundle
    file(home).write_text(file(home).read_text().replace(identity, "0123456789ab"))
    assert play(home) == 1
    assert f"made with bundle 0123456789ab, not with {identity}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nobody", 3, "profile nobody: no such profile; there are: mina; maeum calibrate makes one"),
        ("../mina", 1, "has no slash"),
    ],
)
def test_a_profile_that_is_not_there_is_named(
    home: Path, capsys: pytest.CaptureFixture, name: str, code: int, said: str
) -> None:
    assert main(["replay", str(home / "reading.wav"), "--speed", "max", "--person-profile", name]) == code
    assert said in capsys.readouterr().err
