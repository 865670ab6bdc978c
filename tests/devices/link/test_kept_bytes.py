"""A live session that is recorded keeps every byte of its sensors beside what became of them."""

from functools import partial

import numpy as np

from devices.block import Block
from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.link.captured_source import CapturedSource
from devices.link.sensor import Sensor
from devices.link.session_clock import SessionClock
from devices.live import LiveSource
from devices.sensors.url import parse
from devices.sessions.recorded import RecordedSession
from devices.sessions.recorder import Recorder
from tests.devices.link.conftest import HASTY
from tests.devices.link.deliveries import BITALINO
from tests.devices.streams import samples


def test_bytes_of_a_recorded_session_give_its_samples_again(tmp_path, terminal):
    source = LiveSource(SessionClock())
    url = parse(f"serial://{terminal.by_id}?{BITALINO}")
    source.add(partial(Sensor, url, listing=list, patience=HASTY))
    with Emulator(Bitalino(), terminal), Recorder(tmp_path, source, {}) as recorder:
        source.keep_bytes(recorder.capture)
        events, came = source.events(), 0
        while came < 800:
            event = next(events)
            recorder.write(event)
            came += len(event.values) if isinstance(event, Block) else 0
        events.close()
    session = RecordedSession(recorder.folder)
    (capture,) = session.captures
    again = CapturedSource(capture)
    assert capture.stem == "-".join(source.rates)
    for stream in source.rates:
        heard = samples(session.events(), stream)
        assert len(heard) > 100
        assert np.array_equal(samples(again.events(), stream)[: len(heard)], heard)
    assert not [checked.wrong for checked in session.verify() if checked.wrong]
