"""What a soak came to, for people and for programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields

from rich.table import Table

from realtime.rehearsing import Rehearsed


def table(found: Rehearsed) -> Table:
    """Draw what came of it: one line for each fact."""
    drawn = Table("", "", title=found.title, title_justify="left", show_header=False)
    for name, text in facts(found):
        drawn.add_row(name, text)
    return drawn


def facts(found: Rehearsed) -> Iterator[tuple[str, str]]:
    """Every fact with its name, in the order in which people want them."""
    speed = found.seconds / found.wall_s if found.wall_s else 0.0
    yield (
        "session",
        f"{found.seconds / 3600:.2f} h in {found.wall_s:.0f} s ({speed:.0f} x real time), seed {found.seed}",
    )
    yield "processor", f"{found.cpu_s:.0f} s, {100 * found.cpu_s / found.seconds:.1f} % of one core at real time"
    yield "events", f"{found.events:,}"
    yield "labels, segments", f"{found.labels:,}, {found.segments:,}"
    yield "faults injected", _counts(found.injected)
    yield "reconnects", _counts(found.reconnects)
    yield "samples lost", _counts(found.lost) or "none"
    for one in found.accounts:
        dropped = f", dropped {_counts(one.dropped)}" if one.dropped else ""
        yield one.name, f"{one.taken:,} taken, {one.done:,} done{dropped}, {one.queued} wait, {one.missing} missing"
    for name, latency in found.summary.latency_ms.items():
        if name.startswith("age"):
            yield f"{name}, ms", f"p50 {latency.p50:.0f}, p95 {latency.p95:.0f}, at most {latency.max:.0f}"
    yield "latest label", f"{found.lateness_s:.2f} s after its last sample was here"
    first, last = found.uses[0], found.uses[-1]
    yield (
        "memory",
        f"{first.kilobytes / 1000:.1f} to {last.kilobytes / 1000:.1f} MB, {found.grows_kb_per_hour:+.0f} kB/h",
    )
    most = max(one.threads for one in found.uses), max(one.descriptors for one in found.uses)
    yield "threads", f"{first.threads} before, at most {most[0]}, {last.threads} after"
    yield "open files", f"{first.descriptors} before, at most {most[1]}, {last.descriptors} after"
    yield "verdict", "; ".join(found.failures.values()) or "held"


def as_text(found: Rehearsed) -> str:
    """One JSON object; its keys are the fields of `Rehearsed`, with `verdict` beside them."""
    values = {one.name: getattr(found, one.name) for one in fields(found)}
    values |= {
        "uses": [asdict(one) for one in found.uses],
        "accounts": [asdict(one) | {"missing": one.missing} for one in found.accounts],
        "summary": {"latency_ms": {name: one._asdict() for name, one in found.summary.latency_ms.items()}},
        "verdict": "failed" if found.failures else "held",
    }
    return json.dumps(values, ensure_ascii=False)


def _counts(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(numbers.items(), key=lambda one: -one[1]))
