"""Cuts an audio stream into utterances.

Every 512 samples the voice activity model says how likely speech is. Speech starts when that is high for a while,
stays on while it is not low (hysteresis), and closes behind a pause. Everything is decided by sample counts, so that
blocks of any size give the same events.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from devices.block import Away, Block, Gap
from realtime.samples import SampleClock, usable
from realtime.vad import RATE, STEP, Vad

Floats = NDArray[np.float32]
Reason = Literal["silence", "too long", "stream lost", "end"]


@dataclass(frozen=True, slots=True)
class SegmenterOptions:
    """When speech starts and ends."""

    start_probability: float = 0.5
    """From which a step of 32 ms counts as speech while nobody speaks"""
    stay_probability: float = 0.2
    """From which it counts as speech while somebody speaks"""
    min_speech_s: float = 0.128
    """Speech, in seconds, before it is believed"""
    closing_silence_s: float = 0.6
    """Seconds without speech that end a segment"""
    before_s: float = 0.2
    """Seconds kept before the first speech: soft onsets are recognised late"""
    after_s: float = 0.2
    """Seconds kept after the last speech: words fade out"""
    longest_s: float = 15.0
    """Seconds after which a segment is cut, at the point of its second half that is least like speech"""
    stall_s: float = 1.5
    """Seconds by which other streams may be ahead before speech counts as over; a microphone tells of a loss before"""

    def __post_init__(self) -> None:
        if not 0 < self.stay_probability <= self.start_probability < 1:
            raise ValueError(
                f"segmenter: stay_probability {self.stay_probability} and start_probability {self.start_probability}: "
                "expected 0 < stay <= start < 1"
            )
        if self.min_speech_s < 0 or self.before_s < 0 or not 0 <= self.after_s <= self.closing_silence_s:
            raise ValueError("segmenter: expected min_speech_s, before_s >= 0 and 0 <= after_s <= closing_silence_s")
        if self.stall_s <= 0:
            raise ValueError(f"segmenter: stall_s {self.stall_s}: expected a number of seconds above 0")
        if self.longest_s < 2 * (self.closing_silence_s + self.before_s + self.min_speech_s):
            raise ValueError(
                f"segmenter: longest_s {self.longest_s} is under twice the sum of closing_silence_s, before_s and "
                "min_speech_s"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """One step of 32 ms, judged; follows the events that it caused."""

    index: int
    """Of its first sample"""
    start: float
    """Seconds of session time"""
    end: float
    """Seconds of session time"""
    audio: Floats
    """float32 [512], 16 kHz, -1..1"""
    probability: float
    """Of speech, 0..1"""
    speech: bool
    """Whether it counts as speech, hysteresis included"""

    @property
    def stop(self) -> int:
        """Index just after its last sample."""
        return self.index + len(self.audio)


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """A segment is open."""

    index: int
    """Of its first sample"""
    time: float
    """Of its first sample, seconds of session time; known only some steps later"""


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """One utterance."""

    index: int
    """Of its first sample"""
    start: float
    """Seconds of session time"""
    end: float
    """Seconds of session time"""
    closed_at: float
    """Session time of the sample that decided that it is over, seconds"""
    reason: Reason
    audio: Floats
    """float32 [n], 16 kHz, -1..1"""
    speech_ratio: float
    """Share of its steps that count as speech, 0..1"""

    @property
    def stop(self) -> int:
        """Index just after its last sample."""
        return self.index + len(self.audio)


SpeechEvent = SpeechStarted | Segment | Activity


class Segmenter:
    """Blocks and gaps of an audio stream in, speech events out.

    Segments never overlap. Audio that is all zero or constant never starts speech. At most `longest_s` and the
    lead-in are kept in memory. Speech never goes on without samples: a gap ends it, and so does session time that only
    other streams carry on.

    Parameters
    ----------
    options
        When speech starts and ends.
    vad
        Gives a probability for every 512 samples.
    """

    def __init__(self, options: SegmenterOptions | None = None, vad: Vad | None = None) -> None:
        self.options = options or SegmenterOptions()
        self._vad = vad or Vad()
        self._clock = SampleClock(RATE)
        self._steps: deque[Activity] = deque()  # the open segment, or what may become its lead-in
        self._pending: Floats = np.empty(0, np.float32)
        self._next = 0  # index of the next sample that was not pushed
        self._floor = 0  # no segment starts before this index
        self._first = 0  # index of the open segment's first sample
        self._spoken = 0  # steps of speech since the last pause
        self._onset: int | None = None  # index of speech that is not believed yet
        self._heard = 0  # index just after the last step of speech
        self.speaking = False
        """Whether a segment is open"""
        self.judged = 0
        """Samples that speech was looked for in so far; less than a step shares the fate of the step before it"""
        self.lost = 0
        """Samples missing from the stream so far"""
        self.invalid = 0
        """Samples that were no numbers so far; they were taken as 0"""
        self.progress = 0.0
        """Session time, seconds, up to which every event is out: what follows has a later `closed_at`"""

    def push(self, item: Block | Gap | Away) -> list[SpeechEvent]:
        """Take the next samples of the audio stream, or a hole in it.

        Raises
        ------
        ValueError
            When a block is not 16 kHz or repeats samples.
        """
        if isinstance(item, Gap):
            return self._lose(item.lost or 0)
        if isinstance(item, Away):
            return self._pass(item.until)
        return [*self._admit(item), *self._hear(item)]

    def advance(self, now: float) -> list[SpeechEvent]:
        """Say that other streams have come to session time `now`; a stall of this one ends what is open."""
        reached = now - self.options.stall_s
        return self._pass(reached) if reached > self.progress else []

    def flush(self) -> list[SpeechEvent]:
        """Close what is open; the stream is over."""
        return self._break("end")

    def _admit(self, block: Block) -> list[SpeechEvent]:
        """Check where a block lies; an unannounced hole before it is a hole all the same."""
        if block.rate != RATE:
            raise ValueError(f"segmenter: audio at {block.rate:g} Hz, expected {RATE} Hz; resample it in the source")
        missing = block.index - self._next
        if missing < 0:
            raise ValueError(f"segmenter: block at sample {block.index} repeats samples; expected {self._next}")
        return self._lose(missing) if missing else []

    def _hear(self, block: Block) -> Iterator[SpeechEvent]:
        self._clock.follow(block)
        values, invalid = usable(block.values)
        self.invalid += invalid
        first = block.index - len(self._pending)
        samples = np.concatenate([self._pending, values])
        self._next = block.index + len(values)
        whole = len(samples) - len(samples) % STEP
        self._pending = samples[whole:].copy()
        for at in range(0, whole, STEP):
            yield from self._judge(first + at, samples[at : at + STEP].copy())

    def _lose(self, lost: int) -> list[SpeechEvent]:
        events = self._break("stream lost")
        self.lost += lost
        self._next += lost
        self._floor = self._next
        self.progress = max(self.progress, self._clock.time(self._next))
        return events

    def _pass(self, until: float) -> list[SpeechEvent]:
        """Let session time go on without samples."""
        events = self._break("stream lost") if self._steps or len(self._pending) else []
        self.progress = max(self.progress, until)
        return events

    def _break(self, reason: Reason) -> list[SpeechEvent]:
        """End the run of samples; what is less than a step shares the fate of the step before it."""
        self.judged += len(self._pending)
        events = list(self._close(reason, self._next))
        self.progress = max(self.progress, self._clock.time(self._next))
        self._vad.reset()
        self._steps.clear()
        self._pending = np.empty(0, np.float32)
        self._floor = self._next  # no segment can reach back behind what is forgotten here, lost or not
        self._forget()
        return events

    @property
    def waiting(self) -> int:
        """Samples that do not fill a step yet."""
        return len(self._pending)

    def _judge(self, index: int, audio: Floats) -> Iterator[SpeechEvent]:
        self.judged += len(audio)
        (probability,) = self._vad.push(audio)
        active = self.speaking or self._onset is not None
        threshold = self.options.stay_probability if active else self.options.start_probability
        start, end = self._clock.time(index), self._clock.time(index + STEP)
        step = Activity(index, start, end, audio, probability, probability >= threshold)
        self._steps.append(step)
        if step.speech:
            self._heard = step.stop
        yield from self._while_speaking(step) if self.speaking else self._while_quiet(step)
        self._trim(step.stop)
        self.progress = max(self.progress, end)
        yield step

    def _while_quiet(self, step: Activity) -> Iterator[SpeechEvent]:
        """Believe speech once there is enough of it; drop it after a pause of the same length."""
        needed = _samples(self.options.min_speech_s)
        if step.speech:
            self._onset = step.index if self._onset is None else self._onset
            self._spoken += STEP
            if self._spoken >= needed:
                yield self._open(max(self._onset - _samples(self.options.before_s), self._floor))
        elif step.stop - self._heard >= needed:
            self._forget()

    def _while_speaking(self, step: Activity) -> Iterator[SpeechEvent]:
        if step.stop - self._heard >= _samples(self.options.closing_silence_s):
            yield from self._close("silence", step.stop)
        elif step.stop - self._first >= _samples(self.options.longest_s):
            yield from self._cut(step.stop)

    def _open(self, first: int) -> SpeechStarted:
        self._forget()
        self.speaking, self._first = True, first
        return SpeechStarted(first, self._clock.time(first))

    def _cut(self, decided: int) -> Iterator[SpeechEvent]:
        """End an endless utterance where it is least like speech, and go on from there."""
        cut = self._least_like_speech()
        goes_on = self._heard > cut
        yield from self._close("too long", decided, cut)
        if goes_on:
            yield self._open(cut)

    def _least_like_speech(self) -> int:
        """Index of the step in the open segment's second half around which the probability is lowest."""
        steps = list(self._steps)[len(self._steps) // 2 :]
        around = np.convolve([step.probability for step in steps], (0.25, 0.5, 0.25), "valid")
        return steps[int(np.argmin(around)) + 1].index

    def _close(self, reason: Reason, decided: int, limit: int | None = None) -> Iterator[SpeechEvent]:
        """Emit the open segment, if there is one, up to shortly behind its last speech."""
        if not self.speaking:
            return
        stop = min(self._heard + _samples(self.options.after_s), decided if limit is None else limit)
        time = self._clock.time
        steps = [step for step in self._steps if step.index < stop]
        audio = np.concatenate([*(step.audio for step in self._steps), self._pending])
        offset = self._steps[0].index
        yield Segment(
            self._first,
            time(self._first),
            time(stop),
            time(decided),
            reason,
            audio[self._first - offset : stop - offset],
            sum(step.speech for step in steps) / len(steps),
        )
        self.speaking, self._floor = False, stop

    def _forget(self) -> None:
        """Drop speech that is not believed."""
        self._onset, self._spoken = None, 0

    def _trim(self, now: int) -> None:
        """Drop the steps that no segment can reach any more."""
        onset = now if self._onset is None else self._onset
        lead_in = max(onset - _samples(self.options.before_s), self._floor)
        needed = self._first if self.speaking else lead_in
        while self._steps and self._steps[0].stop <= needed:
            self._steps.popleft()


def _samples(seconds: float) -> int:
    return round(seconds * RATE)
