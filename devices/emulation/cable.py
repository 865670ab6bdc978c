"""A serial line in memory: an emulated device at one end, a program's transport at the other, in simulated time."""

from pathlib import Path

from devices.emulation.emulator import Emulator
from devices.emulation.world import World
from devices.link.transport import READ_S, PortAbsent, Unplugged

BACKLOG = 4096
"""Bytes that the program has not taken"""
_TICK_S = 0.02
_BEHIND_S = 1e-6


class Cable:
    """The port at which an `Emulator` stands, in place of a pseudo-terminal."""

    baud: int | None = None

    def __init__(self) -> None:
        self.plugged = True
        self.held = False
        """Whether a program has the port open"""
        self.plugs = 0
        """Times that it was plugged in again"""
        self.taken = self.spilt = 0
        """Bytes that the program read, and that waited when it closed the port"""
        self._number = 0
        self._pending, self._written = bytearray(), bytearray()

    @property
    def path(self) -> Path:
        """The port's present name."""
        return Path(f"ttyUSB{self._number}")

    @property
    def room(self) -> int:
        """Bytes that can be written now without losing any."""
        return max(0, BACKLOG - len(self._pending)) if self.plugged else 0

    def plug(self, rename: bool = False) -> None:
        """Put the port in, under its last name or another one."""
        self.plugged = True
        self.plugs += 1
        self._number += rename

    def unplug(self) -> int:
        """Pull the port out; the bytes that nobody will get."""
        lost = len(self._pending)
        self._pending.clear()
        self._written.clear()
        self.plugged = self.held = False
        return lost

    def write(self, data: bytes) -> None:
        """Send to the program; nobody gets it while the port is closed."""
        if self.held:
            self._pending += data

    def read(self) -> bytes:
        """What the program has written since."""
        data = bytes(self._written)
        self._written.clear()
        return data

    def wait(self, seconds: float) -> None:
        """Nothing: whoever reads lets the device's time pass."""

    def open(self) -> None:
        """Be opened by the program."""
        self.held = True

    def close(self) -> None:
        """Be closed by the program."""
        self.held = False
        self.spilt += len(self._pending)
        self._pending.clear()

    def take(self) -> bytes:
        """What the device has sent since."""
        data = bytes(self._pending)
        self.taken += len(data)
        self._pending.clear()
        return data

    def put(self, data: bytes) -> None:
        """Send to the device."""
        self._written += data


class CableTransport:
    """The program's end of a cable; looking at it lets the device catch up with the world's time."""

    def __init__(self, world: World, cable: Cable, emulator: Emulator) -> None:
        self._world, self._cable, self._emulator = world, cable, emulator
        self._plugs = 0

    @property
    def name(self) -> str:
        """The port as it is called now."""
        return self._cable.path.name

    def is_there(self) -> bool:
        """Whether it is plugged in."""
        self._catch_up()
        return self._cable.plugged

    def open(self) -> None:
        """Open the port."""
        if not self.is_there():
            raise PortAbsent(f"{self.name}: no such port; is the device plugged in?")
        self._cable.open()
        self._plugs = self._cable.plugs

    def read(self) -> bytes:
        """Return what has come, after `READ_S` at most."""
        if not (data := self._came()):
            self._world.sleep(READ_S)
            data = self._came()
        return data

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._check()
        self._cable.put(data)

    def close(self) -> None:
        """Let go of the port."""
        if self._is_ours():
            self._cable.close()

    def _came(self) -> bytes:
        self._catch_up()
        self._check()
        return self._cable.take()

    def _check(self) -> None:
        if not self._is_ours():
            raise Unplugged(f"{self.name}: unplugged (Input/output error)")

    def _is_ours(self) -> bool:
        """Whether the port is the one that was opened, and not one that has been plugged in since."""
        return self._cable.held and self._plugs == self._cable.plugs

    def _catch_up(self) -> None:
        while (behind := self._world.now - self._emulator.now) > _BEHIND_S:
            self._emulator.step(min(_TICK_S, behind))
