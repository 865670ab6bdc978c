"""What the people who annotated a recording say about a stretch of it: for comparison, never input of a model."""

from collections.abc import Sequence

from devices.source import Utterance


def spoken_in(utterances: Sequence[Utterance], start: float, end: float) -> list[Utterance]:
    """Utterances that share more than half of their own or of the stretch's duration with it, in order of start."""
    return [one for one in utterances if _shared(one, start, end) > 0.5 * min(end - start, one.end - one.start)]


def reference(utterances: Sequence[Utterance], start: float, end: float) -> Utterance | None:
    """The utterance that a stretch is mostly about; None when it is about none."""
    about = spoken_in(utterances, start, end)
    return max(about, key=lambda one: _shared(one, start, end), default=None)


def truth_at(utterances: Sequence[Utterance], t: float) -> str | None:
    """Label of what is being said at a moment; None in a pause or when the raters were tied."""
    return next((one.label for one in utterances if one.start < t <= one.end), None)


def _shared(one: Utterance, start: float, end: float) -> float:
    return min(end, one.end) - max(start, one.start)
