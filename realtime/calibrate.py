"""`maeum calibrate`: a minute of neutral speech and rest, guided on the screen, becomes a person's profile."""

import argparse
import sys
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from devices.source import Source
from models.profile import FORMAT, Profile
from realtime import profiles
from realtime.calibration import SECONDS, TASKS, Calibration, Encode, Progress
from realtime.ending import DONE, FAILED, USAGE, complain

if TYPE_CHECKING:
    from models.bundle import Bundle

TEXT = """오늘은 월요일입니다. 창밖에는 나무가 몇 그루 서 있고, 그 옆으로 길이 하나 지나갑니다.
버스는 십 분마다 한 대씩 옵니다. 도서관은 아침 아홉 시에 문을 열고, 저녁 여섯 시에 문을 닫습니다.
책상 위에는 연필 두 자루와 공책 한 권이 있습니다. 물은 백 도에서 끓고, 영 도에서 업니다.
일 년은 열두 달이고, 일주일은 칠 일입니다. 지도를 보면 강은 서쪽으로 흐릅니다."""
"""Says nothing that moves anybody"""


def calibrate(arguments: argparse.Namespace) -> int:
    """Calibrate and write the profile; return the exit code.

    Raises
    ------
    ConfigError, SourceError, BundleError, ProfileError, OSError
    """
    from models.bundle import load_bundle

    path = profiles.place_of(arguments.name)
    if path.exists() and not arguments.again:
        return complain(f"profile {arguments.name} exists already; --again makes it anew", USAGE)
    source, devices = _source(arguments)
    bundle = load_bundle(arguments.bundle, frozenset({"voice", "bio"}))
    encode = _encode(bundle) if "audio" in source.rates else None
    calibration = Calibration(bundle, set(source.rates), arguments.seconds, encode)
    _watch(source, calibration, Console())
    if missing := calibration.missing:
        return complain(f"no profile written: {missing}", FAILED)
    profile = profile_of(calibration, arguments.name, arguments.seconds, bundle.identity, devices)
    profiles.save(profile, path, again=arguments.again)
    sys.stdout.write(f"{_summed_up(profile)}\n{path}; use it with --person-profile {arguments.name}\n")
    return DONE


def profile_of(calibration: Calibration, name: str, seconds: float, bundle: str, devices: dict[str, str]) -> Profile:
    """What a finished calibration knows, as a profile."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Profile(FORMAT, name, now, None, seconds, bundle, devices, calibration.voice, calibration.body)


def keep_as_new(calibration: Calibration, bundle: str, devices: dict[str, str]) -> str:
    """Write a profile with a name of its own, and say where; for a calibration within a session."""
    name = f"live-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    profile = profile_of(calibration, name, SECONDS, bundle, devices)
    try:
        profiles.save(profile, profiles.place_of(name))
    except OSError as error:
        return f"the calibration cannot be kept ({error.strerror or error})"
    return f"calibrated; use it from the next session on with --person-profile {name}"


def _source(arguments: argparse.Namespace) -> tuple[Source, dict[str, str]]:
    """What is listened to, and which devices it comes from."""
    from realtime import origin

    if arguments.file is None:
        from realtime.live import live_source

        live = live_source(arguments)
        return live, origin.of_microphone(live) | origin.of_sensors(arguments.sensor)
    from devices.recording import open_recordings

    recorded = next(open_recordings(arguments.file, bio=arguments.bio))
    return recorded, origin.of_recording(arguments.bio or arguments.file, recorded)


def _encode(bundle: "Bundle") -> Encode | None:
    """Whisper's encoder, where it is the one that the model of whole segments was trained with."""
    model = bundle.segment_models.get("voice")
    if model is None or model.neutral is None:
        return None
    from models.whisper_encoder import WhisperEncoder, load_model, mismatch
    from models.whisper_weights import WhisperError

    try:
        encoder = WhisperEncoder(load_model(model.feature_parameters.size))
    except WhisperError:
        return None  # the profile will say nothing of that model, and a session says so
    if mismatch(encoder, model.feature_parameters):
        return None
    return lambda audio: encoder.encode(audio).speech()


def _watch(source: Source, calibration: Calibration, console: Console) -> None:
    """Listen until enough is known, the source ends, or it takes too long."""
    screen: AbstractContextManager[Live | None] = (
        Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else nullcontext()
    )
    with screen as live, closing(source.events()) as events:  # type: ignore[type-var]  # every source has a generator
        for event in events:
            calibration.push(event)
            progress = calibration.progress
            if live:
                live.update(screen_of(progress))
            if progress.task == "done" or calibration.given_up:
                return
        calibration.flush()


def screen_of(progress: Progress) -> Panel:
    """What the person sees."""
    table = Table.grid(padding=(0, 2))
    table.add_row("level", ProgressBar(1.0, progress.loudness, width=40), "")
    if progress.spoken_of:
        bar = ProgressBar(progress.spoken_of, min(progress.spoken_s, progress.spoken_of), width=40)
        table.add_row("speech", bar, f"{progress.spoken_s:.0f} of {progress.spoken_of:.0f} s")
    if progress.windows_of:
        bar = ProgressBar(progress.windows_of, min(progress.windows, progress.windows_of), width=40)
        table.add_row("body", bar, f"{progress.windows} of {progress.windows_of}")
    table.add_row("", progress.problem or "", "")
    page = Table.grid(padding=(1, 0))
    page.add_row(TASKS[progress.task])
    page.add_row(f"[bold]{TEXT}[/]" if progress.task == "read" else "")
    page.add_row(table)
    return Panel(page, title="maeum calibrate")


def _summed_up(profile: Profile) -> str:
    parts = []
    if voice := profile.voice:
        utterances = max(answers.utterances for answers in voice.answers.values())
        parts.append(f"{voice.speech_s:.0f} s of speech in {utterances} utterances, {voice.level_dbfs.mean:.0f} dBFS")
    if body := profile.body:
        parts += [f"{name.replace('_', ' ')} {level.mean:.4g}" for name, level in body.levels.items()]
    return f"{profile.name}: {', '.join(parts)}"
