"""Where profiles of people are kept: one file each in the user's data folder, readable by its owner only."""

import os
from pathlib import Path

from devices.private import create_file, create_folder, write_all
from models.profile import InvalidProfile, Profile, ProfileNotFound, read_profile

SUFFIX = ".json"


class ProfileExists(FileExistsError):
    """There is a profile of this name, which is not overwritten unasked."""


def folder() -> Path:
    """`$XDG_DATA_HOME/maeum/profiles`, or the same below `~/.local/share`."""
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "maeum" / "profiles"


def place_of(name: str) -> Path:
    """The file of a person's profile.

    Raises
    ------
    InvalidProfile
        When no file can have that name.
    """
    if not name.strip() or name.startswith(".") or set(name) & set("/\\:\0\n"):
        raise InvalidProfile(f"profile {name!r:.40}: a name has no slash, backslash or colon and begins with no dot")
    return folder() / f"{name}{SUFFIX}"


def path_of(name: str) -> Path:
    """The file that a name or a path stands for.

    Raises
    ------
    InvalidProfile
    """
    return Path(name) if name.endswith(SUFFIX) else place_of(name)


def open_profile(name: str) -> Profile:
    """Read a person's profile by name, or a file by its path.

    Raises
    ------
    ProfileNotFound, InvalidProfile
    """
    path = path_of(name)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(sorted(one.stem for one in folder().glob(f"*{SUFFIX}"))) or "none"
        raise ProfileNotFound(
            f"profile {name}: no such profile; there are: {known}; maeum calibrate makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidProfile(f"profile {name}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    return read_profile(text, f"profile {name}")


def save(profile: Profile, path: Path, *, again: bool = False) -> None:
    """Write a profile; another one is replaced only `again`, and never half.

    Raises
    ------
    ProfileExists
    OSError
    """
    if path.exists() and not again:
        raise ProfileExists(f"{path} exists already; --again makes it anew")
    if not path.parent.is_dir():
        create_folder(path.parent)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    descriptor = create_file(unfinished)
    try:
        write_all(descriptor, profile.to_json().encode())
    finally:
        os.close(descriptor)
    unfinished.replace(path)
