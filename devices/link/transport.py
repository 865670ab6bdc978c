"""The way to a device's bytes: a serial port, a socket, or anything else that opens, reads, writes and closes.

Errors by phase, each also the matching builtin::

    LinkError
    +-- on opening
    |   +-- PortAbsent (FileNotFoundError)        no such port, or nothing answers at an address
    |   +-- PortBusy (BlockingIOError)            another program has it
    |   +-- PortForbidden (PermissionError)       the message names the group to join
    |   +-- RateRefused (ValueError)              the port cannot do this baud rate
    +-- on the way
        +-- Unplugged (ConnectionError)           it was there and is gone
        +-- NoAnswer (TimeoutError)               the device does not answer, `devices.link.script`
        +-- Interrupted (InterruptedError)        the session ends, `devices.link.script`

pyserial's own errors are of three unrelated kinds (OSError, termios.error, and TypeError from a port closed meanwhile);
nothing but the above leaves this module.
"""

import errno
import importlib
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import serial

from devices.link.port_finder import Listing, PortFinder, listed_ports
from devices.sensors.driver import Port

READ_S = 0.02
"""A read waits so long for the first byte"""
CHUNK = 65536
"""Bytes of one read at most"""
CONNECT_S = 0.7
"""A connection that takes longer is given up, so that a session can always end within a second"""


class LinkError(Exception):
    """A device cannot be reached; the message is one line: what was tried, what was found, what to do."""


class PortAbsent(LinkError, FileNotFoundError):
    """There is no such port, or nothing answers at an address."""


class PortBusy(LinkError, BlockingIOError):
    """Another program has the port open."""


class PortForbidden(LinkError, PermissionError):
    """The user may not open the port."""


class RateRefused(LinkError, ValueError):
    """The port cannot do this baud rate."""


class Unplugged(LinkError, ConnectionError):
    """The device was there and is gone."""


class NoAnswer(LinkError, TimeoutError):
    """The device does not answer."""


class Interrupted(LinkError, InterruptedError):
    """Somebody wants to stop."""


class Transport(Protocol):
    """Bytes to and from one device; used by one thread."""

    @property
    def name(self) -> str:
        """For people: the port as it is called now."""
        ...

    def is_there(self) -> bool | None:
        """Say, cheaply, whether opening can succeed; None when only trying can tell."""
        ...

    def open(self) -> None:
        """Open the port; nothing that came before is read.

        Raises
        ------
        PortAbsent, PortBusy, PortForbidden, RateRefused
        """
        ...

    def read(self) -> bytes:
        """Return what has come, after at most `READ_S`; empty when that is nothing.

        Raises
        ------
        Unplugged
        """
        ...

    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises
        ------
        Unplugged
        """
        ...

    def close(self) -> None:
        """Let go of the port; never raises, and may be called at any time."""
        ...


def _failures() -> tuple[type[Exception], ...]:
    """Whatever pyserial may raise; termios does not exist on Windows."""
    with suppress(ImportError):
        return OSError, TypeError, importlib.import_module("termios").error
    return OSError, TypeError


_FAILURES = _failures()


class SerialTransport:
    """A serial port, found again under another name after it was unplugged.

    Parameters
    ----------
    address
        Name of the port: `/dev/ttyUSB0`, `COM3`, or a lasting link to it below `/dev/serial/by-id`.
    port
        Baud rate, and whether DTR is raised, which restarts an Arduino.
    listing
        Tells the ports that there are, with what identifies them.
    """

    def __init__(self, address: str, port: Port, listing: Listing = listed_ports) -> None:
        self.name = address
        self._port = port
        self._finder = PortFinder(address, listing)
        self._serial: serial.Serial | None = None

    def is_there(self) -> bool | None:
        """Look for the port, under any name; Windows does not show which ports there are without listing them."""
        found = self._finder.find()
        return None if found and os.name != "posix" else found is not None

    def open(self) -> None:
        """Open the port for us alone, at its present name."""
        found = self._finder.find()
        if found is None:
            raise PortAbsent(f"{self.name}: no such port; is the device plugged in? `maeum devices` lists the ports")
        line = serial.Serial()
        line.port, line.timeout, line.write_timeout = found, READ_S, 0.5
        line.dtr = line.rts = self._port.dtr
        if os.name == "posix":
            line.exclusive = True
        try:
            line.baudrate = self._port.baud
            line.open()
        except (ValueError, OverflowError) as error:
            raise RateRefused(f"{found}: refuses {self._port.baud} baud; choose another with baud=") from error
        except _FAILURES as error:
            raise opening_error(found, error) from error
        self.name, self._serial = found, line
        self._finder.remember(found)
        # Without it an FTDI chip holds short data back for 16 ms; pseudo-terminals and other chips cannot.
        with suppress(AttributeError, ValueError, *_FAILURES):
            line.set_low_latency_mode(True)

    def tune(self, baud: int) -> None:
        """Go on at another rate: to open the port anew would restart an Arduino. What came meanwhile is dropped.

        Raises
        ------
        RateRefused, Unplugged
        """
        try:
            line = self._opened()
            line.baudrate = baud
            line.reset_input_buffer()
        except (ValueError, OverflowError) as error:
            raise RateRefused(f"{self.name}: refuses {baud} baud") from error
        except _FAILURES as error:
            raise Unplugged(f"{self.name}: unplugged ({_reason(error)})") from error

    def read(self) -> bytes:
        """Take what is waiting, or wait for one byte: pyserial loses a partial read when a device is unplugged."""
        try:
            line = self._opened()
            data: bytes = line.read(min(CHUNK, max(1, line.in_waiting)))
            return data + line.read(line.in_waiting) if len(data) == 1 and line.in_waiting else data
        except _FAILURES as error:
            raise Unplugged(f"{self.name}: unplugged ({_reason(error)})") from error

    def write(self, data: bytes) -> None:
        """Send bytes; half a second that they are not taken counts as unplugged."""
        try:
            self._opened().write(data)
        except _FAILURES as error:
            raise Unplugged(f"{self.name}: unplugged while writing ({_reason(error)})") from error

    def close(self) -> None:
        """Close at once: while we hold it, a replugged adapter gets another name."""
        line, self._serial = self._serial, None
        if line is not None:
            with suppress(*_FAILURES):
                line.close()

    def _opened(self) -> serial.Serial:
        if self._serial is None:
            raise OSError(errno.EBADF, "the port is not open")
        return self._serial


class SocketTransport:
    """A serial line behind a TCP port, such as socat or ser2net offer.

    Parameters
    ----------
    address
        `host:port`.
    """

    def __init__(self, address: str) -> None:
        self.name = address
        self._socket: socket.socket | None = None

    def is_there(self) -> None:
        """Nobody knows before trying."""

    def open(self) -> None:
        """Connect."""
        host, _, port = self.name.rpartition(":")
        try:
            self._socket = socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S)
        except OSError as error:
            what = "does not answer" if isinstance(error, TimeoutError) else _reason(error)
            raise PortAbsent(f"{self.name}: {what}; is the serial server running there?") from error
        self._socket.settimeout(READ_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self) -> bytes:
        """Take what is waiting, or wait for it a little."""
        try:
            data = self._opened().recv(CHUNK)
        except TimeoutError:
            return b""
        except OSError as error:
            raise Unplugged(f"{self.name}: connection lost ({_reason(error)})") from error
        if not data:
            raise Unplugged(f"{self.name}: the other side closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        try:
            self._opened().sendall(data)
        except OSError as error:
            raise Unplugged(f"{self.name}: connection lost while writing ({_reason(error)})") from error

    def close(self) -> None:
        """Hang up."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with suppress(OSError):
                connection.close()

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise OSError(errno.EBADF, "the connection is not open")
        return self._socket


_BUSY = {errno.EAGAIN, errno.EBUSY}
_GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO}


def opening_error(port: str, error: Exception) -> LinkError:
    """Say what an operating system's refusal to open a port means, and what to do about it."""
    number = _number(error)
    if number in (errno.EACCES, errno.EPERM):
        return PortForbidden(f"{port}: permission denied; {_how_to_be_allowed(port)}")
    if number in _BUSY:
        return PortBusy(
            f"{port}: another program has it open; close that (a serial monitor, ModemManager) and try again"
        )
    if number in _GONE:
        return PortAbsent(f"{port}: no such port; is the device plugged in? `maeum devices` lists the ports")
    return PortAbsent(f"{port}: cannot be opened ({_reason(error)})")


def _number(error: Exception) -> int | None:
    """Error number; termios.error has it as its first argument, pyserial on Windows only in its words."""
    number = getattr(error, "errno", None) or next(iter(error.args), None)
    if isinstance(number, int):
        return number
    words: Mapping[str, int] = {"PermissionError": errno.EBUSY, "FileNotFoundError": errno.ENOENT}
    return next((known for word, known in words.items() if word in str(error)), None)


def _how_to_be_allowed(port: str) -> str:
    """Name the group that owns the port, and the command that joins it."""
    try:
        grp = importlib.import_module("grp")
        group = grp.getgrgid(Path(port).stat().st_gid).gr_name
    except (ImportError, OSError, KeyError):
        group = "dialout"
    if group in ("root", "wheel"):
        group = "dialout"
    return f"join its group: sudo usermod -aG {group} $USER, then log in again"


def _reason(error: Exception) -> str:
    """Return the operating system's words in one line."""
    return str(getattr(error, "strerror", None) or error).splitlines()[0]
