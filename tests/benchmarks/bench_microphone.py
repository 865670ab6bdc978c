"""How long sound takes from the microphone to the pipeline, beyond the length of a block.

Run `python tests/benchmarks/bench_microphone.py [seconds]`, where PulseAudio and PortAudio are installed. A null sink's
monitor is the microphone. Each block is timed when it leaves `LiveSource.events()`, against the moment at which its
last sample was heard: by PortAudio's clock (the time of the ADC that each callback brings), by the fitted clock that
places the block in session time, and by impulses played at moments that PulseAudio tells. Of these times, the row
`queues` is what passes after the callback; the rest is the resampler and the sound server.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from played_impulses import Impulses
from rich.console import Console
from rich.table import Table

from devices import microphone
from devices.audio_file import RATE
from devices.block import Block
from devices.link.session_clock import SessionClock
from devices.live import LiveSource
from devices.portaudio import Heard as PortAudioHeard
from devices.portaudio import Input
from devices.sound_process import SoundProcess

sys.path.insert(0, str(Path(__file__).parents[2]))  # of the tests, only what lies beside a script is found without

from tests.devices.audio_server import AudioServer, missing

Doubles = NDArray[np.float64]

SECONDS = 30.0
SETTLED_S = 3.0
"""Of sound, after which the clock fit is at rest and counting begins"""


@dataclass
class Heard:
    """Everything that came, times by the monotonic clock."""

    rate: int = 0
    callbacks: list[tuple[float, int, float]] = field(default_factory=list)
    """When it was called, its frames, and how long before the first of them was heard, by PortAudio"""
    blocks: list[tuple[float, Block]] = field(default_factory=list)
    """When it left, and it"""
    began: float = 0.0
    """Session time 0"""


def listen(seconds: float) -> tuple[Heard, Doubles]:
    """Follow the default microphone while impulses are played into it; what came, and when each was played."""
    heard = Heard()

    process = SoundProcess()

    def opened(source: Input, hear: Callable[[PortAudioHeard], None], finished: Callable[[], None]) -> Any:
        heard.rate = source.rate

        def called(one: PortAudioHeard) -> None:
            heard.callbacks.append((one.at, len(one.values), one.since_s))
            hear(one)

        return process.open_input(source, called, finished)

    source = LiveSource(SessionClock())
    heard.began = source.clock.began
    sound = SimpleNamespace(inputs=process.inputs, refresh=process.refresh, open_input=opened)
    with Impulses() as impulses:
        source.add(partial(microphone.Microphone, None, sound=sound))
        events, end = source.events(), time.monotonic() + SETTLED_S + seconds
        for event in events:
            if isinstance(event, Block):
                heard.blocks.append((time.monotonic(), event))
            if time.monotonic() > end:
                break
        events.close()
    return heard, impulses.played


def latencies(heard: Heard, played: Doubles) -> dict[str, Doubles]:
    """Seconds from the last sample of each block to the block, by each way of knowing when that sample was heard."""
    blocks = [block for _, block in heard.blocks]
    left = np.array([at for at, _ in heard.blocks])
    first = blocks[0].index
    ends = np.array([block.index - first + len(block.values) for block in blocks])
    counted = np.cumsum([frames for _, frames, _ in heard.callbacks])
    called = np.array([at for at, _, _ in heard.callbacks])
    frames_s = np.array([frames for _, frames, _ in heard.callbacks]) / heard.rate
    since_adc = np.array([since for _, _, since in heard.callbacks])
    places = ends * (heard.rate / RATE)
    settled = left > left[0] + SETTLED_S
    brought = called[np.minimum(np.searchsorted(called, left, "right") - 1, len(called) - 1)]
    fitted = heard.began + np.array([block.end for block in blocks])
    return {
        "PortAudio's ADC time": (left - np.interp(places, counted, called - since_adc + frames_s))[settled],
        "fitted clock": (left - fitted)[settled],
        "impulses": _by_impulses(heard, played, left, ends),
        "queues": (left - brought)[settled],
    }


def _by_impulses(heard: Heard, played: Doubles, left: Doubles, ends: Doubles) -> Doubles:
    """The same for blocks in which an impulse was found."""
    audio = np.concatenate([block.values for _, block in heard.blocks])
    loud = np.flatnonzero(audio > 0.3 * audio.max())
    spells = np.split(loud, np.flatnonzero(np.diff(loud) > RATE // 50) + 1)
    peaks = np.array([spell[np.argmax(audio[spell])] for spell in spells])
    inside = np.searchsorted(ends, peaks, "right")
    about = heard.began + np.array([heard.blocks[k][1].end for k in inside]) - (ends[inside] - peaks) / RATE
    nearest = played[np.abs(played[:, None] - about).argmin(axis=0)]
    latency = left[inside] - (nearest + (ends[inside] - peaks) / RATE)
    return np.asarray(latency[left[inside] > left[0] + SETTLED_S])


def main() -> None:
    """Print medians, 95th percentiles and the worst."""
    console = Console(width=120)
    if why := missing():
        console.print(f"skipped: {why}")
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder, AudioServer(Path(folder)) as server:
        os.environ.update(server.environment)
        heard, played = listen(seconds)
    lengths = sorted({1e3 * len(block.values) / RATE for _, block in heard.blocks})
    title = f"from the last sample of a block to the block, ms; {heard.rate} Hz, blocks of up to {lengths[-1]:.1f} ms"
    table = Table("by", "n", "p50", "p95", "worst", title=title)
    for name, seen in latencies(heard, played).items():
        worst = [f"{1e3 * value:.2f}" for value in (*np.percentile(seen, [50, 95]), seen.max())]
        table.add_row(name, str(len(seen)), *worst)
    console.print(table)


if __name__ == "__main__":
    main()
