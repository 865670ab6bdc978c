"""From the raw numbers of a Shimmer3 to microsiemens and millivolts, by the formulas of Shimmer's own drivers."""

import numpy as np

from devices.sensors.driver import Conversion, Doubles

AUTOMATIC = 4
"""The range setting with which a unit chooses its feedback resistor itself"""
_FEEDBACK = np.array([40.2, 287.0, 1000.0, 3300.0])  # kilo-ohms, by range
_LOWEST = np.array([8.0, 63.0, 220.0, 680.0])  # kilo-ohms that a fixed range can measure
_HIGHEST = np.array([63.0, 220.0, 680.0, 4700.0])
_OPEN = 683  # the smallest reading above the reference voltage of 0.5 V
_GAINS = (6, 1, 2, 3, 4, 8, 12)  # by the code in the registers


def conductance(raw: Doubles, setting: int = AUTOMATIC) -> Doubles:
    """Return skin conductance in microsiemens of raw GSR values [n]; NaN below what the range can measure.

    Parameters
    ----------
    raw
        Bits 15..14 are the range in use, bits 11..0 the reading.
    setting
        0..3 for a fixed range, `AUTOMATIC` for the range in each value.
    """
    word = raw.astype(np.int64)
    ranges = word >> 14 if setting == AUTOMATIC else np.full(len(word), setting)
    reading = (word & 0xFFF).astype(np.float64)
    reading = np.where((ranges == 3) & (reading < _OPEN), _OPEN, reading)
    over = reading * 3.0 / 4095 / 0.5 - 1
    resistance = np.divide(_FEEDBACK[ranges], over, out=np.full(len(word), np.nan), where=over > 0)
    if setting == AUTOMATIC:
        resistance = np.maximum(resistance, _LOWEST[0])
    else:
        resistance = np.clip(resistance, _LOWEST[setting], _HIGHEST[setting])
    return 1000.0 / resistance


def gsr(setting: int) -> Conversion:
    """Return the conversion of GSR at a range setting of 0..4."""
    name = "auto" if setting == AUTOMATIC else f"range{setting}"
    return Conversion(f"shimmer3.eda.{name}", "µS", lambda raw: conductance(raw, setting))


def exg(gain: int, bits: int = 24) -> Conversion:
    """Return the conversion of an ExG channel; at 16 bits the firmware has doubled the values."""
    scale = 2420.0 / (gain * (1 if bits == 24 else 2)) / (2 ** (bits - 1) - 1)
    return Conversion(f"shimmer3.ecg.gain{gain}.{bits}bit", "mV", lambda raw: raw * scale)


def exg_gain(register: int) -> int:
    """Return the gain in a channel's register (byte 3 or 4 of a chip).

    Raises
    ------
    ValueError
        When the register holds none.
    """
    code = register >> 4 & 7
    if code >= len(_GAINS):
        raise ValueError(f"register 0x{register:02x} of the ExG chip holds no gain")
    return _GAINS[code]
