"""Read a BITalino by its maker's package; runs in the environment of `tests.interop.run`, prints JSON.

python read_bitalino.py PORT CHANNELS FRAMES
"""

import json
import sys

from bitalino import BITalino

port, channels, frames = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
device = BITalino(port, timeout=10)
version, state = device.version(), device.state()
device.start(1000, list(range(channels)))
rows = device.read(frames)
device.stop()
device.close()
print(
    json.dumps(
        {
            "version": version.strip(),
            "battery": int(state["battery"]),
            "threshold": int(state["batteryThreshold"]),
            "sequence": [int(row[0]) for row in rows],
            "values": [[int(value) for value in row[5:]] for row in rows],
        }
    )
)
