"""Which device and formula a session's streams come from, as far as it matters for comparing a person with themselves.

Which port a sensor is plugged into does not matter; what kind it is, which channel and by which formula, does.
"""

from collections.abc import Iterable
from pathlib import Path

from devices.link.captured import read_capture
from devices.live import LiveSource
from devices.recording import Kind, recognise
from devices.sensors.url import SensorUrl, parse
from devices.source import About
from realtime.body import BODY_STREAMS


def of_sensors(urls: Iterable[str]) -> dict[str, str]:
    """Stream to device and formula, of sensors that are named by URLs."""
    return {stream: device for url in urls for stream, device in _of_sensor(parse(url)).items()}


def of_microphone(source: LiveSource) -> dict[str, str]:
    """The microphone by its name, where there is one."""
    names = [device.name for device in source.devices if "audio" in device.rates]
    return {"audio": names[0]} if names else {}


def of_recording(path: Path | None, source: About) -> dict[str, str]:
    """Stream of the body to what recorded it; nobody knows which microphone made a recording."""
    streams = BODY_STREAMS & source.rates.keys()
    if path is None or not streams:
        return {}
    file, _, channels = ("", "", "") if path.exists() else str(path).rpartition("?")
    kind = recognise(Path(file or path))
    if kind is Kind.CAPTURE and not channels:
        return of_sensors([read_capture(path).url])
    return dict.fromkeys(sorted(streams), f"{kind} {channels}".strip())


def _of_sensor(url: SensorUrl) -> dict[str, str]:
    options = "".join(f" {name}={value}" for name, value in sorted(url.options.items()))
    what = url.protocol if url.scheme != "lsl" else f"lsl {url.address}"
    return {
        one.stream: f"{what} {one.channel or 'usual channel'} by {one.formula or 'the usual formula'}{options}"
        for one in url.wanted
    }
