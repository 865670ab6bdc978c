"""A person's profile: what models make of their neutral speech, and what is normal for their body.

It is one JSON file, made by `maeum calibrate`, and holds for the bundle, the sensors and the formulas it was made with:
levels of another sensor are other levels. Errors, each also the matching builtin::

    ProfileError
    +-- ProfileNotFound (FileNotFoundError)   there is none of this name
    +-- InvalidProfile (ValueError)           it is there and is none
    +-- ProfileMismatch (ValueError)          it was made with another bundle or another sensor
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, cast

from models.features.bio import FEATURES
from models.scores import LABELS
from models.strict_json import InvalidJson, read_as

FORMAT = 1
VoiceModel = Literal["windows", "segments"]


class ProfileError(Exception):
    """A profile cannot be used; the message is one line: which, what was found, what to do."""


class ProfileNotFound(ProfileError, FileNotFoundError):
    """There is none of this name."""


class InvalidProfile(ProfileError, ValueError):
    """It is there and is none."""


class ProfileMismatch(ProfileError, ValueError):
    """It was made with another bundle or another sensor."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where something lay while the person was calibrated."""

    mean: float
    spread: float
    """Standard deviation"""
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says of the person's neutral speech."""

    utterances: int
    mean: tuple[float, ...]
    """[labels] of the logarithm of the probabilities"""
    spread: tuple[float, ...]
    """[labels] standard deviation between utterances"""


@dataclass(frozen=True, slots=True)
class Voice:
    """A neutral voice."""

    speech_s: float
    level_dbfs: Level
    """Of the speech, decibels under full scale"""
    answers: dict[VoiceModel, Answers]
    """Of the models that could hear it"""


@dataclass(frozen=True, slots=True)
class Measure:
    """One of `models.features.bio.FEATURES`, on the scale on which windows are compared."""

    windows: int
    mean: float
    spread: float


@dataclass(frozen=True, slots=True)
class Body:
    """A body that reads aloud and rests."""

    measures: dict[str, Measure]
    levels: dict[str, Level]
    """For people: `eda` (tonic, microsiemens), `heart_rate` (beats a minute), `temperature` (degrees Celsius)"""


@dataclass(frozen=True, slots=True)
class Profile:
    """One person."""

    format: int
    name: str
    created: str
    """UTC, ISO 8601"""
    updated: str | None
    """When a session last added to it; UTC, ISO 8601"""
    seconds: float
    """Of the calibration"""
    bundle: str
    """Identity of the bundle, which names every feature with its version"""
    devices: dict[str, str]
    """Stream to the device and formula that gave it, where they are known"""
    voice: Voice | None
    body: Body | None

    def to_json(self) -> str:
        """Text of the file."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


def read_profile(text: str, name: str) -> Profile:
    """Read what `to_json` wrote; `name` is what to call it in a message.

    Raises
    ------
    InvalidProfile
        When it is no JSON, of another format, or when any key is unknown, missing, or not what it should be.
    """
    try:
        data = json.loads(text)
        if isinstance(data, Mapping) and data.get("format", FORMAT) != FORMAT:
            raise InvalidJson(f"format is {data['format']!r:.20}, this version of maeum reads format {FORMAT}")
        profile = cast(Profile, read_as(Profile, data, "profile"))
        _check(profile)
    except json.JSONDecodeError as error:
        raise InvalidProfile(f"{name}: no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except InvalidJson as error:
        raise InvalidProfile(f"{name}: {error}; calibrate again with maeum calibrate --again") from None
    return profile


def check_match(profile: Profile, bundle: str, devices: Mapping[str, str]) -> None:
    """Check that a profile holds for a bundle, by its identity, and for the devices of a session, as far as known.

    Raises
    ------
    ProfileMismatch
    """
    remedy = f"maeum calibrate --name {profile.name} --again makes it anew"
    if profile.bundle != bundle:
        raise ProfileMismatch(
            f"profile {profile.name} was made with bundle {profile.bundle}, not with {bundle}; {remedy}"
        )
    for stream, device in profile.devices.items():
        if (now := devices.get(stream, device)) != device:
            raise ProfileMismatch(f"profile {profile.name} has its {stream} from {device}, not from {now}; {remedy}")


def _check(profile: Profile) -> None:
    for model, answers in (profile.voice.answers if profile.voice else {}).items():
        if answers.utterances < 1 or not len(answers.mean) == len(answers.spread) == len(LABELS):
            raise InvalidJson(f"profile.voice.answers.{model} must be of 1 utterance or more and {len(LABELS)} labels")
    for name, measure in (profile.body.measures if profile.body else {}).items():
        if name not in FEATURES:
            raise InvalidJson(f"profile.body.measures has the unknown key {name!r:.40}; known: {', '.join(FEATURES)}")
        if measure.windows < 1 or measure.spread < 0:
            raise InvalidJson(f"profile.body.measures.{name} must be of 1 window or more, its spread 0 or more")
