"""The session as lines of text, for a terminal without the dashboard."""

from rich.console import Console
from rich.text import Text

from devices.block import DeviceState, Gap
from models.scores import LABELS
from realtime.dashboard.bars import percent
from realtime.dashboard.devices import mark
from realtime.dashboard.line import cell, cell_right, clean, clock
from realtime.dashboard.palette import BAD, FAINT, GOOD, KOREAN, PLAIN, WARN, colour
from realtime.fusion import Label, SegmentResult
from realtime.losses import loss
from realtime.session import Message, Notice
from realtime.snapshot import SpokenLine

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
    return _begin("notice", t).append(clean(notice), WARN)


def device_line(device: DeviceState) -> Text:
    """Return what a device has begun to do, and what is wrong with it."""
    word, style = mark(device)
    line = _begin("device", device.t).append(cell(word, _LABEL).text, style).append(f"  {clean(device.device)}")
    return line if device.problem is None else line.append(": ").append(clean(device.problem), WARN)


def _line(kind: str, t: float, label: str | None, verdict: Text, rest: Text) -> Text:
    name = f"{KOREAN.get(label, '')} {label}".strip() if label is not None else "– no label"
    line = _begin(kind, t).append(cell(name, _LABEL).text, colour(label, bold=True)).append("  ")
    verdict.pad_right(max(_LABEL - verdict.cell_len, 0))
    return line.append_text(verdict).append("  ").append_text(rest)


def _begin(kind: str, t: float) -> Text:
    """Begin a line that is never wrapped: whoever reads it may cut it, a pipe must not."""
    return Text.assemble((cell_right(clock(t), _TIME).text, FAINT), "  ", cell(kind, _KIND).text, no_wrap=True)


def _verdict(spoken: SpokenLine) -> Text:
    if spoken.truth is None:
        return Text()
    return Text("✓", GOOD) if spoken.truth == spoken.label else Text(f"✗ was {clean(spoken.truth)}", BAD)


class PlainLines:
    """Print the messages of a session as they come: segments, changes of the label and of devices, losses, notices."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._label: str | None = None
        self._told = ""

    def take(self, message: Message) -> None:
        """Print what `message` says; most rolling labels say nothing new."""
        for line in self._lines(message):
            self._console.print(line, soft_wrap=True)

    def _lines(self, message: Message) -> list[Text]:
        match message:
            case SegmentResult():
                return [segment_line(_spoken(message))]
            case Label():
                return self._change(message)
            case DeviceState():
                self._told = f"{message.device}: {message.problem}"
                return [device_line(message)]
            case Gap():
                return [notice_line(message.time + (message.duration or 0.0), text)] if (text := loss(message)) else []
            case Notice() if message.text != self._told:  # the device's line says it already
                return [notice_line(message.t, message.text)]
            case _:
                return []

    def _change(self, label: Label) -> list[Text]:
        name = None if label.state == "uncertain" else label.label
        if label.state == "tentative" or name == self._label:
            return []
        self._label = name
        return [label_line(label.t, name, _probability(label))]


def _probability(label: Label) -> float | None:
    probabilities = label.ballot.probabilities
    if label.label is None or probabilities is None:
        return None
    return float(probabilities[LABELS.index(label.label)])


def _spoken(result: SegmentResult) -> SpokenLine:
    scored, words = result.scored, result.scored.transcript
    truth = scored.reference.label if scored.reference else None
    return SpokenLine(scored.segment.start, scored.segment.end, words.text, result.label, truth, words.reason)
