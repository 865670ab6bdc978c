"""The session as lines of text, for a terminal without the dashboard."""

from rich.text import Text

from realtime.dashboard.bars import percent
from realtime.dashboard.headline import confidence, shown_label
from realtime.dashboard.line import cell, cell_right, clean, clock
from realtime.dashboard.palette import BAD, FAINT, GOOD, KOREAN, PLAIN, WARN, colour
from realtime.snapshot import Snapshot, SpokenLine

_KIND, _TIME, _LABEL = 8, 8, 14


def segment_line(spoken: SpokenLine) -> Text:
    """Return one finished segment: when, its label, whether the reference agrees, its words."""
    words = clean(spoken.text) or f"({clean(spoken.reason or 'no words')})"
    return _line("segment", spoken.end, spoken.label, _verdict(spoken), Text(words, PLAIN if spoken.text else FAINT))


def label_line(t: float, label: str | None, value: float | None) -> Text:
    """Return one change of the confirmed rolling label, `value` its probability; None for an abstention."""
    return _line("label", t, label, Text(percent(value) if value is not None else ""), Text())


def notice_line(t: float, notice: str) -> Text:
    """Return one thing the user should know."""
    return _fit("notice", t).append(clean(notice), WARN)


def _line(kind: str, t: float, label: str | None, verdict: Text, rest: Text) -> Text:
    name = f"{KOREAN.get(label, '')} {label}".strip() if label is not None else "– no label"
    line = _fit(kind, t).append(cell(name, _LABEL).text, colour(label, bold=True)).append("  ")
    verdict.pad_right(max(_LABEL - verdict.cell_len, 0))
    return line.append_text(verdict).append("  ").append_text(rest)


def _fit(kind: str, t: float) -> Text:
    """Begin a line that is never wrapped: whoever reads it may cut it, a pipe must not."""
    return Text.assemble((cell_right(clock(t), _TIME).text, FAINT), "  ", cell(kind, _KIND).text, no_wrap=True)


def _verdict(spoken: SpokenLine) -> Text:
    if spoken.truth is None:
        return Text()
    return Text("✓", GOOD) if spoken.truth == spoken.label else Text(f"✗ was {clean(spoken.truth)}", BAD)


class PlainLog:
    """Successive snapshots in, the lines that are new out."""

    def __init__(self) -> None:
        self._told_until = -1.0
        self._label: str | None = None
        self._notice: str | None = None

    def push(self, snapshot: Snapshot) -> list[Text]:
        """Return a line for every segment, confirmed change of the label and notice not told yet."""
        fresh = [spoken for spoken in snapshot.lines if spoken.end > self._told_until]
        self._told_until = max([self._told_until, *(spoken.end for spoken in fresh)])
        return [*map(segment_line, fresh), *self._change(snapshot), *self._news(snapshot)]

    def flush(self) -> list[Text]:
        """Nothing is held back."""
        return []

    def _change(self, snapshot: Snapshot) -> list[Text]:
        label = shown_label(snapshot)
        if snapshot.state == "tentative" or label == self._label:
            return []
        self._label = label
        return [label_line(snapshot.t, label, confidence(snapshot))]

    def _news(self, snapshot: Snapshot) -> list[Text]:
        notice = snapshot.notices[-1] if snapshot.notices else None
        if notice is None or notice == self._notice:
            return []
        self._notice = notice
        return [notice_line(snapshot.t, notice)]
