"""Headers of WAV files of float32 samples, one channel.

RIFF chunks `fmt ` (format 3, IEEE float), `fact` and `data`, as in Microsoft's *Multimedia Programming Interface and
Data Specifications* 1.0 and its *New Multimedia Data Types*: a format that is not PCM has an extension size and a fact.
"""

import struct

_FORMAT = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_IEEE_FLOAT = 3
_BYTES = 4

HEADER_BYTES = _FORMAT.size


def header(rate: int, samples: int) -> bytes:
    """Return what stands before so many samples."""
    size = samples * _BYTES
    riff = (b"RIFF", HEADER_BYTES - 8 + size, b"WAVE")
    format_ = (b"fmt ", 18, _IEEE_FLOAT, 1, rate, rate * _BYTES, _BYTES, 8 * _BYTES, 0)
    return _FORMAT.pack(*riff, *format_, b"fact", 4, samples, b"data", size)
