"""Where everything that came went: at every stage, what was taken is done, dropped for a reason, or waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """One stage's books at one moment, each number counted on its own."""

    name: str
    taken: int
    done: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many, by reason"""
    queued: int = 0

    @property
    def missing(self) -> int:
        """Of what was taken, that of which nothing is known; 0 when the books balance."""
        return self.taken - self.done - sum(self.dropped.values()) - self.queued
