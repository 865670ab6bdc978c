"""From parsed arguments to running sessions: which sources, which words, which outputs."""

import argparse
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from types import FrameType

from devices.audio_file import BLOCK_SAMPLES
from devices.demo import demo_source
from devices.live import LiveSource
from devices.recording import open_recordings
from devices.sessions.layout import is_recording
from devices.sessions.recorded import RecordedSession
from devices.source import Source
from models.bundle import Bundle, load_bundle
from models.scores import Modality
from models.whisper_weights import WhisperError, weights_folder
from realtime.body import BODY_STREAMS
from realtime.calibrate import keep_as_new
from realtime.calibrating import Calibrating
from realtime.config import read_options
from realtime.controls import Controls
from realtime.desk import ToldDesk
from realtime.outputs import Outputs
from realtime.pacing import Pacer
from realtime.person import Person, devices_of, keep_up, known_person
from realtime.reasons import Why
from realtime.recording import recording
from realtime.retelling import Retold
from realtime.segment_voice import SegmentVoice
from realtime.session import Session, SessionOptions
from realtime.words import Transcribe, WhisperTranscripts, Words, given_transcripts

UNPACED_BLOCK_SAMPLES = 8192

Played = Source | Retold
"""What a session can be made of"""


def run(arguments: argparse.Namespace) -> int:
    """Run every source that the arguments name, one after the other; return the exit code."""
    sources = _sources(arguments)
    first = next(sources)  # what cannot be opened must not have emptied the file of labels
    load = cache(partial(load_bundle, arguments.bundle))
    load(frozenset())
    with Outputs(arguments.labels, dashboard=not arguments.no_dashboard) as outputs:
        player = _Player(arguments, load, outputs)
        for source in chain([first], sources):
            if player.play(source).stopped:
                break
    return 0


@dataclass(frozen=True, slots=True)
class _Player:
    """Plays the sources of one command."""

    arguments: argparse.Namespace
    load: Callable[[frozenset[Modality]], Bundle]
    """Gives the bundle, with these of its models checked"""
    outputs: Outputs

    def play(self, source: Played) -> Pacer:
        """Run a source to its end, or from elsewhere as often as somebody wants it."""
        since = self.arguments.since
        can_seek = isinstance(source, RecordedSession | Retold) and not self.arguments.record
        while True:
            from_there = source.since(since) if since and isinstance(source, RecordedSession | Retold) else source
            pacer = _pacer(self.arguments, source, since)
            controls = Controls(pacer, seekable=can_seek)
            session = self._run(from_there, controls, pacer)
            if not controls.seek_by:
                return pacer
            since = max(0.0, session.now + controls.seek_by)

    def _run(self, source: Played, controls: Controls, pacer: Pacer) -> Session:
        arguments, transcribe = self.arguments, _transcribe(self.arguments, source)
        everybodys = self.load(_modalities(source, transcribe))
        bundle = known_person(arguments, source, everybodys)
        options = _options(arguments, source, bundle)
        with (
            _ended_by_signals(pacer, self.outputs),
            _words(transcribe, bundle) as words,
            recording(arguments.record, source, bundle, options, words if isinstance(words, str) else None) as taps,
        ):
            taps += [Person(bundle), *([source] if isinstance(source, Retold) else [])]
            taps += _calibrating(arguments, source, everybodys)
            session = Session(
                source,
                bundle,
                words,
                pacer,
                options,
                max_age_s=arguments.max_age,
                waited_s=_waited(source),
                delivery=source.delivery if isinstance(source, LiveSource) else dict,
                controls=controls,
                taps=taps,
            )
            if isinstance(source, LiveSource):
                pacer.began = source.clock.begin()  # loading models is no part of the session
            self.outputs.follow(session)
        keep_up(arguments, session.pipeline.body.baseline)
        return session


def _calibrating(arguments: argparse.Namespace, source: Played, bundle: Bundle) -> list[Calibrating]:
    """What gets to know the person of a live session, when somebody asks for it."""
    if not isinstance(source, LiveSource):
        return []
    keep = partial(keep_as_new, bundle=bundle.identity, devices=devices_of(arguments, source))
    return [Calibrating(bundle, source.rates, keep)]


def _options(arguments: argparse.Namespace, source: Played, bundle: Bundle) -> SessionOptions:
    """Options as given; where a session is run again, over those that it had."""
    before = source.settings(bundle) if isinstance(source, Retold) else []
    return read_options(SessionOptions(), arguments.config, [*before, *arguments.settings])


def _pacer(arguments: argparse.Namespace, source: Played, since: float) -> Pacer:
    if isinstance(source, LiveSource):
        return Pacer(began=source.clock.began, live=True)
    return Pacer(arguments.speed, since=since)


def _waited(source: Played) -> Callable[[], float] | None:
    """How long the newest event of devices has waited; None for a recording."""
    return (lambda: source.waited_s) if isinstance(source, LiveSource) else None


def _modalities(source: Played, transcribe: Transcribe | ToldDesk | str) -> frozenset[Modality]:
    """Return those that the session will use: checking a model that it does not use would cost start-up time."""
    used: set[Modality] = {"voice"}
    if not isinstance(transcribe, str):
        used.add("text")
    if BODY_STREAMS & source.rates.keys():
        used.add("bio")
    return frozenset(used)


def _sources(arguments: argparse.Namespace) -> Iterator[Played]:
    if arguments.command == "live":
        from realtime.live import live_source

        return iter([live_source(arguments)])
    # Labels do not depend on the size of blocks; at full speed nobody waits for a small one.
    block = BLOCK_SAMPLES if arguments.speed is not None else UNPACED_BLOCK_SAMPLES
    if arguments.command == "demo":
        return iter([demo_source(block)])
    a = arguments
    if is_recording(a.path):
        return iter([_again(RecordedSession(a.path), a)])
    return open_recordings(a.path, a.session, a.scene, a.person, a.bio, block_samples=block)


def _again(recorded: RecordedSession, arguments: argparse.Namespace) -> Played:
    """A recorded session with the decisions of then, unless they shall be made anew."""
    return recorded if arguments.reprocess else Retold(recorded)


@contextmanager
def _words(transcribe: Transcribe | ToldDesk | str, bundle: Bundle) -> Iterator[Words | ToldDesk | str]:
    """Yield the worker for the words, or the reason why there are no words."""
    if isinstance(transcribe, ToldDesk | str):
        yield transcribe
    elif "text" not in bundle.models:
        yield Why.NO_MODEL
    else:
        whole = bundle.segment_models.get("voice")
        with Words(transcribe, bundle.models["text"], SegmentVoice(whole) if whole else None) as words:
            yield words


def _transcribe(arguments: argparse.Namespace, source: Played) -> Transcribe | ToldDesk | str:
    """Return where words come from, or the reason why they come from nowhere."""
    if isinstance(source, Retold):
        return source.no_words or ToldDesk()
    if "audio" not in source.rates:
        return Why.NO_MICROPHONE  # and no Whisper that would have to be loaded
    if arguments.transcripts == "off" or (arguments.transcripts == "whisper" and arguments.whisper == "off"):
        return Why.NO_TRANSCRIPTS
    if arguments.transcripts == "given":
        if any(one.text for one in source.utterances):
            return given_transcripts(source.utterances)
        return "the recording gives no transcripts; use --transcripts whisper"
    try:
        folder = weights_folder(arguments.whisper)
    except WhisperError as error:
        return str(error)
    return WhisperTranscripts(str(folder), arguments.language)


@contextmanager
def _ended_by_signals(pacer: Pacer, outputs: Outputs) -> Iterator[None]:
    """End cleanly on the first Ctrl-C, at once on the second; a closed terminal ends only what needs the terminal."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if pacer.stopped:
            outputs.restore_terminal()
            os._exit(130)
        pacer.stop()

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        if not outputs.survives_the_terminal():
            pacer.stop()

    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    if hasattr(signal, "SIGHUP"):  # Windows has none
        previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
