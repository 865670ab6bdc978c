"""Columns of a sketch become streams in units that somebody gave, never in guessed ones."""

import numpy as np
import pytest

from devices.sensors.catalog import driver
from devices.sensors.driver import UnknownChannel, UnknownOption, Wanted
from devices.sensors.lines_conversions import Board, conversion, grove, max30205, mlx90614
from devices.sensors.lines_driver import Lines
from devices.sensors.url import parse
from tests.devices.sensors.scripts import play


def connected(url: str, data: str):
    sensor = parse(url)
    device = driver(sensor.protocol, sensor.wanted, sensor.options)
    decoder = device.decoder()
    decoder.push(data.encode())
    return device, decoder


def outputs(channels: str, data: str) -> list[tuple]:
    device, decoder = connected(f"serial://COM3?protocol=lines&channels={channels}", data)
    return [(out.stream, out.layout, out.conversion.name) for out in device.outputs(decoder)]


def test_units_come_from_the_url():
    """Whoever plugs the board in may say what it sends; names are taken in either case."""
    found = outputs("eda:eda/uS,ecg:ECG/ad8232,temp:TEMP/degC", "\nEDA:0.53,ECG:512,TEMP:32.1\n")
    assert found == [
        ("eda", "EDA", "lines.eda.uS"),
        ("ecg", "ECG", "lines.ecg.ad8232"),
        ("temp", "TEMP", "lines.temp.degC"),
    ]


def test_units_come_from_the_sketch():
    """A comment of the sketch is enough, in its own spelling."""
    found = outputs("eda:EDA,ecg:ECG,temp:TEMP", "# eda:µS,ecg:mV,temp:°C\nEDA:0.53,ECG:0.1,TEMP:32.1\n")
    assert [name for _, _, name in found] == ["lines.eda.uS", "lines.ecg.mV", "lines.temp.degC"]


def test_a_lone_number_needs_no_name():
    """A sketch that prints one number per line has one column."""
    assert outputs("ecg/ad8232", "\n512\n") == [("ecg", "value", "lines.ecg.ad8232")]


def test_a_column_may_come_late():
    """What has not been shown yet is not missing yet."""
    assert outputs("eda:EDA/uS,temp:T/degC", "\nEDA:0.5\n") == [("eda", "EDA", "lines.eda.uS")]


@pytest.mark.parametrize(
    ("channels", "line", "says"),
    [
        ("eda:EDA", "EDA:0.5", r"no unit for EDA: add what it is to the URL, as eda:EDA/uS, or let .* '# EDA:uS'"),
        ("ecg:ECG", "# ecg:adc10\nECG:512", r"ECG in 'adc10': .* ecg can be mV, uV, V, ad8232"),
        ("eda:GSR/uS", "EDA:0.5,ECG:2", "no column 'GSR'; it sends EDA, ECG"),
        ("eda/uS", "EDA:0.5,ECG:2", "say which of them is eda, as eda:COLUMN"),
        ("eda:EDA/uS", "1,2,3", "lines of 3 numbers without names: add columns="),
    ],
)
def test_what_nobody_said_is_asked_for(channels, line, says):
    """After twenty lines a missing name or unit is refused, with what to add."""
    with pytest.raises(UnknownChannel, match=says):
        outputs(channels, "\n" + f"{line}\n" * 25)


@pytest.mark.parametrize(
    ("wanted", "options", "error", "says"),
    [
        (Wanted("eda", "EDA", "volts"), {}, UnknownChannel, "choose one of uS, nS, ohm, kohm, grove"),
        (Wanted("eda", "GSR", "uS"), {"columns": "t,EDA"}, UnknownChannel, "no 'GSR'; there are t, EDA"),
        (Wanted("eda", "EDA"), {"columns": "a,,b"}, UnknownOption, "a name of its own"),
        (Wanted("eda", "EDA"), {"columns": "a,a"}, UnknownOption, "a name of its own"),
        (Wanted("eda", "EDA"), {"baud": "fast"}, UnknownOption, "from 300 to 4e\\+06"),
        (Wanted("eda", "EDA"), {"dtr": "maybe"}, UnknownOption, "choose one of yes, no"),
        (Wanted("eda", "EDA"), {"speed": "1"}, UnknownOption, "no option 'speed'; it takes baud, dtr, settle"),
    ],
)
def test_what_cannot_be_is_refused_before_opening(wanted, options, error, says):
    """The message says what can."""
    with pytest.raises(error, match=says):
        Lines([wanted], options)


def test_the_port_is_as_asked_for():
    """Speed, reset and start-up time of the board are options; nothing is said to it."""
    device = Lines([Wanted("eda", "EDA")], {"baud": "9600", "dtr": "no", "settle": "2"})
    assert (device.port.baud, device.port.dtr, device.port.settle_s) == (9600, False, 2)
    assert play(device.start(), lambda _: b"") == play(device.stop(), lambda _: b"") == []


def test_bare_values_are_named_by_the_url():
    """Columns and rate of a sketch without header are options."""
    device, decoder = connected(
        "serial://COM3?protocol=lines&channels=eda:eda/grove&columns=n,eda&rate=20&cal=500", "\n1,250\n2,250\n"
    )
    (out,) = device.outputs(decoder)
    (layout,) = decoder.layouts
    assert (layout.rate, layout.clock) == (20, "index")
    assert out.conversion.formula(np.array([250.0, 500]))[0] == pytest.approx(1e6 * 250 / (1524 * 1e4))
    assert np.isnan(out.conversion.formula(np.array([500.0])))


def test_the_converter_of_the_board_counts():
    """Twelve bits are known from the unit that the sketch prints."""
    device, decoder = connected(
        "serial://COM3?protocol=lines&channels=ecg:ECG/ad8232&volts=3.3", "# ecg:adc12\nECG:1\n"
    )
    (out,) = device.outputs(decoder)
    assert out.conversion.formula(np.array([2048.0])) == pytest.approx(0)
    assert out.conversion.formula(np.array([4095.0])) == pytest.approx(1.4993, abs=1e-4)


def test_grove_values_as_published():
    """The values of Seeed's formula, to the digits printed; an open circuit has none."""
    raw = np.array([0.0, 100, 256, 400, 450, 500, 511, 512, 600])
    expected = [50.0, 33.6601, 16.6667, 6.1404, 3.2225, 0.5929, 0.0489, np.nan, np.nan]
    np.testing.assert_allclose(grove(raw), expected, rtol=0, atol=5.1e-5)
    np.testing.assert_allclose(grove(np.array([1024.0]), 12), 1e6 / ((4096 + 2048) * 1e4 / 1024))


def test_thermometers_as_published():
    """Registers of the MAX30205 and the MLX90614, whose highest bit marks an error."""
    np.testing.assert_allclose(max30205(np.array([0x2500, 0x24E6, -256])), [37.0, 36.898438, -1.0], atol=1e-6)
    np.testing.assert_allclose(mlx90614(np.array([0x3C94, 0x3C50, 0x8001])), [37.01, 35.65, np.nan], atol=1e-6)


@pytest.mark.parametrize(
    ("stream", "unit", "raw", "value"),
    [
        ("eda", "uS", 2.5, 2.5),
        ("eda", "us", 2.5, 2.5),
        ("eda", "kohm", 200, 5),
        ("eda", "Ω", 200_000, 5),
        ("eda", "uS", -1, np.nan),
        ("ecg", "uV", 500, 0.5),
        ("ecg", "µV", 500, 0.5),
        ("temp", "degF", 98.6, 37),
        ("temp", "C", 37, 37),
        ("temp", "K", 310.15, 37),
        ("temp", "degC", 300, np.nan),
        ("ibi", "ms", 800, 0.8),
        ("ibi", "ms", 0, np.nan),
    ],
)
def test_units_become_those_of_the_streams(stream, unit, raw, value):
    """Each spelling in use, to the unit of the stream; NaN for what no body gives."""
    found = conversion(stream, unit, Board()).formula(np.array([float(raw)]))
    np.testing.assert_allclose(found, [value], atol=1e-9)


def test_an_unknown_unit_is_none():
    """No unit is guessed."""
    assert conversion("eda", "adc10", Board()) is None
