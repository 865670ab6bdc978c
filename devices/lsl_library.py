"""The package pylsl: loaded when it is needed, and asked what a sender says of itself."""

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from devices.link.transport import LinkError
from devices.lsl_stream import Description
from devices.sensors.driver import Refused

_TEXT = 3  # cf_string, among the formats of liblsl


class NoLsl(LinkError, ImportError):
    """The package pylsl or its library is missing."""


def load() -> Any:  # noqa: ANN401 - pylsl ships no annotations
    """Import the library, which must not write its log over a screen; a lab's own settings are left alone."""
    try:
        pylsl = import_module("pylsl")
    except (ImportError, OSError, RuntimeError) as error:
        raise NoLsl(f"Lab Streaming Layer cannot be used: {error}; run: pip install pylsl") from None
    if hasattr(pylsl, "set_config_content") and not any(map(Path.is_file, _settings())):
        with suppress(NotImplementedError):  # a library of before 1.17.7, which can only be told by a file
            pylsl.set_config_content("[log]\nlevel = -3\n")
    return pylsl


def _settings() -> tuple[Path, ...]:
    """Where liblsl looks for settings."""
    named = os.environ.get("LSLAPICFG", "lsl_api.cfg")
    return Path(named), Path.home() / "lsl_api" / "lsl_api.cfg", Path("/etc/lsl_api/lsl_api.cfg")


def describe(info: Any) -> Description:  # noqa: ANN401 - pylsl ships no annotations
    """Return what a sender says of its stream.

    Raises
    ------
    Refused
        When it sends text.
    """
    if info.channel_format() == _TEXT:
        raise Refused(f"{info.name()} sends text, not numbers; choose another stream")
    labels, units = [], []
    channel = info.desc().child("channels").child("channel")
    for _ in range(info.channel_count()):
        labels.append(channel.child_value("label"))
        units.append(channel.child_value("unit"))
        channel = channel.next_sibling("channel")
    return Description(
        info.name(), info.source_id(), info.nominal_srate(), tuple(labels) if any(labels) else (), tuple(units)
    )
