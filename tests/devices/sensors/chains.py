"""What every decoder of chained packets must do with a damaged line, whatever its packets are."""

from collections.abc import Callable, Sequence

from devices.sensors.frames import Decoder
from tests.devices.sensors.decoding import decode, frames

Fault = Callable[[bytes, int, int], bytes]
FAULTS: dict[str, Fault] = {
    "drop": lambda data, at, count: data[:at] + data[at + count :],
    "zeros": lambda data, at, count: data[:at] + b"\0" * count + data[at:],
    "ones": lambda data, at, count: data[:at] + b"\xff" * count + data[at:],
    "repeat": lambda data, at, count: data[: at + count] + data[at:],
}


def bogus(decoder: Callable[[], Decoder], packets: Sequence[bytes], fault: Fault, counts: Sequence[int]) -> int:
    """Count the frames that were never sent, over this fault at every byte of a packet in the middle."""
    sent = {frame.values for frame in frames(decode(decoder(), b"".join([*packets, *packets[:2]])))}
    data, size = b"".join(packets), len(packets[0])
    start = len(packets) // 2 * size
    found = [
        frame
        for at in range(start, start + size)
        for count in counts
        for frame in frames(decode(decoder(), fault(data, at, count)))
    ]
    assert len(found) > (len(packets) - 8) * size * len(counts)
    return sum(frame.values not in sent for frame in found)
