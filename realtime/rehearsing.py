"""A rehearsal carried through: a whole live session in simulated time, looked at from all sides."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from devices.audio_file import Audio
from devices.block import Block
from devices.demo import demo_source
from devices.emulation.rehearsal import Rehearsal, Trouble
from devices.emulation.stage import Stage, Worn
from devices.emulation.world import Worker
from devices.live import LiveSource
from devices.source import Utterance
from models.bundle import Bundle
from realtime.accounts import Account
from realtime.controls import Controls
from realtime.fusion import Label
from realtime.keys import Wish
from realtime.pacing import Pacer
from realtime.recording import recording
from realtime.resources import Use, slope, used
from realtime.segmenter import Segment
from realtime.session import Flow, Session, SessionOptions
from realtime.summary import SessionSummary
from realtime.tally import Tally
from realtime.view import View
from realtime.watch import Watch
from realtime.whisper import Transcript
from realtime.words import Words, given_transcripts

_ROOM = 3e-5
"""Noise of a quiet room, so that pauses are not taken for a muted microphone"""
_WARM_UP_S, _WARM_UP = 7200.0, 1 / 2
"""Memory is judged after the time in which everything with a bound has filled, or this share of a shorter run"""
_JUDGED_S = 120.0
"""For less than that nothing is said about memory"""
_GROWS_KB, _GROWS_KB_PER_HOUR = 1500.0, 3000.0
"""Memory may grow by as much altogether, or as fast"""
_LOOKS, _LOOK_S = 200, 10.0
"""So often the resources are looked at, and not more often than that"""
_GLANCE_S = 0.5
"""Between looks at what must not stick"""
_SPOILT = 4
"""Frames of a sensor that one disturbance on its line, or one connection, may cost without being counted"""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of it."""

    title: str
    seed: int
    seconds: float
    """Of session time"""
    wall_s: float
    cpu_s: float
    events: int
    labels: int
    segments: int
    injected: Mapping[str, int]
    """Troubles, by where and what"""
    reconnects: Mapping[str, int]
    """By device"""
    lost: Mapping[str, int]
    """Samples, by reason"""
    lateness_s: float
    """At most, from the moment at which a label's last sample was here to the label"""
    uses: Sequence[Use]
    grows_kb_per_hour: float
    accounts: Sequence[Account]
    """Of the sensors' frames, then those of the session"""
    summary: SessionSummary
    failures: Mapping[str, str]
    """The first of each kind, in one line; empty when all held"""
    times: Mapping[str, int]


class Rehearsing:
    """One session to be carried through.

    Parameters
    ----------
    rehearsal, bundle
    seconds
        Of session time.
    speed
        Times real time at most; None for as fast as the computer can.
    between
        Stands between the devices and the session: tests let it do harm.
    """

    def __init__(
        self,
        rehearsal: Rehearsal,
        bundle: Bundle,
        seconds: float,
        speed: float | None = None,
        between: Callable[[LiveSource], Flow] = lambda source: source,
    ) -> None:
        self.seconds = seconds
        self._rehearsal, self._bundle = rehearsal, bundle
        heard, utterances = _speech()
        self.stage = Stage(rehearsal, seconds, heard, speed)
        self._spoken = given_transcripts(utterances), len(heard) / 16_000
        clock = self.stage.world.time
        self._pacer = Pacer(began=0.0, live=True, clock=clock, sleep=self.stage.world.sleep)
        self._source = between(self.stage.source)
        named = {name: one.sensor.name for name, one in self.stage.worn.items()}
        named["microphone"] = self.stage.source.devices[0].name
        self._watch = Watch(self.stage.source, named, self.stage.troubles)
        self._wishes = sorted(_wishes(self.stage.troubles), key=lambda one: one[0])
        self._busy = [one for one in self.stage.troubles if one.on == "computer"]
        self._slow = [one for one in self.stage.troubles if one.on == "words"]
        self._uses: list[Use] = []

    def stop(self) -> None:
        """End it early; safe from a signal handler."""
        self._pacer.stop()

    def run(self, advance: Callable[[float], None] = lambda _now: None, record: Path | None = None) -> Rehearsed:
        """Carry it through.

        Parameters
        ----------
        advance
            Told of the session time now and then.
        record
            Folder in which the session is kept.
        """
        began, cpu = time.monotonic(), time.process_time()
        world, options = self.stage.world, SessionOptions()
        self._uses.append(used(0.0))
        with ExitStack() as stack:
            worker = Worker(world, "words")
            words = stack.enter_context(
                Words(self._transcribe, self._bundle.models["text"], worker=worker, clock=world.time)
            )
            taps = stack.enter_context(recording(record, self._source, self._bundle, options, None))
            controls = Controls(self._pacer)
            session = Session(
                self._source,
                self._bundle,
                words,
                self._pacer,
                options,
                waited_s=lambda: self.stage.source.waited_s,
                delivery=self.stage.source.delivery,
                controls=controls,
                taps=[*taps, self._watch],
            )
            summary = self._follow(session, controls, advance)
            worker.shutdown()
        return self._found(session, summary, time.monotonic() - began, time.process_time() - cpu)

    def _follow(self, session: Session, controls: Controls, advance: Callable[[float], None]) -> SessionSummary:
        view, tally = View(session), Tally(session)
        looked = sampled = 0.0

        def meanwhile() -> None:
            nonlocal looked, sampled
            now = self.stage.world.now
            if now >= self.seconds:
                self._pacer.stop()
            if now < looked + _GLANCE_S or self._pacer.stopped:
                return
            looked = now
            self._watch.look(session)
            self._strike(now, controls)
            if now >= sampled + max(_LOOK_S, self.seconds / _LOOKS):
                sampled = now
                view.snapshot()
                self._uses.append(used(now))
                advance(now)

        self._watch.meanwhile = meanwhile
        checked = 0.0
        for message in session.run():
            view.take(message)
            tally.take(message)
            if isinstance(message, Label) and sampled > checked:  # a label is made when nothing is under way
                checked = sampled
                self._watch.check_accounts(session)
        self._watch.check_accounts(session)
        return tally.summary()

    def _strike(self, now: float, controls: Controls) -> None:
        """Do what is due of what people and the computer do."""
        while self._wishes and self._wishes[0][0] <= now:
            controls.wish(self._wishes.pop(0)[1])
        while self._busy and self._busy[0].at <= now:
            self.stage.world.sleep(self._busy.pop(0).amount)

    def _transcribe(self, segment: Segment) -> Transcript:
        """Stand in for Whisper: what was said, after a while."""
        now = self.stage.world.now
        slower = max((one.amount for one in self._slow if one.at <= now < one.until), default=1.0)
        self.stage.world.sleep(self._rehearsal.delay_s * slower)
        given, length = self._spoken
        start = segment.start % length
        return given(replace(segment, start=start, end=start + segment.end - segment.start))

    def _found(self, session: Session, summary: SessionSummary, wall_s: float, cpu_s: float) -> Rehearsed:
        watch, stage = self._watch, self.stage
        self._uses.append(used(stage.world.now))
        frames = [self._frames(name, worn) for name, worn in stage.worn.items()]
        self._check_sound()
        grows = self._check_resources()
        return Rehearsed(
            title=self._rehearsal.title,
            seed=self._rehearsal.seed,
            seconds=stage.world.now,
            wall_s=wall_s,
            cpu_s=cpu_s,
            events=watch.events,
            labels=watch.labels,
            segments=watch.segments,
            injected=Counter(f"{one.on}: {one.kind}" for one in stage.troubles if one.at <= stage.world.now),
            reconnects={one.name: one.facts.reconnects for one in stage.source.devices},
            lost=watch.lost,
            lateness_s=watch.lateness_s,
            uses=self._uses,
            grows_kb_per_hour=grows,
            accounts=[*frames, *session.accounts()],
            summary=summary,
            failures=watch.failures,
            times=watch.times,
        )

    def _frames(self, name: str, worn: Worn) -> Account:
        """The books of a sensor's frames, from the device itself to what the session was given."""
        truth, damages = worn.emulator.device.truth, worn.emulator.line.log
        size = truth.bytes / max(1, truth.count)
        facts, cable, came = worn.sensor.facts, worn.cable, self.stage.source.delivery()
        added = sum(len(one.added) for one in damages)
        account = Account(
            f"{name} frames",
            truth.count,
            max((came[stream][0] for stream in worn.sensor.rates if stream in came), default=0),
            {
                "nobody listened": round((worn.emulator.unheard + cable.spilt) / size),
                "before it was believed": round((cable.taken - facts.bytes) / size),
                "spoilt on the line": max(0, round((facts.skipped - added) / size)),
            },
        )
        allowed = _SPOILT * (len(damages) + facts.reconnects + 2)
        if abs(account.missing) > allowed:
            self._watch.fail(account.name, f"{account.name}: {account.missing} of {account.taken} are unaccounted for")
        return account

    def _check_sound(self) -> None:
        sent, came = self.stage.sound.frames, self.stage.source.delivery().get("audio", (0, 0, 0))[0]
        if came != sent:
            self._watch.fail("sound", f"sound: {sent - came} of {sent} samples never came out of the microphone")

    def _check_resources(self) -> float:
        """Kilobytes an hour by which memory grows; say what was not given back."""
        watch, first, last = self._watch, self._uses[0], self._uses[-1]
        begin = min(_WARM_UP_S, _WARM_UP * last.t)
        warm = [one for one in self._uses if one.t >= begin]
        grows = slope(warm)
        judged = last.t - begin
        if judged >= _JUDGED_S and grows > _GROWS_KB_PER_HOUR and grows * judged / 3600.0 > _GROWS_KB:
            watch.fail("memory", f"memory grows by {grows:.0f} kB an hour")
        if last.threads > first.threads:
            watch.fail("threads", f"{last.threads - first.threads} threads are left over")
        if last.descriptors > warm[0].descriptors:  # libraries keep some open that they opened at their first use
            watch.fail("descriptors", f"{last.descriptors - warm[0].descriptors} files are left open")
        return grows


def _speech() -> tuple[Audio, Sequence[Utterance]]:
    """Return the sound of the built-in session and what is said in it."""
    demo = demo_source()
    parts = [one.values for one in demo.events() if isinstance(one, Block) and one.stream == "audio"]
    sound = np.concatenate(parts)
    noise = np.random.default_rng(0).normal(0.0, _ROOM, len(sound))
    return (sound + noise).astype(np.float32), demo.utterances


def _wishes(troubles: Sequence[Trouble]) -> Iterator[tuple[float, Wish]]:
    """When somebody presses which key: what was muted or paused is heard again."""
    for one in troubles:
        if one.on == "people":
            action, _, value = one.kind.partition(" ")
            yield one.at, Wish(action, value or ("here" if action == "mark" else ""))
            if action != "mark":
                yield one.until, Wish(action, value)
