"""Hours of a live session in short: that a sound one holds, and that what is wrong with one is found."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from mmap import mmap

import pytest

from devices.block import Block
from devices.emulation.rehearsal import Rehearsal, Trouble, load, parse
from devices.live import LiveSource
from models.bundle import Bundle, load_bundle
from realtime.arrivals import Item
from realtime.cli import main
from realtime.desk import TOO_SLOW
from realtime.rehearsing import Rehearsed, Rehearsing
from realtime.resources import Use, slope
from realtime.session import MAX_AGE_S

QUIET = replace(load(), repeated=())
"""The devices of the rehearsal that comes with the program, and nothing that goes wrong"""


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """The models that come with the program."""
    return load_bundle(None)


class Between:
    """Stands between devices and session and lets through what it likes; all else is the source's."""

    def __init__(self, source: LiveSource, alter: Callable[[Iterator[Item]], Iterator[Item]]) -> None:
        self._source, self._alter = source, alter

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)

    def events(self) -> Iterator[Item]:
        return self._alter(self._source.events())


def rehearsed(
    bundle: Bundle, rehearsal: Rehearsal, seconds: float, alter: Callable[[Iterator[Item]], Iterator[Item]] = iter
) -> Rehearsed:
    return Rehearsing(rehearsal, bundle, seconds, between=lambda source: Between(source, alter)).run()


@pytest.fixture(scope="module")
def day(bundle: Bundle) -> Rehearsed:
    """Some minutes of a day on which everything goes wrong."""
    return Rehearsing(load(), bundle, 245.0).run()


def test_a_live_session_holds_while_everything_goes_wrong(day: Rehearsed):
    assert dict(day.failures) == {}
    assert day.labels >= 2 * 245 - 4
    assert day.segments > 30
    assert {one.partition(":")[0] for one in day.injected} == {
        "microphone",
        "bitalino",
        "lines",
        "words",
        "computer",
        "people",
    }
    assert all(times >= 1 for times in day.reconnects.values())
    assert all(one.missing == 0 for one in day.accounts if not one.name.endswith("frames"))
    assert day.uses[-1].threads == day.uses[0].threads


def test_whisper_that_is_too_slow_is_told_of_and_delays_no_label(day: Rehearsed):
    """During a spell of five times slower transcripts segments go without words; labels stay in time."""
    (words,) = [one for one in day.accounts if one.name == "words"]
    assert words.dropped.get(TOO_SLOW, 0) > 0
    assert day.lateness_s < MAX_AGE_S


def test_voice_and_body_go_on_at_full_rate_beside_a_slow_whisper(bundle: Bundle):
    """As many windows are scored as with a quick one."""

    def windows(rehearsal: Rehearsal) -> dict[str, tuple[int, int]]:
        found = rehearsed(bundle, rehearsal, 40.0)
        assert dict(found.failures) == {}
        return {one.name: (one.done, sum(one.dropped.values())) for one in found.accounts if "windows" in one.name}

    slow = Trouble(0.0, "words", "slow", amount=5.0, lasts=39.0)
    assert windows(replace(QUIET, repeated=((slow, None),))) == windows(QUIET)


def test_the_same_seed_gives_the_same_session(bundle: Bundle):
    first, second = (rehearsed(bundle, load(), 15.0) for _ in range(2))
    assert (first.events, first.labels, first.summary.latency_ms["age"]) == (
        second.events,
        second.labels,
        second.summary.latency_ms["age"],
    )


def test_samples_that_vanish_are_found(bundle: Bundle):
    """One block in five hundred goes without a word."""

    def swallow(events: Iterator[Item]) -> Iterator[Item]:
        for number, event in enumerate(events, 1):
            if number % 500 or not isinstance(event, Block):
                yield event

    found = rehearsed(bundle, QUIET, 20.0, swallow)
    assert "samples vanished" in found.failures["samples"]
    assert any("unaccounted for" in text for text in found.failures.values())


def test_memory_that_leaks_is_found(bundle: Bundle):
    """A megabyte a minute."""
    kept: list[mmap] = []  # of its own pages: what other tests have freed would be used again

    def leak(events: Iterator[Item]) -> Iterator[Item]:
        size = 0.0
        for event in events:
            if isinstance(event, Block) and event.stream == "audio":
                size += len(event.values) / event.rate * 1e6 / 60.0
            if size > 50_000:
                kept.append(mmap(-1, int(size)))
                kept[-1].write(b"x" * int(size))
                size = 0.0
            yield event

    silence = parse({"trouble": [{"on": "microphone", "kind": "zeros", "at": 1, "amount": 273}]})
    found = rehearsed(bundle, silence, 275.0, leak)
    assert set(found.failures) == {"memory"}
    assert 50_000 < found.grows_kb_per_hour < 75_000


def test_a_device_that_never_comes_back_is_found(bundle: Bundle):
    going = Rehearsing(replace(QUIET, repeated=((Trouble(5.0, "lines", "unplug", amount=3.0), None),)), bundle, 42.0)
    going.stage.worn["lines"].cable.plug = lambda rename=False: None  # noqa: ARG005 - nobody plugs it in
    found = going.run()
    assert set(found.failures) == {"devices"}
    assert "is lost at" in found.failures["devices"]


def test_labels_that_stop_are_found(bundle: Bundle):
    """A stream that stops without saying so lets labels wait for it."""

    def silence(events: Iterator[Item]) -> Iterator[Item]:
        for event in events:
            if getattr(event, "stream", None) != "temp" or getattr(event, "time", 0.0) < 5.0:
                yield event

    assert "no label came" in rehearsed(bundle, QUIET, 20.0, silence).failures["labels"]


def test_the_command_ends_with_0_when_all_held(capsys):
    assert main(["soak", "--hours", "0.004", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == "held"
    assert said["failures"] == {}
    assert said["seconds"] == pytest.approx(14.4, abs=1.0)


def test_the_command_ends_with_1_and_names_what_failed(monkeypatch, capsys):
    monkeypatch.setattr("realtime.watch.MAX_AGE_S", 0.001)
    assert main(["soak", "--hours", "0.002"]) == 1
    out, err = capsys.readouterr()
    assert "verdict" in out
    assert err.startswith("maeum: the label of ")


def test_a_scenario_with_an_unknown_key_is_refused_by_name(tmp_path, capsys):
    scenario = tmp_path / "odd.toml"
    scenario.write_text("[[trouble]]\non = 'words'\nkind = 'slow'\nat = 1\nfator = 5\n")
    assert main(["soak", "--scenario", str(scenario)]) == 2
    assert "trouble[0].fator is not known" in capsys.readouterr().err


def test_a_session_can_be_recorded_meanwhile(tmp_path, capsys):
    assert main(["soak", "--hours", "0.003", "--record", str(tmp_path), "--json"]) == 0
    (recording,) = tmp_path.iterdir()
    assert main(["replay", str(recording), "--speed", "max", "--no-dashboard"]) == 0
    assert "labels as they were live" in capsys.readouterr().out


def test_the_slope_of_memory_does_not_mind_outliers():
    uses = [Use(float(t), 1000.0 + t / 36.0 + (500.0 if t % 900 == 0 else 0.0), 1, 1) for t in range(0, 3600, 60)]
    assert slope(uses) == pytest.approx(100.0, rel=0.05)
    assert slope(uses[:1]) == 0.0
