"""What BITalino's numbers mean: the transfer functions that its maker and its users have published, by name.

Electrodermal activity has four, for one line of products, up to 6 µS apart at rest: the name is stored with the data.
Sources: PLUX sensor data sheets and biosignalsnotebooks (rev2020, bitalino1, ecg), opensignalsreader (rev2016),
BITalinoWorld/revolution-sample-data (sample2016), the data sheets of the MCP9700 (tmp) and of the NTC (Steinhart-Hart).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from devices.sensors.driver import Conversion, Doubles, UnknownChannel

VCC = 3.3
"""Volts that the board runs at"""

_NTC = (1.12764514e-3, 2.34282709e-4, 8.77303013e-8)  # 1/K of 1, ln R, (ln R)^3
_KELVIN = 273.15


def volts(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:
    """Return the voltage at a converter of so many bits."""
    return adc * vcc / (1 << bits)


def ecg(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:
    """Return millivolts at the skin: half the supply is zero, the gain is 1100."""
    return (adc / (1 << bits) - 0.5) * vcc / 1100 * 1000


def rev2020(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:
    """Return microsiemens, 0 to 25: the (r)evolution board as its manual of 2020 has it."""
    return volts(adc, bits, vcc) / 0.132


def rev2016(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:
    """Return microsiemens, -4.4 to 21: with the offset of the data sheet of 2016."""
    return (volts(adc, bits, vcc) - 0.574) / 0.132


def sample2016(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:
    """Return microsiemens: as the maker's sample recordings are drawn."""
    return (volts(adc, bits, vcc) - 0.259388) / 0.2


def bitalino1(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:  # noqa: ARG001  (of the form of all the others)
    """Return microsiemens, from 1: the first board, which measures resistance against the supply."""
    return 1 / (1 - adc / (1 << bits))


def tmp(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:
    """Return degrees Celsius: the linear sensor, 10 mV a degree from 0.5 V."""
    return (volts(adc, bits, vcc) - 0.5) * 100


def ntc(adc: Doubles, bits: int, vcc: float = VCC) -> Doubles:  # noqa: ARG001  (a divider of the supply: it cancels out)
    """Return degrees Celsius: the thermistor under 10 kOhm; NaN at the ends of the converter."""
    inside = (adc > 0) & (adc < (1 << bits) - 1)
    part = np.where(inside, adc, 1.0)
    log = np.log(1e4 * part / ((1 << bits) - part))
    constant, first, third = _NTC
    return np.where(inside, 1 / (constant + first * log + third * log**3) - _KELVIN, np.nan)


class Formula(NamedTuple):
    """A transfer function and where it holds."""

    function: Callable[[Doubles, int, float], Doubles]
    unit: str
    least: float
    most: float


FORMULAS: Mapping[str, Mapping[str, Formula]] = {
    "eda": {
        "rev2020": Formula(rev2020, "µS", 0, 25),
        "rev2016": Formula(rev2016, "µS", -4.4, 21),
        "sample2016": Formula(sample2016, "µS", -1.3, 15.3),
        "bitalino1": Formula(bitalino1, "µS", 1, np.inf),
    },
    "ecg": {"ecg": Formula(ecg, "mV", -1.5, 1.5)},
    "temp": {"tmp": Formula(tmp, "°C", -40, 125), "ntc": Formula(ntc, "°C", 0, 50)},
}
"""By stream and by name; the first of a stream is the usual one"""


def conversion(stream: str, name: str | None, bits: int, vcc: float = VCC) -> Conversion:
    """Return how a channel of so many bits becomes a stream.

    Raises
    ------
    UnknownChannel
        When the board gives no such stream, has no such formula for it, or too few bits.
    """
    if stream not in FORMULAS:
        raise UnknownChannel(f"BITalino gives no {stream}; it gives {', '.join(FORMULAS)}")
    formulas = FORMULAS[stream]
    name = name or next(iter(formulas))
    if name not in formulas:
        raise UnknownChannel(f"BITalino has no formula {name!r} for {stream}; choose one of {', '.join(formulas)}")
    if stream == "temp" and bits < 10:
        raise UnknownChannel(
            f"temp at {bits} bits comes in steps of several degrees; put its channel among the first four acquired"
        )
    return Conversion(f"bitalino.{stream}.{name}", formulas[name].unit, partial(_within, formulas[name], bits, vcc))


def _within(formula: Formula, bits: int, vcc: float, raw: Doubles) -> Doubles:
    """Return the physical values; NaN where the raw ones are none of the converter's, or the result is out of range."""
    possible = (raw >= 0) & (raw < 1 << bits)
    values = formula.function(np.where(possible, raw, 0.0), bits, vcc)
    with np.errstate(invalid="ignore"):
        return np.where(possible & (values >= formula.least) & (values <= formula.most), values, np.nan)
