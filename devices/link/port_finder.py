"""The same serial device under whatever name it has now.

Linux gives a replugged adapter the lowest free number, so `ttyUSB0` may come back as `ttyUSB1`, and another device may
take its old name. A link below `/dev/serial/by-id` follows by itself; for a plain name we remember who was there.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ListedPort:
    """One serial port, and what identifies the USB device behind it; None where there is no USB."""

    device: str
    """Its present name: `/dev/ttyUSB0`"""
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None
    location: str | None = None
    """Of the USB socket: `1-2.4`"""
    description: str = ""

    def is_same_device(self, other: "ListedPort") -> bool:
        """Compare what lasts: the serial number, or for chips without one (many CH340) the socket."""
        mine = self.vid, self.pid, self.serial_number, None if self.serial_number else self.location
        return mine == (other.vid, other.pid, other.serial_number, None if other.serial_number else other.location)


Listing = Callable[[], Iterable[ListedPort]]


def listed_ports() -> list[ListedPort]:
    """List the serial ports of this computer."""
    # Late: it is slow to import, and only needed once a port has been opened or lost.
    from serial.tools.list_ports import comports

    return [
        ListedPort(port.device, port.vid, port.pid, port.serial_number, port.location, _said(port.description))
        for port in comports()
    ]


def _said(description: str | None) -> str:
    return description if description and description != "n/a" else ""


def lasting_name(port: str) -> str:
    """Return the link below `by-id` that leads to a port, which lasts when it is unplugged; else the port's own name.

    Linux keeps these links in `/dev/serial/by-id`; other folders of ports have them beside the ports.
    """
    here = Path(port).parent
    links = [link for folder in ("serial/by-id", "by-id") for link in sorted((here / folder).glob("*"))]
    return next((str(link) for link in links if link.resolve() == Path(port).resolve()), port)


class PortFinder:
    """Finds one device's port.

    Parameters
    ----------
    address
        Name that a person gave.
    listing
        Tells the ports that there are.
    """

    def __init__(self, address: str, listing: Listing = listed_ports) -> None:
        self._address = address
        self._listing = listing
        self._known: ListedPort | None = None

    def find(self) -> str | None:
        """Return the device's present name; None while it is not there.

        A link is returned as it is, to be followed at each opening. As long as nothing is known of who was behind a
        plain name, the name counts.
        """
        there = os.name != "posix" or Path(self._address).exists()
        if self._known is None:
            return self._address if there else None
        ports = {port.device: port for port in self._listing()}
        same = [port.device for port in ports.values() if port.is_same_device(self._known)]
        if self._address in same:
            return self._address
        if same:
            return same[0]
        return self._address if there and self._address not in ports else None

    def remember(self, opened: str) -> None:
        """Note who is behind the port that was opened; a lasting link, which is not listed, needs no notes."""
        port = next((port for port in self._listing() if port.device == opened), None)
        if port is not None and port.vid is not None:
            self._known = port
