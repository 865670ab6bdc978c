"""A recorded session run again says the same, whatever the scheduler did while it was live."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from devices.block import Block, Event, Gap
from devices.sessions.recorded import RecordedSession
from realtime.controls import Controls
from realtime.desk import TOO_SLOW, ToldDesk
from realtime.keys import Wish
from realtime.pacing import Pacer
from realtime.pipeline import SessionOptions
from realtime.recording import recording, settings_of
from realtime.retelling import OtherBundle, Retold, decided
from realtime.session import Session
from realtime.whisper import Transcript
from realtime.words import Words
from tests.realtime.conftest import Microphone, blocks, hush, vowels
from tests.realtime.summing import summing_bundle, summing_models

BUNDLE = summing_bundle(summing_models("voice", "text"))
SPEECH = np.concatenate([part for n in range(3) for part in (vowels(1.5 + 0.4 * n, n), hush(0.9, n))])


@dataclass
class Speech(Microphone):
    """Speech with a hole in it."""

    sizes: tuple[int, ...] = (1600,)

    def events(self) -> Iterator[Event]:
        lost = 0
        for block in blocks(SPEECH, self.sizes):
            if 64_000 <= block.index < 66_000:
                lost += len(block.values)
                continue
            if lost:
                yield Gap("audio", block.time - lost / 16000, lost, lost / 16000, "overflow")
                lost = 0
            yield block


class Noise:
    """A computer that does other things as well: clocks jump, words come when they like."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._now = 0.0

    def clock(self) -> float:
        self._now += float(self._random.choice([0.0, 0.0, 0.01, 0.4 * self._random.random()]))
        return self._now

    def waited_s(self) -> float:
        return float(self._random.choice([0.0, 0.0, 0.1, 1.5]))

    def transcribe(self, segment) -> Transcript:
        time.sleep(float(self._random.choice([0.0, 0.002, 0.02])))
        return Transcript("네 좋아요", float(np.clip(len(segment.audio) / 160000, 0.1, 1.0)))


def live(place: Path, seed: int) -> tuple[Path, list[dict]]:
    """Run a noisy session, recorded; its folder, and what it decided."""
    noise, chance = Noise(seed), np.random.default_rng(seed)
    pacer = Pacer(clock=noise.clock, began=0.0, live=True)
    controls = Controls(pacer)
    options = SessionOptions()
    made: list[dict] = []
    source = Speech(tuple(map(int, chance.choice((37, 512, 1600, 4096), 5))))
    with (
        Words(noise.transcribe, BUNDLE.models["text"]) as words,
        recording(place, source, BUNDLE, options, None) as taps,
    ):
        session = Session(
            source, BUNDLE, words, pacer, options, waited_s=noise.waited_s, controls=controls, taps=taps, max_age_s=1.0
        )
        for message in session.run():
            made += [body] if (body := decided(message)) else []
            if chance.random() < 0.05:
                controls.wish(Wish("mute", str(chance.choice(("voice", "text")))))
    (folder,) = place.iterdir()
    return folder, made


def again(folder: Path, since: float = 0.0) -> tuple[str, list[dict]]:
    """Run it again; what is said of the comparison, and what is decided."""
    retold = Retold(RecordedSession(folder))
    source = retold.since(since) if since else retold
    session = Session(source, BUNDLE, ToldDesk(), Pacer(None, since=since), taps=[source])
    made = [body for message in session.run() if (body := decided(message))]
    return source.verdict, made


@pytest.mark.parametrize("seed", range(20))
def test_a_noisy_live_session_comes_out_the_same(tmp_path, seed):
    folder, made = live(tmp_path, seed)
    verdict, anew = again(folder)
    assert anew == made
    assert verdict == f"all {len(made)} labels as they were live"


def test_the_noise_is_felt(tmp_path):
    """Words came late, segments were skipped, windows were left out: there was something to repeat."""
    kinds: set[str] = set()
    for seed in range(6):
        folder, _ = live(tmp_path / str(seed), seed)
        text = "".join(path.read_text() for path in folder.glob("*.events.jsonl"))
        kinds |= {kind for kind in ("late", "behind", "words", "ended") if f'"note": "{kind}"' in text}
        kinds |= {TOO_SLOW} if TOO_SLOW in text else set()
    assert kinds >= {"late", "behind", "words", "ended"}


def test_a_changed_recording_is_said_to_differ(tmp_path):
    folder, _ = live(tmp_path, 3)
    (events,) = folder.glob("*.events.jsonl")
    text = events.read_text()
    at = text.index('"t": 2.0, "label"')
    events.write_text(text[:at] + text[at:].replace('"label": ', '"label": "fear", "was": ', 1))
    (folder / "chunks.jsonl").unlink()  # with it, the changed file would not be believed at all
    verdict, _ = again(folder)
    assert "of " in verdict
    assert "label at 2.0 s" in verdict


def test_it_begins_at_any_second(tmp_path):
    folder, made = live(tmp_path, 1)
    _, later = again(folder, 5.0)
    assert min(one["t"] for one in later if one["type"] == "label") == 5.5
    assert [one["t"] for one in later if "t" in one][-1] == [one["t"] for one in made if "t" in one][-1]


def test_a_session_cut_off_is_decided_to_its_end(tmp_path):
    """Words that never came are said to be missing; everything else is as it was."""
    folder, made = live(tmp_path, 2)
    (events,) = folder.glob("*.events.jsonl")
    lines = events.read_text().splitlines(keepends=True)
    events.write_text("".join(lines[: len(lines) * 2 // 3]) + '{"block": "au')
    (folder / "chunks.jsonl").unlink()
    _, anew = again(folder)
    kept = [one for one in anew if one["type"] == "label"]
    then = [one for one in made if one["type"] == "label"]
    assert kept[:-4] == then[: len(kept) - 4]


def test_other_models_are_refused(tmp_path):
    folder, _ = live(tmp_path, 4)
    with pytest.raises(OtherBundle, match="--reprocess"):
        Retold(RecordedSession(folder)).settings(SimpleNamespace(identity="1"))
    assert Retold(RecordedSession(folder)).settings(BUNDLE) == settings_of(SessionOptions())


def test_nothing_is_recorded_unless_asked_for(tmp_path):
    with recording(None, Speech(), BUNDLE, SessionOptions(), None) as taps:
        assert taps == []
    assert not list(tmp_path.iterdir())


def test_the_screen_says_that_it_is_recorded(tmp_path):
    with recording(tmp_path, Speech(), BUNDLE, SessionOptions(), None) as taps:
        session = Session(Speech(), BUNDLE, "transcripts are off", Pacer(None), taps=taps)
        assert session.badges == ("REC",)


def test_blocks_are_kept_to_the_bit(tmp_path):
    folder, _ = live(tmp_path, 5)
    heard = np.concatenate([one.values for one in RecordedSession(folder).events() if isinstance(one, Block)])
    gone = [one for one in Speech().events() if isinstance(one, Gap)]
    assert gone
    assert set(np.unique(heard)) <= set(np.unique(SPEECH))
