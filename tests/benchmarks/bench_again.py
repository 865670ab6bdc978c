"""Recorded sessions run again, and what all of that costs.

    python tests/benchmarks/bench_again.py [RUNS]

The built-in session is run as a live one would be, with clocks that jump and words that come when they like, recorded,
and run again: how many of the runs come out the same to the byte. Beside it the processor's time of a session with a
recording and without, as a share of one core at speed 1.
"""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from devices.demo import demo_source
from devices.sessions.recorded import RecordedSession
from models.bundle import Bundle, load_bundle
from realtime.controls import Controls
from realtime.desk import ToldDesk
from realtime.pacing import Pacer
from realtime.pipeline import SessionOptions
from realtime.recording import recording
from realtime.retelling import Retold, decided
from realtime.session import Session
from realtime.words import Words, given_transcripts
from tests.realtime.test_recording import Noise

OPTIONS = SessionOptions()


def live(bundle: Bundle, place: Path, seed: int) -> list[object]:
    """What a noisy, recorded session decides."""
    noise, source = Noise(seed), demo_source(512)
    pacer = Pacer(clock=noise.clock, began=0.0, live=True)
    given = given_transcripts(source.utterances)

    def transcribe(segment):
        noise.transcribe(segment)
        return given(segment)

    with Words(transcribe, bundle.models["text"]) as words, recording(place, source, bundle, OPTIONS, None) as taps:
        session = Session(
            source,
            bundle,
            words,
            pacer,
            OPTIONS,
            waited_s=noise.waited_s,
            controls=Controls(pacer),
            taps=taps,
        )
        return [body for message in session.run() if (body := decided(message))]


def again(bundle: Bundle, place: Path) -> list[object]:
    """What it decides when it is run again."""
    (folder,) = place.iterdir()
    retold = Retold(RecordedSession(folder))
    session = Session(retold, bundle, ToldDesk(), Pacer(None), OPTIONS, taps=[retold])
    return [body for message in session.run() if (body := decided(message))]


def cost(bundle: Bundle, place: Path | None) -> float:
    """Processor seconds for each second of a session without Whisper."""
    source = demo_source()
    with (
        Words(given_transcripts(source.utterances), bundle.models["text"]) as words,
        recording(place, source, bundle, OPTIONS, None) as taps,
    ):
        session = Session(source, bundle, words, Pacer(None), OPTIONS, taps=taps)
        began = time.process_time()
        for _ in session.run():
            pass
    return (time.process_time() - began) / session.now


def main() -> None:
    """Print both."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    bundle = load_bundle()
    same = 0
    for seed in range(runs):
        with tempfile.TemporaryDirectory() as place:
            same += live(bundle, Path(place), seed) == again(bundle, Path(place))
    plain, kept = [], []
    for _ in range(5):
        plain.append(cost(bundle, None))
        with tempfile.TemporaryDirectory() as place:
            kept.append(cost(bundle, Path(place)))
    middle, with_it = sorted(plain)[2], sorted(kept)[2]
    table = Table("what", "result")
    table.add_row("noisy live sessions that come out the same", f"{same} of {runs}")
    table.add_row("a session without a recording", f"{100 * middle:.2f} % of a core")
    table.add_row("with one", f"{100 * with_it:.2f} % ({100 * (with_it - middle):+.2f}, x {with_it / middle:.2f})")
    Console().print(table)


if __name__ == "__main__":
    main()
