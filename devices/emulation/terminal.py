"""A pseudo-terminal that comes and goes like a USB serial adapter, in a folder that looks like `/dev`.

Linux names adapters by the lowest free number and links their lasting names to them:

    FOLDER/ttyUSB0                 -> the pseudo-terminal
    FOLDER/by-id/usb-maeum_...     -> ../ttyUSB0

No end of the slave side is kept open, so that it shows whether a program has the port open, and at which baud rate.
"""

import fcntl
import os
import select
import struct
import tty
from contextlib import suppress
from pathlib import Path

BACKLOG = 4096
"""Bytes that the host has not taken and that wait on our side of the port"""
_TCGETS2 = 0x802C542A
_TERMIOS2 = struct.Struct("4IB19sII")
"""`struct termios2` of Linux: the last field is the output speed in baud"""


class PseudoTerminal:
    """One serial port for the program under test; we hold the other end, the device's.

    Parameters
    ----------
    folder
        Takes the place of `/dev`.
    id
        Lasting name, below `by-id`.
    """

    def __init__(self, folder: Path, id: str = "usb-maeum_emulated_0001-if00-port0") -> None:  # noqa: A002 - as Linux calls it
        self.folder = folder
        self.by_id = folder / "by-id" / id
        self._master: int | None = None
        self._number = 0
        self._pending = bytearray()
        self.by_id.parent.mkdir(parents=True, exist_ok=True)
        self.plug()

    @property
    def path(self) -> Path:
        """The port's present name, `FOLDER/ttyUSB0`."""
        return self.folder / f"ttyUSB{self._number}"

    @property
    def plugged(self) -> bool:
        """Whether the port is there."""
        return self._master is not None

    @property
    def held(self) -> bool:
        """Whether a program has the port open."""
        if self._master is None:
            return False
        poll = select.poll()
        poll.register(self._master, select.POLLHUP)
        return not any(events & select.POLLHUP for _, events in poll.poll(0))

    @property
    def baud(self) -> int | None:
        """Rate at which the program has opened the port; None where it cannot be known."""
        if self._master is None:
            return None
        with suppress(OSError):
            return int(_TERMIOS2.unpack(fcntl.ioctl(self._master, _TCGETS2, bytes(_TERMIOS2.size)))[-1])
        return None

    @property
    def room(self) -> int:
        """Bytes that can be written now without losing any."""
        return max(0, BACKLOG - len(self._pending)) if self.plugged else 0

    def plug(self, rename: bool = False) -> None:
        """Put the port in, under its last name or under the next free one."""
        if self.plugged:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        target = os.ttyname(slave)
        os.close(slave)
        self._number = self._take_number(self._number + rename, target)
        _link(self.by_id, f"../{self.path.name}")

    def unplug(self) -> int:
        """Pull the port out: its names go, and whoever has it open sees it hang up.

        Returns
        -------
        int
            Bytes written and not taken by the kernel, which nobody will get.
        """
        lost = len(self._pending)
        self._pending.clear()
        if self._master is not None:
            self.by_id.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)
            os.close(self._master)
            self._master = None
        return lost

    def read(self) -> bytes:
        """Return what the program has written since; empty when that is nothing."""
        if self._master is None:
            return b""
        try:
            return os.read(self._master, 4096)
        except BlockingIOError:
            return b""
        except OSError:  # nobody has the port open
            return b""

    def write(self, data: bytes) -> None:
        """Send to the program; bytes that it does not take wait for the next write, up to `room`."""
        self._pending += data
        if not self.held:
            self._pending.clear()
        while self._pending and self._master is not None:
            try:
                del self._pending[: os.write(self._master, self._pending)]
            except BlockingIOError:
                return

    def _take_number(self, least: int, target: str) -> int:
        """Take the lowest number that no other port of the folder has, of this program or of another one."""
        number = least
        while not _taken(self.folder / f"ttyUSB{number}", target):
            number += 1
        return number

    def wait(self, seconds: float) -> None:
        """Return when the program has written something, after `seconds` at the latest."""
        if self._master is not None and self.held:
            select.select([self._master], [], [], seconds)
        else:
            select.select([], [], [], seconds)


def _taken(path: Path, target: str) -> bool:
    """Link a free name; a link to nowhere is of a port that has gone."""
    if path.is_symlink() and not path.exists():
        path.unlink(missing_ok=True)
    try:
        path.symlink_to(target)
    except FileExistsError:
        return False
    return True


def _link(path: Path, target: str) -> None:
    """Let `path` point to `target` from one moment to the next, whatever it pointed to before."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(path)
