"""What the numbers of a sketch mean: a unit, or the formula of a sensor, named by the sketch or by whoever asks.

Nothing is guessed: a number without either is no data.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from devices.sensors.driver import Conversion, Doubles

UNITS = {"eda": "µS", "ecg": "mV", "temp": "°C", "ibi": "s"}
"""Of the streams"""

_ADC = re.compile(r"adc(\d\d?)", re.IGNORECASE)
_AD8232_GAIN, _AD8232_ZERO_V = 1100, 1.65


@dataclass(frozen=True, slots=True)
class Board:
    """The converter of a board."""

    bits: int = 10
    volts: float = 5.0
    """Of its full scale"""
    open_circuit: float | None = None
    """What a Grove GSR reads with nobody connected; None for the middle of the converter"""


def grove(adc: Doubles, bits: int = 10, open_circuit: float | None = None) -> Doubles:
    """Return microsiemens of Seeed's Grove GSR; NaN where the circuit is open.

    The wiki's formula: ohms = (1024 + 2 x) 10000 / (512 - x), where 512 is what the sensor reads with nobody connected.
    The value is approximate.
    """
    still = (1 << bits) / 2 if open_circuit is None else open_circuit
    closed = (adc >= 0) & (adc < still)
    part = np.where(closed, adc, 0.0)
    return np.where(closed, 1e6 * (still - part) / (((1 << bits) + 2 * part) * 1e4), np.nan)


def ad8232(adc: Doubles, bits: int = 10, volts: float = 5.0) -> Doubles:
    """Return millivolts at the skin of SparkFun's AD8232 board: gain about 1100 around half of its 3.3 V."""
    inside = (adc >= 0) & (adc < 1 << bits)
    return np.where(inside, (adc * volts / (1 << bits) - _AD8232_ZERO_V) / _AD8232_GAIN * 1000, np.nan)


def max30205(raw: Doubles) -> Doubles:
    """Return degrees Celsius of the register of a MAX30205: a signed 16-bit number of 1/256 degrees."""
    return np.where((raw >= -32768) & (raw < 32768), raw / 256, np.nan)


def mlx90614(raw: Doubles) -> Doubles:
    """Return degrees Celsius of the register of an MLX90614: 0.02 K a step; NaN where its highest bit is set."""
    return np.where((raw >= 0) & (raw < 32768), raw * 0.02 - 273.15, np.nan)


def resistance(ohms: Doubles, unit: float) -> Doubles:
    """Return microsiemens of a resistance in units of so many ohms; NaN where there is none."""
    return np.where(ohms > 0, 1e6 / (unit * np.where(ohms > 0, ohms, 1.0)), np.nan)


def scaled(values: Doubles, factor: float, zero: float, least: float, most: float) -> Doubles:
    """Return values in the unit of a stream; NaN outside what a body can give."""
    converted = (values - zero) * factor
    return np.where((converted >= least) & (converted <= most), converted, np.nan)


_Formula = Callable[[Doubles], Doubles]


def _units(least: float, most: float, factors: Mapping[str, tuple[float, float]]) -> dict[str, _Formula]:
    return {
        name: partial(scaled, factor=factor, zero=zero, least=least, most=most)
        for name, (factor, zero) in factors.items()
    }


_BY_UNIT: Mapping[str, Mapping[str, _Formula]] = {
    "eda": {
        **_units(0, 1000, {"uS": (1, 0), "nS": (1e-3, 0)}),
        "ohm": partial(resistance, unit=1),
        "kohm": partial(resistance, unit=1e3),
    },
    "ecg": _units(-1e3, 1e3, {"mV": (1, 0), "uV": (1e-3, 0), "V": (1e3, 0)}),
    "temp": _units(-40, 125, {"degC": (1, 0), "K": (1, 273.15), "degF": (5 / 9, 32)}),
    "ibi": _units(0.2, 4, {"s": (1, 0), "ms": (1e-3, 0)}),
}
_SPELLINGS = {"c": "degc", "celsius": "degc", "f": "degf", "microsiemens": "us", "millivolts": "mv", "ω": "ohm"}


def _by_sensor(board: Board) -> Mapping[str, Mapping[str, _Formula]]:
    return {
        "eda": {"grove": partial(grove, bits=board.bits, open_circuit=board.open_circuit)},
        "ecg": {"ad8232": partial(ad8232, bits=board.bits, volts=board.volts)},
        "temp": {"max30205": max30205, "mlx90614": mlx90614},
        "ibi": {},
    }


def known(stream: str) -> tuple[str, ...]:
    """Return the units and formulas that a stream can be given in."""
    return (*_BY_UNIT[stream], *_by_sensor(Board())[stream])


def conversion(stream: str, name: str, board: Board) -> Conversion | None:
    """Return how a column becomes a stream, by its unit or its sensor's name; None where that is not known."""
    formulas = {**_BY_UNIT[stream], **_by_sensor(board)[stream]}
    spelt = name.lower().replace("µ", "u").replace("μ", "u").replace("°", "deg").replace("kω", "kohm")
    spelt = _SPELLINGS.get(spelt, spelt)
    found = next((known for known in formulas if known.lower() == spelt), None)
    return Conversion(f"lines.{stream}.{found}", UNITS[stream], formulas[found]) if found else None


def bits(unit: str) -> int | None:
    """Return the bits of a converter that a unit names: 12 for `adc12`."""
    found = _ADC.fullmatch(unit)
    return int(found[1]) if found else None
