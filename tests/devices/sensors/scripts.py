"""A handshake played against a device that is a function: what is sent, and what it answers."""

from collections.abc import Callable

from devices.sensors.driver import Drain, Expect, Script, Send


def play(script: Script, answer: Callable[[bytes], bytes]) -> list[bytes]:
    """Run a script to its end; return what it sent, in order.

    Raises
    ------
    TimeoutError
        When something expected does not come.
    """
    sent, unread, reply = [], b"", None
    while True:
        try:
            step = script.send(reply)
        except StopIteration:
            return sent
        if isinstance(step, Send):
            sent.append(step.data)
            unread += answer(step.data)
            reply, unread = (unread, b"") if step.wait_s else (b"", unread)
        elif isinstance(step, Drain):
            reply, unread = unread, b""
        else:
            assert isinstance(step, Expect)
            end = step.found(unread)
            if end is None:
                raise TimeoutError(step.what)
            reply, unread = unread[:end], unread[end:]
