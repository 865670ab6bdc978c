"""The first line of a chunk: which one it is, when it begins, and where each stream stands then.

::

    {"chunk": 1, "from": 60.0, "begins": {"audio": [960000, 60.0]}}
"""

import json
from dataclasses import dataclass

from devices.sessions.lines import BadLine, check, read_object
from devices.sessions.positions import Positions, as_json, from_json


@dataclass(frozen=True, slots=True)
class Head:
    """What the first line says."""

    chunk: int
    since: float
    """Session time, seconds: what came before it in other chunks was known by then"""
    begins: Positions


def head_line(head: Head) -> str:
    """Write the line."""
    return json.dumps({"chunk": head.chunk, "from": head.since, "begins": as_json(head.begins)}) + "\n"


def read_head(text: str, chunk: int) -> Head:
    """Read the line.

    Raises
    ------
    BadLine
        When it is none, or that of another chunk.
    """
    body = read_object(text)
    check(body, {"chunk": (int,), "from": (int, float), "begins": (dict,)})
    if body["chunk"] != chunk:
        raise BadLine(f"expected chunk {chunk}; found chunk {body['chunk']}")
    return Head(chunk, body["from"], from_json(body["begins"]))  # type: ignore[arg-type]  # checked
