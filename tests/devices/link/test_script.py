"""Handshakes over a device that answers by the book, in a time of its own."""

import pytest

from devices.link.script import Conversation
from devices.link.transport import READ_S, Interrupted, NoAnswer
from devices.sensors.driver import Drain, Expect, Refused, Send


class Answering:
    """A device that answers each command after a while; its clock moves by its reads."""

    name = "port"

    def __init__(self, answers, chatter=b""):
        self.now, self.written = 0.0, []
        self._answers, self._due, self._chatter = answers, [], chatter

    def write(self, data):
        self.written.append((round(self.now, 3), data))
        self._due += [(self.now + wait, reply) for wait, reply in self._answers.get(data, [])]

    def read(self):
        self.now += READ_S
        come = [reply for at, reply in self._due if at <= self.now]
        self._due = [(at, reply) for at, reply in self._due if at > self.now]
        return b"".join(come) + self._chatter


def line(read):
    return read.index(b"\n") + 1 if b"\n" in read else None


def talk(device, script, **options):
    return Conversation(device, lambda: device.now, **options).run(script)


def test_replies_reach_the_script_and_the_rest_the_stream():
    """An expected reply ends where it ends; what follows it is the stream's."""
    replies = []

    def script():
        replies.append((yield Send(b"v", 0.0)))
        replies.append((yield Expect(line, 1.0, "a line")))
        yield Send(b"go")

    device = Answering({b"v": [(0.1, b"ver"), (0.2, b"sion\nda")], b"go": []})
    assert talk(device, script()) == b"da"
    assert replies == [b"", b"version\n"]
    assert [data for _, data in device.written] == [b"v", b"go"]


def test_a_pause_after_a_command_is_kept():
    """The next command is written after the wait, and what came meanwhile is the reply."""
    replies = []

    def script():
        replies.append((yield Send(b"a", 0.15)))
        yield Send(b"b")

    device = Answering({b"a": [(0.1, b"ok")]})
    assert talk(device, script()) == b""
    assert replies == [b"ok"]
    assert device.written[1][0] >= 0.15


def test_silence_and_nonsense_are_told_apart():
    """What did not come is named, with the time it had and what came instead."""

    def script():
        yield Send(b"v")
        yield Expect(line, 0.5, "the version string")

    with pytest.raises(NoAnswer, match=r"port: expected the version string within 0.5 s, nothing came at all") as error:
        talk(Answering({}), script())
    assert isinstance(error.value, TimeoutError)
    with pytest.raises(NoAnswer, match=r"only 3 other bytes came"):
        talk(Answering({b"v": [(0.1, b"\x00\x01\x02")]}), script())


def test_draining_ends_with_quiet_or_with_patience():
    """Old frames are dropped until none has come for a while; a device that never stops does not hold us up."""

    def script():
        yield Send(b"v")
        dropped.append((yield Drain(0.1, at_most_s=1.0)))

    dropped = []
    device = Answering({b"v": [(0.05, b"old"), (0.12, b"frames")]})
    talk(device, script())
    assert dropped == [b"oldframes"]
    assert device.now < 0.4
    endless = Answering({}, chatter=b"z")
    talk(endless, script())
    assert endless.now == pytest.approx(1.0, abs=0.1)


def test_a_refusal_is_passed_on_and_the_script_closed():
    """A driver that will not have an answer ends the conversation with its own words."""
    closed = []

    def script():
        try:
            if (yield Send(b"v", 0.1)) == b"no":
                raise Refused("the device says no")
        finally:
            closed.append(True)

    with pytest.raises(Refused, match="says no"):
        talk(Answering({b"v": [(0.0, b"no")]}), script())
    assert closed == [True]


def test_a_conversation_can_be_interrupted():
    """Whoever wants to stop need not wait for a reply."""

    def script():
        yield Expect(line, 60.0, "anything")

    device = Answering({})
    with pytest.raises(Interrupted):
        talk(device, script(), is_over=lambda: device.now > 0.2)
    assert device.now < 0.4


def test_life_goes_on_meanwhile():
    """Something is called at each read, however long the device takes."""
    calls = []
    device = Answering({})
    Conversation(device, lambda: device.now, meanwhile=lambda: calls.append(device.now)).settle(1.0)
    assert len(calls) >= 1.0 / READ_S - 1
