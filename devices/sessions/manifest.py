"""The manifest of a recording: what it is and what was known when it began."""

import json
import platform
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from types import NoneType

from devices.sessions.layout import MANIFEST, MARK, VERSION
from devices.sessions.lines import BadLine, Json, check
from devices.source import About, SourceNotFound, UnreadableSource, Utterance

_NUMBER = (int, float)
_KEYS: Mapping[str, tuple[type, ...]] = {
    "maeum": (str,),
    "version": (int,),
    "id": (str,),
    "created": (str,),
    "program": (dict,),
    "chunk_s": _NUMBER,
    "source": (dict,),
    "facts": (dict,),
}
_SOURCE: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "rates": (dict,),
    "person": (str, NoneType),
    "synthetic": (bool,),
    "utterances": (list,),
    "notices": (list,),
}
_UTTERANCE: Mapping[str, tuple[type, ...]] = {
    "id": (str,),
    "start": _NUMBER,
    "end": _NUMBER,
    **dict.fromkeys(("speaker", "text", "label"), (str, NoneType)),
}


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What is to be known of a source to run a session on it again."""

    name: str
    rates: Mapping[str, float]
    person: str | None
    synthetic: bool
    utterances: tuple[Utterance, ...]
    notices: tuple[str, ...]
    """Known when the session began"""

    @classmethod
    def of(cls, source: About) -> "SourceFacts":
        """Ask a source."""
        rates = {stream: float(rate) for stream, rate in source.rates.items()}
        return cls(
            source.name, rates, source.person, source.synthetic, tuple(source.utterances), tuple(source.notices())
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in the manifest."""

    id: str
    """At random"""
    created: str
    """UTC, ISO 8601"""
    program: Mapping[str, object]
    chunk_s: float
    """Length of a chunk, seconds of session time"""
    source: SourceFacts
    facts: Mapping[str, object]
    """What the caller knew: devices, clocks, bundle, options"""


def new_manifest(source: SourceFacts, chunk_s: float, facts: Mapping[str, object]) -> Manifest:
    """Begin a recording now."""
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    program = {"maeum": metadata.version("maeum"), "python": platform.python_version(), "system": platform.system()}
    return Manifest(uuid.uuid4().hex, created, program, chunk_s, source, facts)


def manifest_text(manifest: Manifest) -> str:
    """Write a manifest as JSON.

    Raises
    ------
    TypeError
        A fact is not JSON.
    """
    return json.dumps({"maeum": MARK, "version": VERSION, **asdict(manifest)}, indent=1, ensure_ascii=False) + "\n"


def read_manifest(folder: Path) -> tuple[Manifest, list[str]]:
    """Read the manifest of a recording, and name what is in it that is not known.

    Raises
    ------
    SourceNotFound
        There is no such folder.
    UnreadableSource
        It is no recording, or one of another version, or the manifest is damaged.
    """
    path = folder / MANIFEST
    if not folder.exists():
        raise SourceNotFound(f"{folder}: no such folder")
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableSource(f"{folder}: not the recording of a session: {MANIFEST}: {error.strerror}") from None
    except ValueError as error:
        raise UnreadableSource(f"{path}: expected the manifest of a recording; it is not JSON: {error}") from None
    if not isinstance(body, dict) or body.get("maeum") != MARK:
        raise UnreadableSource(f"{path}: not the manifest of a session recording of maeum")
    if body.get("version") != VERSION:
        raise UnreadableSource(
            f"{path}: a recording of version {body.get('version')}; this program reads version {VERSION}"
        )
    try:
        return _manifest(body)
    except BadLine as error:
        raise UnreadableSource(f"{path}: {error}") from None


def _manifest(body: Json) -> tuple[Manifest, list[str]]:
    unknown = [f"{MANIFEST}: unknown key {key!r} is not used" for key in check(body, _KEYS)]
    source, more = _source(body["source"])
    known = {field.name: body[field.name] for field in fields(Manifest)} | {"source": source}
    return Manifest(**known), unknown + [f"{MANIFEST}: unknown key {key!r} of source is not used" for key in more]  # type: ignore[arg-type]  # checked


def _source(body: object) -> tuple[SourceFacts, list[str]]:
    assert isinstance(body, dict)  # noqa: S101 - checked
    unknown = check(body, _SOURCE)
    rates = body["rates"]
    check(rates, dict.fromkeys(rates, _NUMBER))
    utterances = []
    for one in body["utterances"]:
        if not isinstance(one, dict):
            raise BadLine(f"expected an utterance; found {str(one)[:40]!r}")
        unknown += check(one, _UTTERANCE)
        utterances.append(Utterance(**{key: one[key] for key in _UTTERANCE}))
    notices = tuple(map(str, body["notices"]))
    facts = SourceFacts(body["name"], rates, body["person"], body["synthetic"], tuple(utterances), notices)
    return facts, list(dict.fromkeys(unknown))
