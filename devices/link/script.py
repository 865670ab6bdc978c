"""Handshakes: what a driver wants said to its device, said over a transport."""

import time
from collections.abc import Callable

from devices.link.transport import Interrupted, NoAnswer, Transport
from devices.sensors.driver import Drain, Expect, Script, Send, Step


class Conversation:
    """A script's reads and writes, one step after the other.

    Parameters
    ----------
    transport
        Open.
    monotonic
        Seconds on a clock without jumps.
    is_over
        Ends the conversation as soon as it returns True.
    meanwhile
        Called at every read: what must go on while a device takes its time.
    """

    def __init__(
        self,
        transport: Transport,
        monotonic: Callable[[], float] = time.monotonic,
        is_over: Callable[[], bool] = lambda: False,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self._transport, self._monotonic = transport, monotonic
        self._is_over, self._meanwhile = is_over, meanwhile
        self._unread = b""

    def run(self, script: Script) -> bytes:
        """Carry a script to its end.

        Returns
        -------
        What was read and belongs to none of its steps: the first bytes of the stream.

        Raises
        ------
        NoAnswer
            When something expected did not come in time.
        Refused
            When an answer will not do.
        Unplugged, Interrupted
        """
        try:
            step = next(script)
            while True:
                step = script.send(self._take(step))
        except StopIteration:
            return self._unread
        finally:
            script.close()

    def settle(self, seconds: float) -> None:
        """Drop what a device says while it starts up."""
        self._for(seconds)

    def _take(self, step: Step) -> bytes:
        if isinstance(step, Send):
            self._transport.write(step.data)
            if not step.wait_s:
                return b""
            reply, self._unread = self._unread + self._for(step.wait_s), b""
            return reply
        if isinstance(step, Expect):
            return self._expected(step)
        return self._drained(step)

    def _for(self, seconds: float) -> bytes:
        """Read for so long."""
        end, data = self._monotonic() + seconds, b""
        while self._monotonic() < end:
            data += self._read()
        return data

    def _expected(self, step: Expect) -> bytes:
        end, read = self._monotonic() + step.timeout_s, self._unread
        while (length := step.found(read)) is None:
            if self._monotonic() >= end:
                raise NoAnswer(f"{self._transport.name}: {_what_came(step, read)}")
            read += self._read()
        self._unread = read[length:]
        return read[:length]

    def _drained(self, step: Drain) -> bytes:
        dropped, self._unread = self._unread, b""
        now = self._monotonic()
        quiet, end = now + step.quiet_s, now + step.at_most_s
        while (now := self._monotonic()) < min(quiet, end):
            if data := self._read():
                dropped, quiet = dropped + data, now + step.quiet_s
        return dropped

    def _read(self) -> bytes:
        if self._is_over():
            raise Interrupted(f"{self._transport.name}: stopped while talking to the device")
        self._meanwhile()
        return self._transport.read()


def _what_came(step: Expect, read: bytes) -> str:
    came = f"only {len(read)} other bytes came" if read else "nothing came at all"
    return f"expected {step.what} within {step.timeout_s:g} s, {came}; is it the right device and baud rate?"
