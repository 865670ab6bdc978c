"""Raw captures: written while a device streams, read by eye, and played again."""

import json
import time

import numpy as np
import pytest

from devices.block import Block, Gap
from devices.emulation.bitalino import Bitalino
from devices.emulation.emulator import Emulator
from devices.emulation.faults import Fault
from devices.link.capture import Capture
from devices.link.captured import is_capture, read_capture
from devices.link.captured_source import CapturedSource
from devices.link.sensor import Sensor, State
from devices.link.session_clock import SessionClock
from devices.link.supervisor import Patience
from devices.link.tape import CaptureTransport
from devices.link.transport import PortAbsent, Unplugged
from devices.sensors.driver import Wanted
from devices.sensors.url import parse
from devices.source import SourceNotFound, UnreadableSource
from tests.devices.link.conftest import HASTY
from tests.devices.link.deliveries import BITALINO, Deliveries

HEAD = {
    "maeum": "raw capture",
    "version": 1,
    "url": "serial:///dev/ttyUSB0?protocol=lines&channels=eda:EDA/uS&rate=100",
}


def written(path, lines, head=HEAD):
    path.write_text("\n".join([json.dumps(head), *lines]) + "\n")
    return path


def reading(at, text):
    return f"{at:.9f} < {text.encode().hex()}"


@pytest.fixture
def captured(tmp_path, terminal):
    """Capture of a BITalino that is unplugged once; and what was delivered then."""
    path, out, clock = tmp_path / "capture.txt", Deliveries(), SessionClock()
    url = parse(f"serial://{terminal.by_id}?{BITALINO}")
    capture = Capture(path, url.text, clock.now, {"name": "BITalino"})
    sensor = Sensor(url, clock, out, capture, listing=list, patience=HASTY)
    with Emulator(Bitalino(), terminal) as emulator:
        sensor.start()
        assert sensor.wait_streaming(5)
        out.until(lambda: out.samples("eda") > 300)
        emulator.plan(Fault(0, "rename", 0.1))
        out.until(lambda: sensor.facts.reconnects == 1 and out.samples("eda") > 800)
        sensor.stop()
    capture.close()
    assert capture.bytes == sum(len(entry.data) for entry in read_capture(path).entries if entry.direction == "<")
    return path, out


def test_a_capture_holds_every_byte_with_its_time(captured):
    """Openings, handshake, data and the loss stand in it in order."""
    path, _ = captured
    assert is_capture(path)
    capture = read_capture(path)
    assert capture.url.startswith("serial://")
    assert capture.head["device"] == {"name": "BITalino"}
    assert capture.notices == ()
    times = [entry.time for entry in capture.entries]
    assert times == sorted(times)
    happened = [entry.text for entry in capture.entries if entry.direction == "!"]
    assert [text.split()[0] for text in happened] == ["opened", "lost:", "opened"]
    assert any("BITalino 5.2" in entry.text for entry in capture.entries if entry.direction == "#")
    assert b"\x07" in [entry.data for entry in capture.entries if entry.direction == ">"]


def test_a_capture_is_a_recording(captured):
    """Decoded anew, it gives the samples that were delivered, and the outage as one gap."""
    path, out = captured
    source = CapturedSource(path)
    assert source.rates == {"eda": 1000.0, "ecg": 1000.0, "temp": 1000.0}
    events = list(source.events())
    blocks = [event for event in events if isinstance(event, Block) and event.stream == "ecg"]
    again = np.concatenate([block.values for block in blocks])
    then = np.concatenate([block.values for block in out.blocks("ecg")])
    # Live, a few samples came for time that had been given up already.
    assert len(then) <= len(again) <= len(then) + 200
    # The last ones came while it was told to stop.
    assert any(np.array_equal(again[at : at + 300], then[-300:]) for at in range(len(again) - 500, len(again) - 299))
    before, outage, *after = (event for event in events if isinstance(event, Gap) and event.stream == "ecg")
    assert (before.time, before.reason) == (0.0, "not connected yet")
    assert outage.duration == pytest.approx(out.gaps("ecg")[-1].duration, abs=0.1)
    assert all(gap.reason == "the capture is over" for gap in after)
    assert any("unplugged" in notice for notice in source.notices())
    assert [event.time for event in events] == [event.time for event in source.events()]


def test_a_capture_ends_with_the_session_or_is_missing_to_its_end(captured):
    """Whatever the session's length, every stream is accounted for up to there."""
    source = CapturedSource(captured[0])
    for end in (0.0, 0.4, 0.77, source.duration, source.duration + 2.0):
        for stream, rate in source.rates.items():
            events = [event for event in source.events(end) if event.stream == stream]
            passed = 0.0
            for event in events:
                assert event.time == pytest.approx(passed, abs=0.6 / rate)
                passed = event.end if isinstance(event, Block) else event.time + event.duration
            assert passed == pytest.approx(end, abs=1 / rate)


def test_a_capture_can_be_read_by_another_formula(captured):
    """Raw values are in it; who named the wrong formula need not record again."""
    path, _ = captured
    wanted = [Wanted("eda", "A3", "rev2016"), Wanted("ecg", "A2"), Wanted("temp", "A1")]
    usual, other = (
        np.concatenate([one.values for one in source.events() if isinstance(one, Block) and one.stream == "eda"])
        for source in (CapturedSource(path), CapturedSource(path, wanted))
    )
    assert np.allclose(usual - other, 0.574 / 0.132, atol=1e-5)


def test_a_capture_takes_the_place_of_its_device(captured):
    """Supervised like a port, at twice the speed, it streams, is lost and comes back."""
    path, _ = captured
    capture, out = read_capture(path), Deliveries()
    clock = SessionClock(lambda: 2 * time.monotonic())
    transport = CaptureTransport(capture, "capture", clock.now)
    sensor = Sensor(parse(capture.url), clock, out, transport=transport, patience=Patience(gather_s=0.005))
    sensor.start()
    out.until(lambda: any("is over" in text for text in [*out.notices(), str(sensor.facts.problem)]))
    assert sensor.facts.reconnects == 1
    sensor.stop()
    assert sensor.state is State.CLOSED
    assert out.samples("eda") > 300


def test_what_is_on_the_disk_is_never_older_than_a_second(tmp_path):
    """Lines are flushed as time passes, and a capture is never overwritten."""
    now = [0.0]
    capture = Capture(tmp_path / "c", "serial:///dev/x", lambda: now[0])
    assert is_capture(tmp_path / "c")
    capture.read(b"\x01")
    now[0] = 1.0
    capture.read(b"\x02")
    assert [entry.data for entry in read_capture(tmp_path / "c").entries] == [b"\x01", b"\x02"]
    capture.close()
    capture.read(b"\x03")
    with pytest.raises(FileExistsError):
        Capture(tmp_path / "c", "serial:///dev/x", lambda: now[0])


def test_a_capture_that_breaks_off_is_good_to_its_last_whole_line(tmp_path):
    """What cannot be read is said with its line."""
    path = written(tmp_path / "c", [reading(0.5, "EDA:1\n"), "0.7 < 4", "0.8 ? 00", "x"])
    capture = read_capture(path)
    assert [entry.time for entry in capture.entries] == [0.5]
    assert [notice.split(" ")[0] for notice in capture.notices] == ["c:3:", "c:4:", "c:5:"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not a raw capture"),
        ("hello\n", "not a raw capture"),
        ("[1, 2]\n", "not a raw capture"),
        (json.dumps(HEAD | {"version": 7}), "version 7"),
        (json.dumps(HEAD | {"url": "serial:///dev/x?protocol=none&channels=eda"}), "none"),
        (json.dumps(HEAD | {"url": "serial:///dev/x?protocol=bitalino&channels=eda:B9"}), "B9"),
        (json.dumps(HEAD), "nothing in it is of a .*: sends nothing"),
        (json.dumps(HEAD) + f"\n0.5 < {'00' * 900}", "nothing in it is of a .*: wrong baud rate or another protocol"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, content, words):
    """Whatever it is, the message names the file and what is wrong."""
    path = tmp_path / "c"
    path.write_text(content)
    with pytest.raises(UnreadableSource, match=words):
        CapturedSource(path)
    with pytest.raises(SourceNotFound):
        CapturedSource(tmp_path / "nothing")


def test_lines_without_a_rate_get_one_from_the_capture(tmp_path):
    """What the URL does not say is heard from the lines; their samples lie on an even grid."""
    lines = [reading(0.02 * k, f"EDA:{k % 7}.5\n") for k in range(200)]
    head = HEAD | {"url": "serial:///dev/x?protocol=lines&channels=eda:EDA/uS"}
    source = CapturedSource(written(tmp_path / "c", lines, head))
    assert source.rates == {"eda": 50.0}
    blocks = [event for event in source.events() if isinstance(event, Block)]
    assert {block.rate for block in blocks} == {50.0}
    assert sum(len(block.values) for block in blocks) >= 198
    assert source.duration == pytest.approx(3.98)


def test_an_empty_capture_plays_nothing(tmp_path):
    """A device that was never opened is an absent port."""
    path = written(tmp_path / "c", [])
    transport = CaptureTransport(read_capture(path), "capture", time.monotonic)
    with pytest.raises(PortAbsent):
        transport.open()
    with pytest.raises(Unplugged):
        transport.read()


def test_text_lines_play_in_real_time(tmp_path):
    """Bytes come at the moments at which they came, by an injected clock."""
    now = [100.0]
    capture = read_capture(
        written(tmp_path / "c", [reading(1.0, "a"), reading(1.5, "b"), "1.6 > 00", reading(3.0, "c")])
    )

    def sleep(seconds):
        now[0] += seconds

    transport = CaptureTransport(capture, "capture", lambda: now[0], sleep)
    transport.open()
    seen = {}
    for _ in range(300):
        try:
            data = transport.read()
        except Unplugged:
            break
        if data:
            seen[data] = round(now[0] - 100, 1)
    assert seen == {b"a": 0.0, b"b": 0.5, b"c": 2.0}
