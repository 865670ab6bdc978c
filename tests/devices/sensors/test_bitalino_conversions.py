"""BITalino's transfer functions give the published values, each under its own name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sensors import bitalino_conversions as formulas
from devices.sensors.bitalino_conversions import FORMULAS, conversion
from devices.sensors.driver import UnknownChannel

COLUMNS = ("ecg", "rev2020", "rev2016", "sample2016", "bitalino1", "tmp", "ntc")
PUBLISHED = {
    0: (-1.500000, 0.000000, -4.348485, -1.296940, 1.000000, -50.0000, np.nan),
    208: (-0.890625, 5.078125, 0.729640, 2.054622, 1.254902, 17.0312, 59.3448),
    222: (-0.849609, 5.419922, 1.071437, 2.280208, 1.276808, 21.5430, 57.0759),
    440: (-0.210938, 10.742188, 6.393703, 5.792904, 1.753425, 91.7969, 31.5837),
    512: (0.000000, 12.500000, 8.151515, 6.953060, 2.000000, 115.0000, 25.0002),
    703: (0.559570, 17.163086, 12.814601, 10.030697, 3.190031, 176.5527, 8.0090),
    1023: (1.497070, 24.975586, 20.627101, 15.186947, 1024.0000, 279.6777, np.nan),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_published_values(name):
    """Every value printed for a formula comes out, to the last digit printed."""
    adc = np.array(list(PUBLISHED), float)
    expected = [row[COLUMNS.index(name)] for row in PUBLISHED.values()]
    digits = 4 if name in ("tmp", "ntc") else 6
    np.testing.assert_allclose(getattr(formulas, name)(adc, 10), expected, rtol=0, atol=0.51 * 10**-digits)


def test_the_thermistor_at_the_skin():
    """The values published for the temperatures that matter."""
    np.testing.assert_allclose(
        formulas.ntc(np.array([436.0, 415, 395, 385]), 10), [31.962, 33.980, 35.955, 36.965], atol=6e-4
    )


def names():
    return [(stream, name) for stream, known in FORMULAS.items() for name in known]


@pytest.mark.parametrize(("stream", "name"), names())
def test_a_conversion_is_strict_in_its_range_and_silent_outside(stream, name):
    """Within range every step of the converter changes the value one way; elsewhere there is no value."""
    convert = conversion(stream, name, 10)
    values = convert.formula(np.arange(1024.0))
    formula = FORMULAS[stream][name]
    assert np.nanmin(values) >= formula.least
    assert np.nanmax(values) <= formula.most
    steps = np.diff(values[~np.isnan(values)])
    assert len(steps) > 100
    assert (steps > 0).all() or (steps < 0).all()
    assert np.isnan(convert.formula(np.array([-1.0, 1024, np.nan]))).all()
    assert convert.name == f"bitalino.{stream}.{name}"


@given(st.integers(0, 63))
def test_six_bits_mean_what_their_ten_would(adc):
    """The fifth and sixth channel lack only the low bits."""
    six, ten = (
        conversion("eda", "rev2020", bits).formula(np.array([value])) for bits, value in ((6, adc), (10, adc * 16.0))
    )
    assert six == pytest.approx(ten)


def test_the_usual_formulas():
    """What is meant when nobody says more."""
    assert [conversion(stream, None, 10).name for stream in FORMULAS] == [
        "bitalino.eda.rev2020",
        "bitalino.ecg.ecg",
        "bitalino.temp.tmp",
    ]


def test_the_supply_counts():
    """A board at 3.0 V means other microsiemens by the same number."""
    assert conversion("eda", None, 10, 3.0).formula(np.array([512.0])) == pytest.approx(1.5 / 0.132)


@pytest.mark.parametrize(
    ("stream", "name", "bits", "says"),
    [
        ("ibi", None, 10, "gives no ibi; it gives eda, ecg, temp"),
        ("eda", "rev2019", 10, "choose one of rev2020, rev2016, sample2016, bitalino1"),
        ("temp", "tmp", 6, "among the first four"),
        ("temp", "ntc", 6, "among the first four"),
    ],
)
def test_what_cannot_be_converted_is_refused(stream, name, bits, says):
    """The message says what there is."""
    with pytest.raises(UnknownChannel, match=says):
        conversion(stream, name, bits)
