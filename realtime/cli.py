"""The command `maeum`: arguments in, exit code out.

Exit codes: 0 done, 1 failed, 2 usage, 3 a required device or model is missing. Nothing heavy is imported here, so that
`maeum --help` answers at once; each command imports what it needs.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from realtime import keeping, record_raw, simulate, soak
from realtime.ending import DONE, FAILED, MISSING, USAGE, complain, ended_at_once


def speed(text: str) -> float | None:
    """A replay speed: times real time, or None for `max`."""
    if text == "max":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed; give a number above 0, such as 1 or 8, or max")
    return value


def seconds(text: str) -> float:
    """A time span above 0, in seconds."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def calibration(text: str) -> float:
    """How long a calibration takes, in seconds."""
    value = seconds(text)
    if not 30.0 <= value <= 60.0:
        raise argparse.ArgumentTypeError(f"{text!r}: a calibration takes 30 to 60 seconds")
    return value


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(
        prog="maeum", description="Real-time emotion recognition from voice, words and body.", allow_abbrev=False
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    running, devices, paced = _running_options(), _device_options(), _pace_options()

    demo = commands.add_parser(
        "demo", parents=[running, paced], help="the built-in session (synthetic), no hardware needed"
    )
    demo.set_defaults(person=None)

    live = commands.add_parser("live", parents=[running, devices], help="a microphone and biosensors, now")
    live.add_argument(
        "--max-age",
        type=seconds,
        default=2.0,
        metavar="S",
        help="labels never wait longer for words, and what is older is skipped (default: 2 s)",
    )
    live.set_defaults(transcripts="whisper")

    replay = commands.add_parser("replay", parents=[running, paced], help="a recording, as if it were live")
    replay.add_argument(
        "path",
        type=Path,
        metavar="PATH",
        help="a recorded session, a KEMDy19 or KEMDy20 folder, an audio file, or what --bio takes",
    )
    replay.add_argument(
        "--reprocess",
        action="store_true",
        help="of a recorded session: decide anew what was decided live",
    )
    replay.add_argument(
        "--from", type=float, default=0.0, dest="since", metavar="S", help="of a recorded session: begin at this second"
    )
    replay.add_argument("--session", type=int, metavar="N", help="KEMDy19 session; every session when left out")
    replay.add_argument("--scene", metavar="SCENE", help="script01 .. impro04; every scene when left out")
    replay.add_argument("--person", choices=["F", "M"], help="whose body to read: the woman's or the man's")
    replay.add_argument(
        "--bio",
        type=Path,
        metavar="DIR|FILE",
        help="to an audio file: Empatica E4 export, OpenSignals text file (FILE?channels=eda:A3/rev2016), or what "
        "maeum record --raw wrote",
    )

    calibrate = commands.add_parser(
        "calibrate",
        parents=[devices],
        help="get to know a person: neutral speech and rest, for --person-profile",
        description="What is kept is statistics, readable by you only: no sound and no signal.",
    )
    _calibrate_options(calibrate)

    plugged = commands.add_parser("devices", help="microphones and serial ports: what each is, and its --sensor URL")
    plugged.add_argument(
        "ports", nargs="*", metavar="PORT", help="listen to these only: /dev/ttyUSB0, COM3, socket://HOST:PORT"
    )
    plugged.add_argument("--no-listen", action="store_true", help="open nothing; names and USB numbers only")
    plugged.add_argument("--json", action="store_true", help="one JSON object on standard output")
    simulate.add_parser(commands)
    record_raw.add_parser(commands)
    keeping.add_parsers(commands)
    soak.add_parser(commands, speed)

    models = commands.add_parser("models", help="bundles of models and what their cards say")
    models.add_argument("--bundle", type=Path, metavar="DIR", help="look at this bundle only")
    return parser


def _running_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    options.set_defaults(since=0.0, reprocess=False, max_age=2.0)
    add = options.add_argument
    add("--whisper", default="base", metavar="SIZE|DIR|off", help="Whisper weights: base, small, ..., a folder, or off")
    add("--language", default="ko", metavar="CODE", help="language spoken (default: ko)")
    add("--bundle", type=Path, metavar="DIR", help="models to use instead of the built-in ones")
    add("--person-profile", metavar="NAME|FILE", help="of the person who speaks, made by maeum calibrate")
    add("--update-profile", action="store_true", help="add what this session tells of the body to that profile")
    add("--labels", metavar="FILE|-", help="write JSON lines to a file, or to standard output")
    add("--record", type=Path, metavar="DIR", help="keep the session in a new folder in DIR; off unless asked for")
    add("--no-dashboard", action="store_true", help="plain lines on a terminal")
    add("--config", type=Path, metavar="FILE", help="TOML file of settings")
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="one setting, such as label.dwell_s=1.5",
    )
    return options


def _device_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    add = options.add_argument
    add(
        "--mic",
        metavar="NAME|off",
        help="part of a microphone's name, or its number (default: the system's); off for none, which must be said: "
        "a session without its microphone does not start",
    )
    add(
        "--sensor",
        action="append",
        default=[],
        metavar="URL",
        help="a biosensor, such as serial:///dev/ttyUSB0?protocol=bitalino&channels=eda:A3,ecg:A2; may be repeated; "
        "with &required=no the session starts without it, and it joins when it appears",
    )
    return options


def _calibrate_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--name", required=True, help="of the person")
    add("--from", type=Path, dest="file", metavar="FILE", help="a recording instead of a microphone")
    add("--bio", type=Path, metavar="DIR|FILE", help="what was recorded of the body beside an audio file")
    add("--seconds", type=calibration, default=45.0, metavar="N", help="30 to 60 (default: 45)")
    add("--bundle", type=Path, metavar="DIR", help="models to use instead of the built-in ones")
    add("--again", action="store_true", help="replace a profile of this name")


def _pace_options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    add = options.add_argument
    add("--speed", type=speed, default=1.0, metavar="X", help="1 (real time), any number, or max")
    add("--transcripts", choices=["whisper", "given", "off"], default="whisper", help="where the words come from")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; never lets a traceback out for a user's mistake.

    Parameters
    ----------
    argv
        Arguments; None for those of the program, which ends with the command.
    """
    code = _run(argv)
    if argv is None:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            pass  # whoever read it has gone
        except OSError as error:
            code = complain(f"standard output: {error.strerror}", FAILED)
        # A library that still works in a thread, as Whisper does, would hold up Python's end, or be crashed by it.
        os._exit(code)
    return code


def _run(argv: Sequence[str] | None) -> int:
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version

        sys.stdout.write(f"maeum {version('maeum')}\n")
        return DONE
    if arguments.command is None:
        parser.print_help()
        return USAGE
    # The matrices of one window are small: threads of the linear algebra would only take the cores from Whisper.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        return complain("stopped", FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone; what Python still holds for standard output must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _dispatch(arguments: argparse.Namespace) -> int:
    if arguments.command == "simulate":
        return simulate.run(arguments)
    if arguments.command == "soak":
        return soak.run(arguments)
    if arguments.command == "record":
        return record_raw.run(arguments)
    if arguments.command in keeping.COMMANDS:
        return keeping.run(arguments)
    if arguments.command == "devices":
        from realtime.plugged import show_devices

        return show_devices(arguments.ports, listen=not arguments.no_listen, as_json=arguments.json)
    if arguments.command == "calibrate":  # puts its devices away when it is interrupted
        return _run_session(arguments)
    with ended_at_once():
        return _run_session(arguments)


def _run_session(arguments: argparse.Namespace) -> int:
    from devices.link.transport import LinkError
    from devices.live import DeviceMissing, StreamTwice
    from devices.sensors.catalog import UnknownProtocol
    from devices.sensors.driver import UnknownChannel, UnknownOption
    from devices.sensors.url import BadSensorUrl
    from devices.source import SourceError, SourceNotFound
    from models.bundle import BundleError, BundleNotFound
    from models.profile import ProfileError, ProfileNotFound
    from models.tflite import TfliteUnavailable
    from realtime.config import ConfigError

    try:
        if arguments.command == "models":
            from realtime.listing import show_bundles

            return show_bundles(arguments.bundle)
        if arguments.command == "calibrate":
            from realtime.calibrate import calibrate

            return calibrate(arguments)
        from realtime.running import run

        return run(arguments)
    except (BadSensorUrl, UnknownProtocol, UnknownChannel, UnknownOption, StreamTwice) as error:
        return complain(error, USAGE)
    except (ConfigError, SourceNotFound) as error:
        return complain(error, USAGE)
    except (BundleNotFound, ProfileNotFound, TfliteUnavailable, DeviceMissing, LinkError) as error:
        return complain(error, MISSING)
    except (SourceError, BundleError, ProfileError) as error:
        return complain(error, FAILED)
    except BrokenPipeError:
        raise
    except OSError as error:
        return complain(f"{error.filename or 'input or output'}: {error.strerror}" if error.strerror else error, FAILED)
