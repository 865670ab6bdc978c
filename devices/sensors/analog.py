"""Sensors with an analog output, on pins of a board that cannot know what they are: their formula has to be named."""

from collections.abc import Sequence

from devices.sensors import choosing
from devices.sensors.bitalino_conversions import FORMULAS, conversion
from devices.sensors.driver import Output, Wanted


def analog(title: str, wanted: Wanted, pins: Sequence[str], columns: Sequence[str], bits: int, vcc: float) -> Output:
    """Return where a stream on an analog pin comes from, by one of the published formulas for sensors of this supply.

    Parameters
    ----------
    title
        Of the device, for messages.
    wanted
        Pin and formula.
    pins
        Those that there are; the first is the usual one.
    columns
        Names of the layout's channels.
    bits, vcc
        Of the converter, whose range is its supply in volts.

    Raises
    ------
    UnknownChannel
        When there is no such pin, or no formula is named.
    """
    known = dict.fromkeys(FORMULAS, pins)
    pin = choosing.channel(title, wanted, known)
    named = Wanted(wanted.stream, pin, wanted.formula)
    formula = choosing.formula(title, named, list(FORMULAS[wanted.stream]))
    return Output(wanted.stream, "", columns.index(pin), conversion(wanted.stream, formula, bits, vcc))
