"""`maeum devices`: the microphones and serial ports that there are, and how a session takes them."""

from rich.console import Console
from rich.table import Table

from devices.link.port_finder import listed_ports
from devices.portaudio import MicrophoneUnavailable, inputs
from realtime.ending import DONE


def show_devices() -> int:
    """Print what is plugged in; return the exit code."""
    console = Console()
    try:
        console.print(_microphones())
    except MicrophoneUnavailable as error:
        console.print(str(error), soft_wrap=True, markup=False)
    console.print(_ports())
    console.print(
        "A sensor: maeum live --sensor 'serial://PORT?protocol=NAME&channels=eda:CHANNEL'; maeum simulate offers one "
        "without hardware.",
        soft_wrap=True,
        markup=False,
    )
    return DONE


def _microphones() -> Table:
    table = Table("--mic", "microphone", "kHz", "channels", title="Microphones", title_justify="left")
    for one in inputs():
        name = f"{one.name} (default)" if one.default else one.name
        table.add_row(str(one.index), name, f"{one.rate / 1000:g}", str(one.channels))
    return table


def _ports() -> Table:
    table = Table("port", "description", "USB", title="Serial ports", title_justify="left")
    for port in listed_ports():
        usb = f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None and port.pid is not None else ""
        table.add_row(port.device, port.description, usb)
    return table
