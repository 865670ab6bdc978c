"""What an inspection found, in the form in which it is printed and written as JSON."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from models.scores import LABELS
from training.errors import InvalidCorpus

Fact = str | int | float | None
TIED, UNLABELLED = "tied", "no label"


@dataclass(slots=True)
class Count:
    """Where the rows of some files went: `rows` is `used` and all of `left_out` together."""

    what: str
    rows: int = 0
    used: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Reason to rows"""

    def as_json(self) -> dict[str, Any]:
        """As plain values, without reasons for which no row was left out."""
        left_out = {reason: rows for reason, rows in self.left_out.items() if rows}
        return {"what": self.what, "rows": self.rows, "used": self.used, "left_out": left_out}


@dataclass(slots=True)
class Report:
    """What was found at one path."""

    kind: str
    path: str
    facts: dict[str, Fact] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    """Utterances of each label, tied and without one; together all of them"""
    parts: list[dict[str, Fact]] = field(default_factory=list)
    """One for each session, speaker, signal or file, with the same keys"""
    counts: list[Count] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)
    """What a user of the data should know and nobody has to mend"""
    strict: bool = False

    def broken(self, what: str) -> None:
        """Note what cannot be read; raises InvalidCorpus where the inspection is strict."""
        if self.strict:
            raise InvalidCorpus(f"{what} (--strict stops here)")
        self.unreadable.append(what)

    def count_classes(self, labels: list[tuple[str, ...]]) -> None:
        """Count utterances by their labels: one each, several on a tie, none where nobody gave any."""
        kinds = Counter(one[0] if len(one) == 1 else TIED if one else UNLABELLED for one in labels)
        self.classes = {kind: kinds[kind] for kind in (*LABELS, TIED, UNLABELLED) if kind in LABELS or kinds[kind]}

    def as_json(self) -> dict[str, Any]:
        """Everything, as plain values."""
        content = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "strict"}
        return content | {"counts": [count.as_json() for count in self.counts]}
