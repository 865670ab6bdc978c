"""Whose session it is: the person's profile in the models, on the screen, and kept up to date when asked."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from devices.live import LiveSource
from devices.sessions.recorded import RecordedSession
from devices.source import About
from models.bundle import Bundle
from models.features.baseline import Baseline
from models.personal import personalised, told, updated
from models.profile import Profile, check_match
from realtime import origin, profiles
from realtime.arrivals import Item
from realtime.config import ConfigError
from realtime.retelling import Retold
from realtime.session import Message


class Person:
    """The tap of a session that shows whose profile it uses.

    Parameters
    ----------
    bundle
        As the session uses it.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._is_told = False

    @property
    def badge(self) -> str:
        """Whose profile is used."""
        return f"profile {self._bundle.person.name}" if self._bundle.person else "no profile"

    def item(self, item: Item) -> None:
        """Nothing: a profile does not change while it is used."""

    def message(self, message: Message) -> None:
        """Nothing: what is said about a person is not kept."""

    def news(self, *, finished: bool) -> str | None:
        """Say once what the profile changes, and what not."""
        if finished or self._is_told or not self._bundle.person:
            return None
        self._is_told = True
        return told(self._bundle)


def known_person(arguments: argparse.Namespace, source: About, bundle: Bundle) -> Bundle:
    """The bundle for the person whose profile the arguments name; as it is when they name none.

    A session that is run again is that of the person it was then.

    Raises
    ------
    ProfileNotFound, InvalidProfile, ProfileMismatch
    ConfigError
        When another person is named for a session that is run again.
    """
    if isinstance(source, Retold):
        if arguments.person_profile is not None:
            raise ConfigError(f"--person-profile: {source.name} is run again as it was; --reprocess takes another")
        return personalised(bundle, source.profile) if source.profile else bundle
    if arguments.person_profile is None:
        return bundle
    profile = profiles.open_profile(arguments.person_profile)
    check_match(profile, bundle.identity, devices_of(arguments, source))
    return personalised(bundle, profile)


def keep_up(arguments: argparse.Namespace, baseline: Baseline | None) -> None:
    """Add what a session came to know of the body to the profile, where the arguments ask for it.

    Raises
    ------
    ProfileNotFound, InvalidProfile, OSError
    """
    if not (arguments.update_profile and arguments.person_profile) or baseline is None:
        return
    profile: Profile = profiles.open_profile(arguments.person_profile)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    profiles.save(updated(profile, baseline, now), profiles.path_of(arguments.person_profile), again=True)


def devices_of(arguments: argparse.Namespace, source: About) -> dict[str, str]:
    """Which devices a session's streams come from, by stream, as far as it is known."""
    if isinstance(source, LiveSource):
        return origin.of_microphone(source) | origin.of_sensors(arguments.sensor)
    if isinstance(source, RecordedSession):
        return {}  # it says its devices' names, not their formulas
    path: Path | None = getattr(arguments, "bio", None) or getattr(arguments, "path", None)
    return origin.of_recording(path, source)
