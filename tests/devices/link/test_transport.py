"""Ports as they are opened, refused, silent and pulled out, on real pseudo-terminals and sockets."""

import errno
import os
import socket

import psutil
import pytest

from devices.link.port_finder import ListedPort
from devices.link.transport import (
    LinkError,
    PortAbsent,
    PortBusy,
    PortForbidden,
    RateRefused,
    SerialTransport,
    SocketTransport,
    Unplugged,
    opening_error,
)
from devices.sensors.driver import Port

UART = Port(115200)


@pytest.fixture
def opened(terminal):
    """Our end of it."""
    transport = SerialTransport(str(terminal.by_id), UART, listing=list)
    transport.open()
    yield transport
    transport.close()


def read_until(transport, size):
    data = b""
    while len(data) < size:
        data += transport.read()
    return data


def test_bytes_go_both_ways(terminal, opened):
    """What one end writes, the other reads; silence is no error."""
    assert opened.read() == b""
    terminal.write(b"hello")
    assert read_until(opened, 5) == b"hello"
    opened.write(b"\x05")
    assert terminal.read() == b"\x05"


def test_an_absent_port_is_named(tmp_path):
    """The message says which port, and where to look."""
    transport = SerialTransport(str(tmp_path / "ttyUSB9"), UART, listing=list)
    assert not transport.is_there()
    with pytest.raises(PortAbsent, match=r"ttyUSB9: no such port.*maeum devices") as error:
        transport.open()
    assert isinstance(error.value, FileNotFoundError)


@pytest.mark.usefixtures("opened")
def test_a_port_is_ours_alone(terminal):
    """A second program gets a clear refusal instead of half of the bytes."""
    second = SerialTransport(str(terminal.path), UART, listing=list)
    with pytest.raises(PortBusy, match="another program") as error:
        second.open()
    assert isinstance(error.value, BlockingIOError)


def test_permission_denied_names_the_group(terminal):
    """The command that joins the port's group stands in the message."""
    error = opening_error(str(terminal.path), OSError(errno.EACCES, "Permission denied"))
    assert isinstance(error, PortForbidden)
    assert isinstance(error, PermissionError)
    assert "sudo usermod -aG" in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EIO, errno.ENODEV, errno.EBUSY, errno.EINVAL, 9999])
def test_any_refusal_is_one_line(number):
    """Every number of the operating system becomes one of our errors."""
    error = opening_error("/dev/ttyS0", OSError(number, "words"))
    assert isinstance(error, LinkError)
    assert isinstance(error, OSError)
    assert str(error).startswith("/dev/ttyS0: ")


def test_a_refused_rate_is_named(terminal):
    """A baud rate that the port cannot do is no traceback."""
    transport = SerialTransport(str(terminal.path), Port(-1), listing=list)
    with pytest.raises(RateRefused, match=r"refuses -1 baud"):
        transport.open()


def test_what_came_before_the_hang_up_is_not_lost(terminal, opened):
    """Bytes sent just before a device was unplugged are read; then it is gone, and stays so."""
    terminal.write(b"last")
    assert read_until(opened, 4) == b"last"
    terminal.unplug()
    with pytest.raises(Unplugged, match="unplugged") as error:
        read_until(opened, 1)
    assert isinstance(error.value, ConnectionError)
    with pytest.raises(Unplugged):
        opened.write(b"x")
    opened.close()
    with pytest.raises(Unplugged):
        opened.read()
    opened.close()


def test_nothing_stays_open(terminal):
    """Opening, failing and closing leave no descriptor."""
    before = psutil.Process().num_fds()
    for _ in range(20):
        transport = SerialTransport(str(terminal.path), UART, listing=list)
        transport.open()
        with pytest.raises(PortBusy):
            SerialTransport(str(terminal.path), UART, listing=list).open()
        transport.close()
    assert psutil.Process().num_fds() == before


def test_a_lasting_link_is_followed_at_each_opening(terminal):
    """After a replug under another name, the same link leads there."""
    transport = SerialTransport(str(terminal.by_id), UART, listing=list)
    transport.open()
    transport.close()
    terminal.unplug()
    assert not transport.is_there()
    terminal.plug(rename=True)
    assert transport.is_there()
    transport.open()
    terminal.write(b"again")
    assert read_until(transport, 5) == b"again"
    transport.close()


def test_a_plain_name_is_found_again_by_what_identifies_the_device(terminal):
    """A device opened as ttyUSB0 is recognised as ttyUSB1 by its USB serial number."""
    old = str(terminal.path)

    def listing():
        return [ListedPort(str(terminal.path), 0x403, 0x6001, "A1", "1-2")] if terminal.plugged else []

    transport = SerialTransport(old, UART, listing)
    transport.open()
    transport.close()
    terminal.unplug()
    terminal.plug(rename=True)
    assert str(terminal.path) != old
    assert transport.is_there()
    transport.open()
    assert transport.name == str(terminal.path)
    transport.close()


@pytest.fixture
def server():
    """A TCP port of this computer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def address(server):
    return "{}:{}".format(*server.getsockname())


def test_a_socket_is_as_good_as_a_port(server):
    """Bytes go both ways; a hang-up is an unplugged device."""
    transport = SocketTransport(address(server))
    assert transport.is_there() is None
    transport.open()
    peer, _ = server.accept()
    with peer:
        assert transport.read() == b""
        peer.sendall(b"data")
        assert read_until(transport, 4) == b"data"
        transport.write(b"go")
        assert peer.recv(10) == b"go"
    with pytest.raises(Unplugged, match="closed"):
        read_until(transport, 1)
    transport.close()
    with pytest.raises(Unplugged):
        transport.read()


def test_nobody_listening_is_an_absent_port(server):
    """A refused connection says what should run there."""
    where = address(server)
    server.close()
    with pytest.raises(PortAbsent, match="is the serial server running"):
        SocketTransport(where).open()


def test_posix_only_modules_are_optional():
    """On the systems with them, a hang-up that pyserial reports as termios.error is an unplugged device too."""
    if os.name != "posix":
        pytest.skip("termios is of POSIX systems")
    import termios

    from devices.link import transport

    assert termios.error in transport._FAILURES
