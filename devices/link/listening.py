"""A short listen at a port, to find out what is behind it; a silent device that may be one of ours is asked politely.

The port is opened once, since opening restarts an Arduino, and the baud rate changed as long as nothing makes sense.
What we find streaming is told to stop, as a program that ended well would have done; nothing is ever told to start.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from devices.link.chips import Guess, guess
from devices.link.evidence import TEXT_SHARE, printable
from devices.link.port_finder import ListedPort, lasting_name
from devices.link.recognition import Recognised, few_lines, recognise
from devices.link.script import Conversation
from devices.link.transport import LinkError, RateRefused, SerialTransport, SocketTransport, Transport
from devices.sensors import catalog
from devices.sensors.driver import Port, Refused
from devices.sensors.questions import QUESTIONS
from devices.sensors.suggestion import Suggestion, suggest
from devices.sensors.url import BadSensorUrl, SensorUrl, place

LISTEN_S = 3.6
"""At one port, at most"""
SILENT_S = 1.9
"""Without a byte, after which a device speaks no more by itself: an Arduino that was restarted boots so long"""
WINDOW_S = 0.35
"""At a baud rate that gives neither frames nor text"""
JUDGE_S = 0.1
"""Between two judgements of what has come"""
HANG_S = 0.9
"""Beyond `LISTEN_S`, for a port that does not even open: a Bluetooth one whose device is away"""
RATES = (115_200, 9_600, 230_400, 57_600, 2_000_000)
"""Usual baud rates, the most usual first"""
USUAL = {"emotibit": 2_000_000, "chords": 230_400}
"""Those of protocols that have another one"""
MUTE = "emotibit"
"""It neither speaks by itself nor can be asked: what would make it speak has other effects at another time"""
_DEFAULT_BAUD = 115_200  # of the drivers that let it be chosen
_TUNABLE = ("lines", "healthypi")


@dataclass(frozen=True, slots=True)
class Finding:
    """One port, before a listen or after it."""

    port: ListedPort
    lasting: str
    """Its name for a URL: below `by-id` where it has one there"""
    guess: Guess
    """By its USB numbers and names"""
    scheme: str = "serial"
    """Of its URL: serial or socket"""
    recognised: Recognised | None = None
    baud: int | None = None
    """At which it was recognised; None behind a socket"""
    says: str = ""
    """What it said of itself, or why nothing more is known of it"""
    opened: bool = True
    """False where the port is absent, busy or not permitted"""

    @property
    def suggestion(self) -> Suggestion | None:
        """What to ask of the device that was recognised."""
        if self.recognised is None:
            mute = self.opened and self.guess.protocols[:1] == (MUTE,)
            return suggest(MUTE) if mute else None
        chosen = self.baud not in (None, _DEFAULT_BAUD) and self.recognised.protocol in _TUNABLE
        options = {**self.recognised.options, **({"baud": str(self.baud)} if chosen else {})}
        return suggest(self.recognised.protocol, self.recognised.channels, options)

    def url(self, suggestion: Suggestion) -> str:
        """Return the URL of the sensor at this port."""
        return SensorUrl(self.scheme, self.lasting, suggestion.protocol, suggestion.wanted, suggestion.options).text


def unheard(port: ListedPort) -> Finding:
    """Return what is known of a port without opening it."""
    lasting = lasting_name(port.device)
    return Finding(port, lasting, guess(port, lasting))


def named(text: str, listed: Sequence[ListedPort]) -> Finding:
    """Return what is known of a port that a person named: `/dev/ttyUSB0`, `COM3`, `socket://HOST:PORT`.

    Raises
    ------
    BadSensorUrl
        When it is none.
    """
    scheme, address = place(text, text) if "://" in text else ("serial", text)
    if scheme == "lsl":
        raise BadSensorUrl(f"{text!r} is no port to listen to; name a serial port or socket://HOST:PORT")
    if scheme == "socket":
        port = ListedPort(address)
        return Finding(port, address, guess(port), scheme)
    return unheard(next((port for port in listed if port.device == address), ListedPort(address)))


def listen(finding: Finding) -> Finding:
    """Open a port for a few seconds; return what is behind it."""
    rates = _rates(finding.guess)
    address = finding.port.device
    transport = (
        SerialTransport(address, Port(rates[0]), list) if finding.scheme == "serial" else SocketTransport(address)
    )
    try:
        transport.open()
    except LinkError as error:
        return replace(finding, says=str(error).removeprefix(f"{address}: "), opened=False)
    try:
        return _Listening(transport, finding, rates, time.monotonic() + LISTEN_S).result()
    except LinkError as error:
        return replace(finding, says=str(error).removeprefix(f"{address}: "))
    finally:
        transport.close()


def listen_to_all(findings: Sequence[Finding], done: Callable[[], None] = lambda: None) -> list[Finding]:
    """Listen at all ports at the same time, and wait for none that hangs; `done` is called as each one ends."""
    results = list(findings)

    def one(place: int) -> None:
        results[place] = listen(findings[place])
        done()

    threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(len(findings))]
    for thread in threads:
        thread.start()
    end = time.monotonic() + LISTEN_S + HANG_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    hung = "does not open in time: is the device switched on, and near enough?"
    return [
        replace(result, says=hung, opened=False) if thread.is_alive() else result
        for result, thread in zip(results, threads, strict=True)
    ]


def _rates(guessed: Guess) -> list[int]:
    """Return the baud rates to listen at: those of the likely protocols first."""
    usual = (USUAL.get(protocol, _DEFAULT_BAUD) for protocol in guessed.protocols)
    return list(dict.fromkeys((*usual, *RATES)))


class _Listening:
    """One listen at an open port."""

    def __init__(self, transport: Transport, finding: Finding, rates: Sequence[int], end: float) -> None:
        self._transport, self._finding, self._end = transport, finding, end
        self._rates: Sequence[int | None] = rates if isinstance(transport, SerialTransport) else [None]
        self._text = b""  # that came last, where text came

    def result(self) -> Finding:
        """Return what is behind the port."""
        first = self._read(SILENT_S, bool)
        return self._by_itself(first) if first else self._asked()

    def _by_itself(self, first: bytes) -> Finding:
        """Find the baud rate at which what comes without being asked makes sense."""
        for baud in self._rates:
            if baud != self._rates[0]:
                self._tune(baud)
                first = b""
            recognised = self._heard(first)
            if recognised is not None:
                self._hush(recognised)
                return replace(self._finding, recognised=recognised, baud=baud)
        return replace(self._finding, says=self._unexplained())

    def _heard(self, data: bytes) -> Recognised | None:
        """Listen at one baud rate, on as long as text comes, or nothing: a sketch may print a line a second."""
        while time.monotonic() < self._end:
            window, recognised = self._window(data)
            data += window
            if recognised is not None:
                return recognised
            if printable(window) < TEXT_SHARE * len(window):
                return None
            self._text = data
        return few_lines(data)

    def _window(self, before: bytes) -> tuple[bytes, Recognised | None]:
        window, end = b"", min(time.monotonic() + WINDOW_S, self._end)
        while time.monotonic() < end:
            more = self._read(JUDGE_S)
            window += more
            recognised = recognise(before + window) if more else None
            if recognised is not None:
                return window, recognised
        return window, None

    def _unexplained(self) -> str:
        """Say what came and was of no protocol."""
        lines = self._text.decode("ascii", "replace").split("\n")
        if line := max((line.strip() for line in lines), key=len, default=""):
            return f"prints text that is no list of numbers: {line[:60]!r}"
        tried = ", ".join(str(baud) for baud in self._rates if baud is not None)
        return "sends bytes of no device that is known" + (f", at none of {tried} baud" if tried else "")

    def _asked(self) -> Finding:
        """Ask what the port may be, one question after the other."""
        for protocol in self._finding.guess.protocols:
            question = QUESTIONS.get(protocol)
            if question is None or time.monotonic() + question.wait_s > self._end:
                continue
            baud = self._tune(question.baud)
            self._transport.write(question.data)
            answer = question.answer(self._read(question.wait_s, question.answer))
            if answer is not None:
                recognised = Recognised(protocol, 1.0, answer.channels, answer.options)
                return replace(self._finding, recognised=recognised, baud=baud, says=answer.title)
        return replace(self._finding, says="sends nothing by itself")

    def _hush(self, recognised: Recognised) -> None:
        """Stop a device that nobody listens to."""
        suggestion = suggest(recognised.protocol, recognised.channels, recognised.options)
        driver = catalog.driver(suggestion.protocol, suggestion.wanted, suggestion.options)
        with suppress(LinkError, Refused):
            Conversation(self._transport).run(driver.stop())

    def _tune(self, baud: int | None) -> int | None:
        """Change the rate; one that the port cannot do is passed over, as no bytes will come."""
        if baud is None or not isinstance(self._transport, SerialTransport):
            return None
        with suppress(RateRefused):
            self._transport.tune(baud)
        return baud

    def _read(self, seconds: float, enough: Callable[[bytes], object] = lambda data: False) -> bytes:  # noqa: ARG005 - never enough
        end, data = min(time.monotonic() + seconds, self._end), b""
        while time.monotonic() < end and not enough(data):
            data += self._transport.read()
        return data
