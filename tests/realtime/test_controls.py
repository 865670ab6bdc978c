"""What people ask for reaches the session once, as commands it can repeat."""

from realtime.controls import Controls
from realtime.keys import Wish
from realtime.pacing import Pacer


def asked(controls: Controls) -> list[tuple[str, str]]:
    return [(one.action, one.value) for one in controls.commands(3.0)]


def test_a_second_press_takes_a_mute_back():
    controls = Controls(Pacer())
    controls.wish(Wish("mute", "voice"))
    assert asked(controls) == [("mute", "voice")]
    controls.wish(Wish("mute", "voice"))
    assert asked(controls) == [("unmute", "voice")]


def test_pausing_a_live_session_silences_it_and_keeps_what_was_muted():
    controls = Controls(Pacer(live=True))
    controls.wish(Wish("mute", "text"))
    controls.wish(Wish("pause"))
    assert asked(controls) == [("mute", "text"), ("pause", ""), ("mute", "voice"), ("mute", "bio")]
    controls.wish(Wish("pause"))
    assert asked(controls) == [("resume", ""), ("unmute", "voice"), ("unmute", "bio")]


def test_a_mute_during_a_pause_holds_after_it():
    controls = Controls(Pacer(live=True))
    for wish in (Wish("pause"), Wish("mute", "bio"), Wish("pause")):
        controls.wish(wish)
    muted: set[str] = set()
    for action, value in asked(controls):
        muted = muted | {value} if action == "mute" else muted - {value} if action == "unmute" else muted
    assert muted == {"bio"}


def test_pausing_a_recording_holds_it():
    pacer = Pacer()
    controls = Controls(pacer)
    controls.wish(Wish("pause"))
    assert pacer.paused
    assert asked(controls) == [("pause", "")]


def test_seeking_ends_a_session_only_where_it_can_begin_elsewhere():
    pacer = Pacer()
    controls = Controls(pacer)
    controls.wish(Wish("forward"))
    assert not pacer.stopped
    controls = Controls(pacer, seekable=True)
    controls.wish(Wish("back"))
    assert pacer.stopped
    assert controls.seek_by == -10.0


def test_commands_carry_their_time_and_value():
    controls = Controls(Pacer())
    controls.wish(Wish("correct", "sad"))
    (command,) = controls.commands(7.25)
    assert (command.t, command.action, command.value) == (7.25, "correct", "sad")
    assert controls.commands(8.0) == []
