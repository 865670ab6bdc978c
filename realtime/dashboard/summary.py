"""The end of a session as tables."""

from collections.abc import Iterable, Iterator, Mapping

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.text import Text

from devices.block import DeviceState
from realtime.accounts import Account
from realtime.dashboard.bars import bar, percent
from realtime.dashboard.devices import numbers
from realtime.dashboard.line import clean, clock
from realtime.dashboard.palette import BAD, BADGE, BOLD, COLOURS, FAINT, KOREAN, PLAIN, WARN, colour, letters
from realtime.summary import SessionSummary

_NAMES = {"voice": "voice", "text": "words", "bio": "body"}
_SHADES = " ░▒▓█"
_NOTICES = 5
_NAME_WIDTH = 15
_HIT, _MISS = COLOURS["disgust"], COLOURS["angry"]


def summary_tables(summary: SessionSummary) -> RenderableType:
    """Draw what the session came to: counts, agreement with the reference, confusion, latency, losses."""
    parts: list[Iterable[Text]] = [_counts(summary), _agreement(summary), _confusion(summary)]
    parts += [
        _latency(summary),
        _devices(summary.devices),
        _accounts(summary.accounts),
        _dropped(summary.dropped),
        _notices(summary.notices),
    ]
    blocks = [list(part) for part in parts]
    return Group(*[line for block in blocks if block for line in (*block, Text())][:-1])


def print_summary(summary: SessionSummary, console: Console) -> None:
    """Print what the session came to."""
    console.print(summary_tables(summary), highlight=False)


def _fact(name: str, *rest: Text | str) -> Text:
    return Text.assemble((f"{name:<{_NAME_WIDTH}} ", FAINT), *rest, no_wrap=True, overflow="ellipsis")


def _counts(summary: SessionSummary) -> Iterator[Text]:
    badge: list[Text | str] = [Text(" SYNTHETIC ", BADGE), "  "] if summary.synthetic else []
    yield _fact("session", *badge, Text(clean(summary.source), BOLD))
    yield _fact("bundle", clean(summary.bundle))
    pace = (
        f" in {clock(summary.elapsed)}, {summary.duration / summary.elapsed:.1f} x real time" if summary.elapsed else ""
    )
    yield _fact("duration", clock(summary.duration), pace)
    yield _fact("segments", f"{summary.segments}, of which {summary.scored} got a label")
    yield _fact("abstained", f"{percent(summary.abstained)} of the rolling labels")


def _agreement(summary: SessionSummary) -> Iterator[Text]:
    if not summary.with_truth:
        yield _fact("reference", "none: nothing to compare with")
        return
    yield _fact("correct", Text(f"{summary.correct} of {summary.with_truth}", BOLD), " segments with a reference")
    shares = {"accuracy": summary.accuracy, "UAR": summary.uar, "rolling label": summary.rolling_agreement}
    shares |= {f"  {_NAMES[name]} alone": value for name, value in summary.modality_accuracy.items()}
    for name, value in shares.items():
        if value is not None:
            yield _fact(name, Text(f"{percent(value):>4} ", BOLD), Text(bar(value, 30)))


def _confusion(summary: SessionSummary) -> Iterator[Text]:
    """Rows are the reference, columns the labels given: counts, shaded by their share of the row."""
    if not any(map(any, summary.confusion)):
        return
    keys = letters(summary.labels)
    head = "".join(f"{keys[label]:>4} " for label in summary.labels)
    yield Text.assemble(
        (f"{'truth, down':<{_NAME_WIDTH}} ", FAINT), (head, BOLD), ("  recall  label given, across", FAINT)
    )
    for row, label in enumerate(summary.labels):
        counts = summary.confusion[row]
        name = f"{keys[label]} {clean(label)} {KOREAN.get(label, '')}"
        line = Text(name + " " * max(_NAME_WIDTH + 1 - cell_len(name), 1), colour(label, bold=True), no_wrap=True)
        for column, count in enumerate(counts):
            line.append_text(_heat(count, sum(counts), hit=row == column))
        recall = percent(counts[row] / sum(counts)) if any(counts) else "–"
        yield line.append(f"{recall:>8}", PLAIN)


def _heat(count: int, total: int, hit: bool) -> Text:
    if not count:
        return Text("   · ", FAINT)
    shade = _SHADES[1 + round(3 * count / total)]
    return Text(f"{count:>4}{shade}", style=f"bold {_HIT}" if hit else _MISS)


def _latency(summary: SessionSummary) -> Iterator[Text]:
    if not summary.latency_ms:
        return
    yield _fact("latency, ms", Text(f"{'p50':>8}{'p95':>8}{'max':>8}", BOLD))
    for name, latency in summary.latency_ms.items():
        yield _fact(f"  {clean(name)}", "".join(f"{value:>8.1f}" for value in latency))


def _devices(devices: Iterable[DeviceState]) -> Iterator[Text]:
    for device in devices:
        drift, late, lost, reconnects = numbers(device)
        yield _fact("device", Text(clean(device.device), BOLD))
        back = f"{reconnects} reconnect{'' if device.reconnects == 1 else 's'}, away {clock(device.away_s)}"
        yield _fact("", f"drift {drift}, {late} late, {lost} lost, {back}")
        if device.problem is not None:
            yield _fact("", Text(clean(device.problem), WARN))


def _accounts(accounts: Iterable[Account]) -> Iterator[Text]:
    """What was taken = done + dropped + still there; a stage of which something is missing stands out."""
    yield _fact("accounts", Text(f"{'taken':>10}{'done':>10}{'dropped':>10}{'waiting':>10}", BOLD))
    for one in accounts:
        dropped = sum(one.dropped.values())
        line = Text(f"{one.taken:>10}{one.done:>10}{dropped:>10}{one.queued:>10}", WARN if one.missing else PLAIN)
        line.append(f"  {one.missing} missing" if one.missing else "  balanced", BAD if one.missing else FAINT)
        yield _fact(f"  {clean(one.name)}", line)


def _dropped(dropped: Mapping[str, int]) -> Iterator[Text]:
    for reason, count in dropped.items():
        if count:
            yield _fact("dropped", Text(f"{count} {clean(reason)}", WARN))


def _notices(notices: tuple[str, ...]) -> Iterator[Text]:
    for notice in notices[-_NOTICES:]:
        yield _fact("notice", Text(clean(notice), WARN))
    if len(notices) > _NOTICES:
        yield _fact("", f"and {len(notices) - _NOTICES} before these")
