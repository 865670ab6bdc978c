"""Getting to know a person: how much is needed, what is wrong when it is not heard, and what a session makes of it."""

import stat
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.block import Block, Command
from models.profile import read_profile
from realtime.calibrating import Calibrating
from realtime.calibration import Calibration
from realtime.cli import main
from tests.realtime.conftest import RATE, blocks, hush, vowels
from tests.realtime.summing import summing_bundle, summing_models

BUNDLE = summing_bundle(summing_models("voice", "bio"))
READING = np.concatenate([part for n in range(8) for part in (vowels(3.0, n), hush(1.0, n))])
SECONDS = 45.0


def skin(seconds: float = SECONDS) -> np.ndarray:
    t = np.arange(round(seconds * 4)) / 4
    return (2 + 0.2 * np.sin(t / 3)).astype(np.float32)


def body(seconds: float = SECONDS, level: float = 0.0) -> list[Block]:
    values = skin(seconds) + np.float32(level)
    return [Block("eda", at, at / 4, 4.0, values[at : at + 4]) for at in range(0, len(values), 4)]


def together(*streams: list[Block]) -> list[Block]:
    return sorted((block for stream in streams for block in stream), key=lambda block: block.end)


def calibrated(events: list[Block], streams: set[str], until_done: bool = True) -> Calibration:
    calibration = Calibration(BUNDLE, streams, SECONDS)
    for event in events:
        calibration.push(event)
        if until_done and calibration.progress.task == "done":
            return calibration
    calibration.flush()
    return calibration


def test_first_the_person_reads_and_then_rests() -> None:
    """Enough speech is heard long before the end; the rest of the time is for the body, and then it is over."""
    calibration, tasks = Calibration(BUNDLE, {"audio", "eda"}, SECONDS), []
    for event in together(list(blocks(np.concatenate([READING, hush(30.0)]), [1600])), body(60.0)):
        calibration.push(event)
        tasks.append(calibration.progress.task)
        if tasks[-1] == "done":
            break
    assert list(dict.fromkeys(tasks)) == ["read", "rest", "done"]
    assert calibration.missing is None
    assert event.end == pytest.approx(SECONDS, abs=1.0)
    assert calibration.voice is not None
    assert calibration.voice.speech_s >= 0.4 * SECONDS
    assert calibration.voice.answers["windows"].utterances >= 3
    assert -40 < calibration.voice.level_dbfs.mean < -5
    assert calibration.body is not None
    assert calibration.body.levels["eda"].mean == pytest.approx(2.0, abs=0.2)


@settings(max_examples=3)
@given(st.lists(st.integers(200, 20_000), min_size=1, max_size=5))
def test_blocks_of_any_size_make_the_same_profile(sizes: list[int]) -> None:
    short = READING[: 9 * RATE]
    expected = calibrated(list(blocks(short, [512])), {"audio"}, until_done=False)
    other = calibrated(list(blocks(short, sizes)), {"audio"}, until_done=False)
    assert expected.voice is not None
    assert (other.voice, other.missing) == (expected.voice, expected.missing)


def test_silence_is_said_to_be_silence() -> None:
    calibration = calibrated(list(blocks(hush(SECONDS), [1600])), {"audio"})
    assert calibration.missing == "heard 0 s of good speech, 18 s are needed"
    assert calibration.voice is None


def test_a_voice_that_is_too_faint_is_named() -> None:
    faint = calibrated(list(blocks(READING * np.float32(3e-3), [1600])), {"audio"})
    assert faint.missing is not None
    assert faint.missing.startswith("heard 0 s of good speech, 18 s are needed")


def test_a_sensor_that_nobody_wears_is_named() -> None:
    """Exactly 0 microsiemens is no contact."""
    nobody = [Block("eda", at, at / 4, 4.0, np.zeros(4, np.float32)) for at in range(0, 240, 4)]
    calibration = calibrated(
        together(list(blocks(np.concatenate([READING, hush(30.0)]), [1600])), nobody), {"audio", "eda"}
    )
    assert calibration.missing == "felt 0 good windows of the body, 20 are needed (no contact)"


def test_it_is_given_up_after_three_times_its_length() -> None:
    calibration = Calibration(BUNDLE, {"audio"}, 30.0)
    given_up = [calibration.given_up for block in blocks(hush(91.0), [RATE]) if calibration.push(block) is None]
    assert [now for before, now in pairwise(given_up) if now and not before] == [True]


def within_a_session(events: list[Block], asked_at: float) -> tuple[list[str], list[str], list[Calibration]]:
    """What a live session that is asked to calibrate says, its badges, and what was kept."""
    kept: list[Calibration] = []

    def keep(calibration: Calibration) -> str:
        kept.append(calibration)
        return "kept"

    tap, asked, said, badges = Calibrating(BUNDLE, {"audio", "eda"}, keep), False, [], []
    for event in events:
        if event.end >= asked_at and not asked:
            asked = True
            tap.item(Command(event.end, "calibrate"))
        tap.item(event)
        badges.append(tap.badge)
        said += [text] if (text := tap.news(finished=False)) else []
    return [*said, tap.news(finished=True) or ""], list(dict.fromkeys(badges)), kept


def test_a_live_session_calibrates_when_it_is_asked_to() -> None:
    """From then on, with the person told what to do; what came before does not count."""
    speech = np.concatenate([vowels(20.0, 9), hush(2.0), READING, hush(40.0)])
    said, badges, (kept,) = within_a_session(together(list(blocks(speech, [1600])), body(90.0)), asked_at=22.0)
    assert [text.split()[0] for text in said if text] == ["calibrating:", "calibrating:", "kept"]
    assert badges[0] == ""
    assert badges[1].startswith("CALIBRATING read aloud 0/18 s")
    assert kept.missing is None
    assert kept.voice is not None
    assert 18.0 <= kept.voice.speech_s < 30.0


def test_a_session_that_ends_too_early_keeps_nothing() -> None:
    said, _, kept = within_a_session(together(list(blocks(READING[: 10 * RATE], [1600])), body(10.0)), asked_at=1.0)
    assert said[-1] == "the calibration was not finished; no profile written"
    assert kept == []


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording of neutral reading, and a home of its own for profiles."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "reading.wav"
    sf.write(file, READING, RATE)
    return file


def test_a_profile_is_written_for_its_owner_alone(reading: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """And is not overwritten unless it is said."""
    assert main(["calibrate", "--name", "mina", "--from", str(reading)]) == 0
    file = tmp_path / "data" / "maeum" / "profiles" / "mina.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    first = file.read_bytes()
    profile = read_profile(first.decode(), "mina")
    assert (profile.name, profile.body) == ("mina", None)
    assert main(["calibrate", "--name", "mina", "--from", str(reading)]) == 2
    assert "profile mina exists already; --again makes it anew" in capsys.readouterr().err
    assert file.read_bytes() == first
    assert main(["calibrate", "--name", "mina", "--again", "--from", str(reading)]) == 0
    assert read_profile(file.read_text(), "mina").voice == profile.voice


def test_too_little_speech_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    sf.write(tmp_path / "hush.wav", hush(20.0), RATE)
    assert main(["calibrate", "--name", "mina", "--from", str(tmp_path / "hush.wav")]) == 1
    assert "no profile written: heard 0 s of good speech, 18 s are needed" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
