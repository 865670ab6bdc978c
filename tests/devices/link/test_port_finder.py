"""Devices that come back under other names."""

import pytest

from devices.link.port_finder import ListedPort, PortFinder

FTDI = {"vid": 0x403, "pid": 0x6001, "serial_number": "AH01"}
CLONE = {"vid": 0x1A86, "pid": 0x7523, "location": "1-3"}


@pytest.fixture
def dev(tmp_path):
    """A folder of ports, and the list of what is behind them."""

    class Dev:
        def __init__(self):
            self.ports = {}

        def plug(self, name, **identity):
            (tmp_path / name).touch()
            self.ports[name] = ListedPort(self.path(name), **identity)

        def unplug(self, name):
            (tmp_path / name).unlink()
            del self.ports[name]

        def path(self, name):
            return str(tmp_path / name)

        def listing(self):
            return list(self.ports.values())

    return Dev()


@pytest.mark.parametrize("identity", [FTDI, CLONE])
def test_the_same_device_is_found_under_another_name(dev, identity):
    """By its serial number, or for a clone without one by the socket it is in."""
    dev.plug("ttyUSB0", **identity)
    finder = PortFinder(dev.path("ttyUSB0"), dev.listing)
    finder.remember(dev.path("ttyUSB0"))
    dev.unplug("ttyUSB0")
    assert finder.find() is None
    dev.plug("ttyUSB3", **identity)
    assert finder.find() == dev.path("ttyUSB3")


def test_another_device_under_the_old_name_is_not_taken(dev):
    """Whoever took the name meanwhile is left alone."""
    dev.plug("ttyUSB0", **FTDI)
    finder = PortFinder(dev.path("ttyUSB0"), dev.listing)
    finder.remember(dev.path("ttyUSB0"))
    dev.unplug("ttyUSB0")
    dev.plug("ttyUSB0", **(FTDI | {"serial_number": "AH02"}))
    assert finder.find() is None
    dev.plug("ttyUSB1", **FTDI)
    assert finder.find() == dev.path("ttyUSB1")


def test_a_device_with_a_serial_number_may_change_its_socket(dev):
    """The number lasts, the socket does not."""
    dev.plug("ttyUSB0", **FTDI, location="1-1")
    finder = PortFinder(dev.path("ttyUSB0"), dev.listing)
    finder.remember(dev.path("ttyUSB0"))
    dev.unplug("ttyUSB0")
    dev.plug("ttyUSB1", **FTDI, location="2-4")
    assert finder.find() == dev.path("ttyUSB1")


def test_a_port_without_identity_goes_by_its_name(dev):
    """On-board ports, Bluetooth ports and pseudo-terminals have no USB behind them."""
    dev.plug("rfcomm0")
    finder = PortFinder(dev.path("rfcomm0"), dev.listing)
    finder.remember(dev.path("rfcomm0"))
    dev.unplug("rfcomm0")
    dev.plug("rfcomm1")
    assert finder.find() is None
    dev.plug("rfcomm0")
    assert finder.find() == dev.path("rfcomm0")
