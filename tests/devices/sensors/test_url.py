"""A sensor URL is read whole, or refused with one line that says what to write instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sensors.catalog import PROTOCOLS, UnknownProtocol
from devices.sensors.driver import Wanted
from devices.sensors.url import STREAMS, BadSensorUrl, SensorUrl, parse

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
OPTIONS = st.dictionaries(WORDS.filter(lambda name: name not in ("protocol", "channels", "required", "rate")), WORDS)
ADDRESSES = {
    "serial": WORDS.filter(lambda word: word == word.strip()).map(lambda word: f"/dev/{word}x"),
    "socket": st.tuples(WORDS.filter(str.strip), st.integers(1, 65535)).map(lambda pair: f"x{pair[0]}:{pair[1]}"),
    "lsl": WORDS.map(lambda word: f"type={word}x"),
}


@st.composite
def sensor_urls(draw) -> SensorUrl:
    scheme = draw(st.sampled_from(list(ADDRESSES)))
    streams = draw(st.lists(st.sampled_from(STREAMS), unique=True, min_size=scheme != "lsl"))
    wanted = [Wanted(stream, draw(st.just("") | WORDS), draw(st.none() | WORDS)) for stream in streams]
    protocol = "lsl" if scheme == "lsl" else draw(st.sampled_from(list(PROTOCOLS)))
    return SensorUrl(scheme, draw(ADDRESSES[scheme]), protocol, tuple(wanted), draw(OPTIONS), draw(st.booleans()))


@given(sensor_urls())
def test_what_is_written_is_read_back(url):
    """Every sensor has one text, whatever characters its names hold, and the text means that sensor."""
    assert parse(url.text) == url


def test_a_serial_url_says_where_what_and_which():
    """Address, protocol, channels with formulas, and options of the protocol come apart."""
    url = parse("serial:///dev/ttyUSB0?protocol=bitalino&channels=eda:A3/rev2016,ecg:A2,temp:A1&rate=100")
    assert url == SensorUrl(
        "serial",
        "/dev/ttyUSB0",
        "bitalino",
        (Wanted("eda", "A3", "rev2016"), Wanted("ecg", "A2"), Wanted("temp", "A1")),
        {"rate": "100"},
    )


@pytest.mark.parametrize(
    ("text", "scheme", "address"),
    [
        ("serial://COM3?protocol=lines&channels=eda:EDA/uS", "serial", "COM3"),
        ("serial:///dev/serial/by-id/usb-1a?protocol=lines&channels=eda", "serial", "/dev/serial/by-id/usb-1a"),
        ("socket://[::1]:7000?protocol=cyton&channels=ecg:1", "socket", "[::1]:7000"),
        ("lsl://type=EDA", "lsl", "type=EDA"),
    ],
)
def test_every_scheme_has_its_address(text, scheme, address):
    """Ports of Linux and Windows, hosts and inlets are addressed as their own world writes them."""
    assert (parse(text).scheme, parse(text).address) == (scheme, address)


def test_a_channel_may_be_the_usual_one():
    """A device with one channel for a stream need not have it named; a formula may stand alone."""
    url = parse("serial://COM3?protocol=emotibit&channels=eda,temp/skin")
    assert url.wanted == (Wanted("eda", "", None), Wanted("temp", "", "skin"))


def test_a_sensor_may_be_optional():
    """`required=no` lets a session begin without it, and is no option of the protocol."""
    url = parse("serial://COM3?protocol=emotibit&channels=eda&required=no")
    assert not url.required
    assert not url.options


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/dev/ttyUSB0", "must begin with serial://, socket:// or lsl://"),
        ("usb://x?protocol=lines", "must begin with serial://"),
        ("serial://?protocol=lines&channels=eda", "no address; write after serial:// the port"),
        ("socket://host?protocol=lines&channels=eda", "not HOST:PORT"),
        ("socket://host:70000?protocol=lines&channels=eda", "from 1 to 65535"),
        ("serial://COM3", "add protocol=NAME, one of lines, bitalino"),
        ("serial://COM3?protocol=lines", "add channels=STREAM:CHANNEL"),
        ("serial://COM3?protocol=lines&channels=emg:A1", "no stream is called 'emg'; there are eda, ecg, temp, ibi"),
        ("serial://COM3?protocol=lines&channels=eda:A1,", "'' is not STREAM:CHANNEL"),
        ("serial://COM3?protocol=lines&channels=eda:A1/", "'eda:A1/' is not"),
        ("serial://COM3?protocol=lines&channels=eda:", "'eda:' is not"),
        ("serial://COM3?protocol=lines&channels=eda:A:B", "'eda:A:B' is not"),
        ("serial://COM3?protocol=lines&channels=eda:A1,eda:A2", "gives eda 2 times"),
        ("serial://COM3?protocol=lines&channels=eda&rate=0", "rate=0 is no number"),
        ("serial://COM3?protocol=lines&channels=eda&rate=-5", "rate=-5 is no number"),
        ("serial://COM3?protocol=lines&channels=eda&rate=nan", "rate=nan is no number"),
        ("serial://COM3?protocol=lines&channels=eda&rate=fast", "rate=fast is no number"),
        ("serial://COM3?protocol=lines&channels=eda&baud", "'baud' is not NAME=VALUE"),
        ("serial://COM3?protocol=lines&channels=eda&baud=1&baud=2", "says 'baud' twice"),
        ("serial://COM3?protocol=lines&channels=eda&required=maybe", "neither yes nor no"),
        ("lsl://", "what to look for: type=EDA"),
        ("lsl://type=EDA?protocol=bitalino", "leave out protocol=bitalino"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(text, says):
    """The message quotes the URL, names the fault and says what to write."""
    with pytest.raises(BadSensorUrl) as refused:
        parse(text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_unknown_protocol_lists_the_known():
    """Whoever misspells a protocol sees all of them."""
    with pytest.raises(UnknownProtocol, match="'bitalin' is not known; choose one of lines, bitalino, shimmer3"):
        parse("serial://COM3?protocol=bitalin&channels=eda:A1")
