"""Draw the README's picture of the dashboard: `python -m tests.picture docs/dashboard.svg [SECOND]`."""

import sys
from dataclasses import replace
from pathlib import Path

from devices.demo import demo_source
from models.bundle import load_bundle
from models.whisper_weights import weights_folder
from realtime.dashboard import export_svg
from realtime.fusion import Label
from realtime.pacing import Pacer
from realtime.session import Session
from realtime.view import View
from realtime.words import WhisperTranscripts, Words


def main(file: Path, second: float) -> None:
    """Run the built-in session up to a moment and draw the screen as it is then."""
    bundle = load_bundle()
    with Words(WhisperTranscripts(str(weights_folder("base")), "ko"), bundle.models["text"]) as words:
        session = Session(demo_source(), bundle, words, Pacer(None))
        view = View(session)
        for message in session.run():
            view.take(message)
            if isinstance(message, Label) and message.t >= second:
                break
    moment = replace(view.snapshot(), t=second, speed=1.0, lag=0.0, latency_ms=(), age_ms=None)
    file.write_text(export_svg(moment, 100, 32), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 60.0)
