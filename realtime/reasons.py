"""The one list of reasons for which a modality has no vote, in words for the screen."""

from enum import StrEnum


class Why(StrEnum):
    """What stands at the head of every reason; details follow behind a colon."""

    NO_MODEL = "the bundle has no model"
    CHANCE = "the model is no better than chance"
    NO_MICROPHONE = "no microphone in this source"
    NO_SENSOR = "no sensor in this source"
    NO_TRANSCRIPTS = "transcripts are off"
    MUTED = "muted"
    UNPLUGGED = "unplugged"
    NO_SPEECH = "no speech"
    NO_WORDS = "no words"
    NO_DATA = "no sensor data"
    WARMING_UP = "warming up"
    NOT_WORN = "sensor not worn"
    OTHER_PERSON = "worn by another person"
    CLIPPED = "clipped"
    LOW_QUALITY = "low quality"

    def because(self, detail: str) -> str:
        """Return the reason with what is known about it."""
        return f"{self}: {detail}"


_HEADS = frozenset(Why)


def headed(reason: str, otherwise: Why) -> str:
    """A reason in a stage's own words, under a heading unless one of the list heads it already.

    >>> headed("endless repeat", Why.NO_WORDS), headed("no speech", Why.NO_WORDS)
    ('no words: endless repeat', 'no speech')
    """
    return reason if reason.partition(":")[0] in _HEADS else otherwise.because(reason)
