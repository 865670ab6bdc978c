"""PortAudio, loaded when it is needed: its inputs, which of them is meant, and how one is opened.

Error, also the matching builtin: `MicrophoneUnavailable` (SourceError, OSError).
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from devices.audio_file import Audio
from devices.library_words import last_words
from devices.source import SourceError, SourceNotFound

CALLBACK_S = 0.02
_SERVERS = frozenset({"default", "pulse", "pipewire"})
_LATENCY_S = 0.03
"""Asked of the system; with callbacks of any size and the latency "low", those of PulseAudio stop"""
_CHANNELS, _RATE, _BUSY = -9998, -9997, -9985  # paInvalidChannelCount, paInvalidSampleRate, paDeviceUnavailable
_HOST = -9999  # paUnanticipatedHostError
_PROBLEMS = {
    _CHANNELS: "takes none of the numbers of channels that it offers: choose another input",
    _RATE: "rejects {rate} Hz, its own sample rate: set another in the system's settings, or choose another input",
    _BUSY: "is busy: close the program that uses it",
}
_REFUSED = "is refused by the system: look whether its sound server runs and lets programs record"
_OF_ALSA = re.compile(r"ALSA lib \S+ (.+)")


class MicrophoneUnavailable(SourceError, OSError):
    """Sound cannot be recorded; the message is one line."""


@dataclass(frozen=True, slots=True)
class Input:
    """A device from which sound can be recorded."""

    index: int
    """Of PortAudio; may change when devices come and go"""
    name: str
    rate: int
    """At which it is opened, hertz: its default"""
    channels: int
    """At most"""
    default: bool
    """Whether it is the one that the system has chosen"""
    api: str = ""
    """By which PortAudio reaches it: ALSA, Core Audio, Windows WASAPI"""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What one callback brought."""

    at: float
    """When it came, by the computer's monotonic clock, which all processes share"""
    values: Audio
    """[frames, channels]"""
    overflowed: bool = False
    """Whether frames before these were lost"""
    since_s: float = 0.0
    """How long ago the first frame was heard, by PortAudio; nothing relies on it, some systems tell nonsense"""


def library() -> Any:  # noqa: ANN401 - sounddevice ships no annotations
    """Import sounddevice.

    Raises
    ------
    MicrophoneUnavailable
        PortAudio is not installed.
    """
    try:
        return import_module("sounddevice")
    except OSError as error:
        raise MicrophoneUnavailable(
            f"no microphone can be used: {error}; install it: apt install libportaudio2, or brew install portaudio"
        ) from None


def inputs() -> list[Input]:
    """List the inputs that were there when PortAudio began, or at the last `refresh`.

    Raises
    ------
    MicrophoneUnavailable
    """
    sounddevice = library()
    try:
        default = sounddevice.query_devices(kind="input")["index"]
    except (sounddevice.PortAudioError, ValueError):  # there is none
        default = -1
    found = []
    for each in sounddevice.query_devices():
        if each["max_input_channels"] > 0:
            api = sounddevice.query_hostapis(each["hostapi"])["name"]
            is_default = each["index"] == default
            rate = _rate(each, api)
            found.append(Input(each["index"], each["name"], rate, each["max_input_channels"], is_default, api))
    return found


def _rate(device: Mapping[str, Any], api: str) -> int:
    """Return a device's own rate; ALSA's doors to sound servers take any and say 44.1 kHz, the servers have 48."""
    return 48_000 if api == "ALSA" and device["name"] in _SERVERS else round(device["default_samplerate"])


def refresh() -> None:
    """Look for devices anew; no stream may be open.

    Raises
    ------
    MicrophoneUnavailable
    """
    sounddevice = library()
    # PortAudio lists devices once, when it is initialized, and one whose server died never opens again; sounddevice
    # has no public way to begin anew.
    try:
        if sounddevice._initialized:
            sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise MicrophoneUnavailable(f"PortAudio does not begin: {error.args[0]}") from None


def choose(among: Sequence[Input], name: str | None) -> Input:
    """Return the input that a person means.

    Parameters
    ----------
    among
        Inputs.
    name
        Digits: an index; None: the system's default, or else the first; else a part of one name, or a whole one.

    Raises
    ------
    SourceNotFound
        Listing the inputs.
    """
    there = ", ".join(f"{each.index} {each.name}" for each in among) or "none"
    if name is None:
        if not among:
            raise SourceNotFound("no microphone found; connect one")
        return next((each for each in among if each.default), among[0])
    if name.isdecimal():
        found = [each for each in among if each.index == int(name)]
    else:
        part = [each for each in among if name.lower() in each.name.lower()]
        found = [each for each in part if each.name.lower() == name.lower()] or part
    if len(found) == 1:
        return found[0]
    wrong = "several microphones have" if found else "no microphone has"
    raise SourceNotFound(f"{wrong} the name or number {name!r}; inputs: {there}")


def open_input(source: Input, hear: Callable[[Heard], None], finished: Callable[[], None]) -> Any:  # noqa: ANN401 - as above
    """Open and start an input at its own rate, with as few channels as it takes.

    Parameters
    ----------
    source
        Which.
    hear
        Called in PortAudio's thread with each callback's sound; should only queue it.
    finished
        Called when the stream has ended, for whatever reason.

    Raises
    ------
    MicrophoneUnavailable
    """
    sounddevice = library()

    def called(values: Audio, _frames: int, times: Any, status: Any) -> None:  # noqa: ANN401 - as above
        since_s = times.currentTime - times.inputBufferAdcTime
        hear(Heard(time.monotonic(), values.copy(), bool(status.input_overflow), since_s))

    last_words()  # what was said before is not about this
    code, said = 0, ""
    for channels in dict.fromkeys((1, min(2, source.channels), source.channels)):
        try:
            return _started(
                sounddevice.InputStream(
                    device=source.index,
                    channels=channels,
                    samplerate=source.rate,
                    blocksize=round(CALLBACK_S * source.rate),
                    latency=_LATENCY_S,
                    dtype="float32",
                    callback=called,
                    finished_callback=finished,
                )
            )
        except sounddevice.PortAudioError as error:
            said, code = error.args[0], error.args[1] if len(error.args) > 1 else 0
            if code == _HOST:
                said = error.args[2][2]
            if code != _CHANNELS:
                break
    problem = _PROBLEMS.get(code, _REFUSED).format(rate=source.rate)
    raise MicrophoneUnavailable(f"{problem} ({'; '.join([said, *_complaints(last_words())])})")


def _complaints(lines: Iterable[str]) -> list[str]:
    """What ALSA says for people, the last of it; PortAudio's own lines name places in its source."""
    return [found[1] for line in lines if (found := _OF_ALSA.match(line))][-1:]


def _started(stream: Any) -> Any:  # noqa: ANN401 - as above
    try:
        stream.start()
    except library().PortAudioError:
        stream.close()
        raise
    return stream
