"""Read a Shimmer3 by pyshimmer; runs in the environment of `tests.interop.run`, prints JSON.

python read_shimmer.py PORT PACKETS
"""

import json
import sys
import threading

from pyshimmer import DEFAULT_BAUDRATE, EChannelType, ShimmerBluetooth
from pyshimmer.dev.channels import ESensorGroup
from serial import Serial

CHANNELS = [
    EChannelType.GSR_RAW,
    EChannelType.EXG_ADS1292R_1_STATUS,
    EChannelType.EXG_ADS1292R_1_CH1_24BIT,
    EChannelType.EXG_ADS1292R_1_CH2_24BIT,
]
port, wanted = sys.argv[1], int(sys.argv[2])
ticks: list[int] = []
values: list[list[int]] = []
done = threading.Event()


def take(packet) -> None:
    """Keep a packet."""
    ticks.append(packet[EChannelType.TIMESTAMP])
    values.append([packet[channel] for channel in CHANNELS])
    if len(ticks) >= wanted:
        done.set()


sys.stdout, out = sys.stderr, sys.stdout  # the package prints
shimmer = ShimmerBluetooth(Serial(port, DEFAULT_BAUDRATE))
shimmer.initialize()
kind, version = shimmer.get_firmware_version()
shimmer.set_sampling_rate(512.0)
shimmer.set_sensors([ESensorGroup.GSR, ESensorGroup.EXG1_24BIT])
rate, _, channels = shimmer.get_inquiry()
registers = shimmer.get_exg_register(0)
status = shimmer.get_status()
shimmer.add_stream_callback(take)
shimmer.start_streaming()
done.wait(20)
streaming = shimmer.get_status()
shimmer.stop_streaming()
shimmer.shutdown()
out.write(
    json.dumps(
        {
            "firmware": f"{kind.name} {version.major}.{version.minor}.{version.rel}",
            "rate": rate,
            "channels": [channel.name for channel in channels],
            "gain": registers.ch1_gain,
            "streaming": [status[4], streaming[4]],
            "ticks": ticks,
            "values": values,
        }
    )
)
