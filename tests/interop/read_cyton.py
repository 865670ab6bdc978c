"""Read a Cyton by BrainFlow; runs in the environment of `tests.interop.run`, prints JSON.

python read_cyton.py PORT SECONDS
"""

import json
import sys
import time

from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams

parameters = BrainFlowInputParams()
parameters.serial_port, seconds = sys.argv[1], float(sys.argv[2])
board = BoardShim(BoardIds.CYTON_BOARD, parameters)
BoardShim.disable_board_logger()
board.prepare_session()
board.start_stream()
time.sleep(seconds)
board.stop_stream()
data = board.get_board_data()
board.release_session()
kind = BoardIds.CYTON_BOARD
print(
    json.dumps(
        {
            "rate": BoardShim.get_sampling_rate(kind),
            "numbers": data[BoardShim.get_package_num_channel(kind)].astype(int).tolist(),
            "microvolts": data[BoardShim.get_exg_channels(kind)].T.tolist(),
        }
    )
)
