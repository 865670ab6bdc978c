"""Rehearsals read from TOML: what comes again, and what is refused by name."""

import re

import pytest

from devices.emulation.rehearsal import load, parse
from devices.emulation.scenario import BadScenario


def test_the_rehearsal_that_comes_with_the_program():
    rehearsal = load()
    hour = rehearsal.troubles(3600.0)
    assert {one.on for one in hour} == {"microphone", "bitalino", "lines", "words", "computer", "people"}
    assert all(one.until < 3600.0 for one in hour)
    assert [one.at for one in hour] == sorted(one.at for one in hour)
    assert len(rehearsal.troubles(7200.0)) > 1.8 * len(hour)
    assert any(not moment.contact for moment in rehearsal.moments(3600.0))


def test_the_same_seed_gives_the_same_troubles():
    rehearsal = load()
    assert rehearsal.troubles(3600.0) == rehearsal.troubles(3600.0)


def test_once_means_once():
    read = {"trouble": [{"on": "words", "kind": "slow", "at": 10, "amount": 5, "lasts": 30}]}
    (only,) = parse(read).troubles(3600.0)
    assert (only.at, only.until) == (10.0, 40.0)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ({"hours": 3}, "hours is not known; allowed are: title, seed, microphone, words"),
        ({"trouble": [{"on": "words", "kind": "slow", "at": 1, "often": 2}]}, "trouble[0].often is not known"),
        ({"trouble": [{"on": "words", "at": 1}]}, "trouble[0] does not say 'kind'"),
        ({"trouble": [{"on": "moon", "kind": "x", "at": 1}]}, "trouble[0].on = 'moon' must be one of"),
        ({"trouble": [{"on": "words", "kind": "unplug", "at": 1}]}, "trouble[0].kind = 'unplug' must be one of slow"),
        ({"microphone": {"gain": 3}}, "microphone.gain is not known"),
        ({"sensor": [{"url": "protocol=lines&channels=blood:A"}]}, "sensor[0].url: "),
        ({"sensor": [{"url": "protocol=lines&channels=eda:EDA/uS", "device": {"wings": 2}}]}, "sensor[0].device.wings"),
        ({"sensor": [{"url": "protocol=telepathy&channels=eda:A1"}]}, "sensor[0].url: "),
        ({"sensor": {"url": "x"}}, "sensor must be a list of tables"),
        ({"state": [{"at": 1, "arousal": 9}]}, "state[0].arousal = 9 must be a number from 1 to 5"),
    ],
)
def test_what_is_wrong_is_named(read: dict[str, object], words: str):
    with pytest.raises(BadScenario, match=re.escape(words)):
        parse(read)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadScenario, match=r"gone.toml is not there"):
        load(tmp_path / "gone.toml")
