"""Sensors with an analog output, the other way round: from what a body has to what a converter reads."""

from collections.abc import Callable, Mapping

import numpy as np

from devices.demo.body import Signal
from devices.emulation.waveforms import Body, Waveform

Output = Callable[[Signal, float], Signal]
"""From a body's signal and the supply in volts to the share of the supply that the sensor puts out"""


def _ntc(celsius: Signal, supply: float) -> Signal:  # noqa: ARG001 - a divider of the supply: it cancels out
    """Invert the Steinhart-Hart equation of BITalino's NTC by Newton's method on x = ln R."""
    a0, a1, a2 = 1.12764514e-3, 2.34282709e-4, 8.77303013e-8
    x = np.full_like(celsius, np.log(1e4))
    for _ in range(20):
        x = x - (a0 + a1 * x + a2 * x**3 - 1.0 / (celsius + 273.15)) / (a1 + 3.0 * a2 * x**2)
    resistance = np.exp(x)
    share: Signal = resistance / (1e4 + resistance)
    return share


SENSORS: Mapping[str, Output] = {
    "eda": lambda micro, supply: 0.132 * micro / supply,
    "eda.rev2016": lambda micro, supply: (0.132 * micro + 0.574) / supply,
    "eda.sample2016": lambda micro, supply: (0.2 * micro + 0.259388) / supply,
    "eda.bitalino1": lambda micro, _: 1.0 - 1.0 / np.maximum(micro, 1.0),
    "ecg": lambda milli, supply: 1.1 * milli / supply + 0.5,
    "temp": lambda celsius, supply: (celsius / 100.0 + 0.5) / supply,
    "temp.ntc": _ntc,
    "ppg": lambda level, _: level,
    "breath": lambda level, _: 0.5 + 0.3 * level,
    "nothing": lambda level, _: level + 0.5,
}
"""BITalino's transfer functions, inverted, by stream and formula; `eda` alone is rev2020, `temp` the linear TMP"""


def reading(body: Body, sensor: str, bits: int, supply: float) -> Waveform:
    """Return what a converter of so many bits, whose range is its supply in volts, reads of a sensor on a body."""
    waveform, output, full = body.waveform(sensor.partition(".")[0]), SENSORS[sensor], 2**bits
    return lambda times: np.clip(np.round(output(waveform(times), supply) * full), 0, full - 1)
