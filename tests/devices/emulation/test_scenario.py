"""Scenarios in TOML: what they say, and what they are told when they say something else."""

import tomllib

import pytest

from devices.emulation.analog import SENSORS
from devices.emulation.catalog import _SENSORS, KINDS, device
from devices.emulation.faults import Fault
from devices.emulation.lines import STYLES
from devices.emulation.scenario import BadScenario, load, parse, shipped
from devices.emulation.waveforms import Body, Moment
from devices.sensors.catalog import PROTOCOLS

WHOLE = """
title = "Fright"
protocol = "bitalino"
seconds = 120
seed = 7
[person]
tonic = 3.5
[[state]]
at = 60
arousal = 4.5
[[state]]
at = 10
contact = false
[device]
plugged = { A3 = "eda.rev2016" }
[[fault]]
at = 30
kind = "drop"
amount = 3
"""


def test_a_whole_scenario():
    """Everything that can be said is read, states in order of time."""
    scenario = parse(tomllib.loads(WHOLE), "bitalino")
    assert (scenario.title, scenario.seconds, scenario.seed) == ("Fright", 120.0, 7)
    assert (scenario.person.tonic, scenario.person.heart_rate) == (3.5, 70.0)
    assert scenario.moments == (Moment(10.0, contact=False), Moment(60.0, 4.5))
    assert scenario.faults == (Fault(30.0, "drop", 3.0),)
    assert device("bitalino", scenario.body(), scenario.options).receive(b"\x07").startswith(b"BITalino")


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("protocol", KINDS)
def test_shipped_scenarios_suit_every_protocol(name, protocol, tmp_path):
    """`calm` and `faults` by name alone."""
    scenario = load(tmp_path.__class__(name), protocol)
    made = device(protocol, scenario.body(), scenario.options, keep=10)
    made.opened()
    made.produce(1.0)
    assert scenario.title


def test_every_protocol_that_is_read_can_be_emulated():
    """And the lists of sensors and styles are those of the devices."""
    assert list(KINDS) == list(PROTOCOLS)
    assert set(_SENSORS) == set(SENSORS)
    for style in STYLES:
        assert parse({"device": {"style": style}}, "lines").options == {"style": style}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("color = 1", "color is not known; allowed are: title, protocol, seconds, seed, person, state, device, fault"),
        ("seconds = 0", "seconds = 0 must be a number from 0.1 to"),
        ('seed = "x"', "seed = 'x' must be a whole number from 0"),
        ("person = 3", "person must be a table"),
        ("[person]\nheartrate = 60", "person.heartrate is not known; allowed are: tonic, temperature, heart_rate"),
        ("[[state]]\narousal = 2", "state[0] does not say 'at'"),
        ("[[state]]\nat = 1\narousal = 9", "state[0].arousal = 9 must be a number from 1 to 5"),
        ("[[state]]\nat = 1\ncontact = 1", "state[0].contact = 1 must be true or false"),
        ("[state]\nat = 1", "write [[state]] before each"),
        ('[[fault]]\nat = 1\nkind = "fire"', "fault[0].kind = 'fire' must be one of drop, insert"),
        ("[[fault]]\nat = 1", "fault[0] does not say 'kind'"),
        ("[device]\nrate = 5", "device.rate is not known; allowed are: plugged, version, bluetooth"),
        ('[device]\nplugged = { B1 = "eda" }', "must be a table of A1, A2, A3, A4, A5, A6, and not of 'B1'"),
        ('[device]\nplugged = { A1 = "emg" }', "must be one of eda, eda.rev2016"),
        ('protocol = "cyton"', "it is for protocol cyton, not for bitalino"),
        ('protocol = "cyborg"', "protocol = 'cyborg' must be one of lines, bitalino"),
    ],
)
def test_what_is_not_allowed_is_named(text, said):
    """The message names the key, the value, and what is allowed."""
    with pytest.raises(BadScenario) as caught:
        parse(tomllib.loads(text), "bitalino")
    assert said in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    """Absent, no TOML, or a folder: one line that names the file."""
    broken = tmp_path / "broken.toml"
    broken.write_text("at = = 3")
    with pytest.raises(BadScenario, match=r"is not there; give a TOML file, or one of calm, faults"):
        load(tmp_path / "absent.toml", "lines")
    with pytest.raises(BadScenario, match=r"broken.toml cannot be read"):
        load(broken, "lines")
    with pytest.raises(BadScenario, match=r"cannot be read"):
        load(tmp_path, "lines")


def test_a_body_follows_the_scenario():
    """The seed and the states reach the signals."""
    scenario = parse(tomllib.loads(WHOLE), "bitalino")
    assert isinstance(scenario.body(), Body)
    assert not scenario.body().contact(20.0)
