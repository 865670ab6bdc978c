"""`maeum devices`: the microphones and serial ports that there are, what each is, and how a session takes it."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import log10
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from devices.link.listening import HANG_S, LISTEN_S, Finding, listen_to_all, named, unheard
from devices.link.port_finder import listed_ports
from devices.microphone_level import Level, hear_all
from devices.portaudio import MicrophoneUnavailable, inputs
from devices.sensors.catalog import title
from devices.sensors.url import BadSensorUrl
from realtime.ending import DONE, MISSING, USAGE, complain

_QUIETEST_DB, _BAR = -60.0, 10


def show_devices(ports: Sequence[str], *, listen: bool, as_json: bool) -> int:
    """Print what is plugged in, or what the named ports are; return the exit code.

    Parameters
    ----------
    ports
        As a person names them; empty for every microphone and every port.
    listen
        Whether to open them for a few seconds.
    as_json
        One JSON object in place of tables.
    """
    listed = listed_ports()
    try:
        found = [named(port, listed) for port in ports] if ports else [unheard(port) for port in listed]
    except BadSensorUrl as error:
        return complain(error, USAGE)
    microphones, complaint = _microphones() if not ports else ([], "")
    if listen:
        microphones, found = _listen(microphones, found)
    if as_json:
        sys.stdout.write(json.dumps(_report(microphones, complaint, found), ensure_ascii=False, indent=1) + "\n")
    else:
        _print(microphones, complaint, found, everything=not ports)
    return MISSING if ports and not any(one.opened for one in found) else DONE


def _microphones() -> tuple[list[Level], str]:
    try:
        return [Level(one) for one in inputs()], ""
    except MicrophoneUnavailable as error:
        return [], str(error)


def _listen(microphones: Sequence[Level], ports: Sequence[Finding]) -> tuple[list[Level], list[Finding]]:
    """Listen to microphones and ports at the same time."""
    with _progress(len(microphones) + len(ports)) as done, ThreadPoolExecutor(1) as beside:
        levels = beside.submit(hear_all, [one.source for one in microphones], LISTEN_S + HANG_S, done)
        found = listen_to_all(ports, done)
        return levels.result(), found


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[], None]]:
    """Show on a terminal how far it is; what is piped stays clean."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal or not steps) as progress:
        task = progress.add_task("listening", total=steps)
        yield lambda: progress.advance(task)


def _print(microphones: Sequence[Level], complaint: str, ports: Sequence[Finding], *, everything: bool) -> None:
    console = Console(highlight=False)
    if complaint:
        console.print(complaint, soft_wrap=True, markup=False)
    elif everything:
        console.print(_microphone_table(microphones) if microphones else "No microphone.")
    if not ports:
        console.print(
            "No serial port; plug a sensor in, or let `maeum simulate` offer one.", soft_wrap=True, markup=False
        )
        return
    console.print(_port_table(ports))
    for one in ports:
        _print_url(console, one)


def _microphone_table(microphones: Sequence[Level]) -> Table:
    table = Table("--mic", "microphone", "by", "kHz", "channels", "level", title="Microphones", title_justify="left")
    for one in microphones:
        source = one.source
        name = f"{source.name} (default)" if source.default else source.name
        table.add_row(str(source.index), name, source.api, f"{source.rate / 1000:g}", str(source.channels), _level(one))
    return table


def _level(heard: Level) -> str:
    decibels = _decibels(heard)
    if decibels is None:
        return "silent" if heard.rms == 0.0 else heard.problem
    share = max(0.0, min(1.0, 1.0 - decibels / _QUIETEST_DB))
    full = round(share * _BAR)
    return f"{'█' * full}{'·' * (_BAR - full)} {decibels:.0f} dB"


def _decibels(heard: Level) -> float | None:
    """Return the level below full scale; None where there is none."""
    return 20.0 * log10(heard.rms) if heard.rms else None


def _port_table(ports: Sequence[Finding]) -> Table:
    table = Table("port", "USB", "description", "probably", title="Serial ports", title_justify="left")
    for one in ports:
        table.add_row(one.port.device, _usb(one), _description(one), _probably(one))
    return table


def _usb(one: Finding) -> str:
    return f"{one.port.vid:04x}:{one.port.pid:04x}" if one.port.vid is not None and one.port.pid is not None else ""


def _description(one: Finding) -> str:
    lasting = one.lasting.rpartition("/")[2] if one.lasting != one.port.device else ""
    return "\n".join(filter(None, (one.port.description, lasting)))


def _probably(one: Finding) -> str:
    if one.recognised is None:
        return "; ".join(filter(None, (one.guess.title, one.says)))
    sure = f"{one.recognised.confidence:.0%}"
    at = f" at {one.baud} baud" if one.baud else ""
    return f"{title(one.recognised.protocol)} ({one.says or sure + ' of its bytes' + at})"


def _print_url(console: Console, one: Finding) -> None:
    suggestion = one.suggestion
    if suggestion is None:
        return
    console.print(f"\n{one.port.device}: {_probably(one)}", soft_wrap=True, markup=False)
    console.print(f"  maeum live --sensor '{one.url(suggestion)}'", soft_wrap=True, markup=False)
    if suggestion.undecided:
        console.print(f"  still to decide: {suggestion.undecided}", soft_wrap=True, markup=False)


def _report(microphones: Sequence[Level], complaint: str, ports: Sequence[Finding]) -> dict[str, Any]:
    return {
        "microphones": [*map(_microphone_fields, microphones)],
        "problem": complaint or None,
        "ports": [*map(_port_fields, ports)],
    }


def _microphone_fields(heard: Level) -> dict[str, Any]:
    source = heard.source
    return {
        "index": source.index,
        "name": source.name,
        "api": source.api,
        "channels": source.channels,
        "rate": source.rate,
        "default": source.default,
        "level_db": _decibels(heard),
        "silent": heard.rms == 0.0,
        "problem": heard.problem or None,
    }


def _port_fields(one: Finding) -> dict[str, Any]:
    suggestion, recognised = one.suggestion, one.recognised
    return {
        "port": one.port.device,
        "by_id": one.lasting if one.lasting != one.port.device else None,
        "vid": one.port.vid,
        "pid": one.port.pid,
        "description": one.port.description,
        "guess": one.guess.title or None,
        "opened": one.opened,
        "says": one.says or None,
        "protocol": recognised.protocol if recognised else None,
        "confidence": round(recognised.confidence, 3) if recognised else None,
        "baud": one.baud,
        "channels": [channel.name for channel in recognised.channels if channel.name] if recognised else [],
        "sensor": one.url(suggestion) if suggestion else None,
        "undecided": (suggestion.undecided or None) if suggestion else None,
    }
