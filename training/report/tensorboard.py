"""Learning curves as event files that TensorBoard reads, written without it: `tensorboard --logdir RUN/tensorboard`.

A file is a series of TFRecords (length, its checksum, content, its checksum), each an `Event` message of
tensorflow/core/util/event.proto, of which only the fields used here are written.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

FILE = "events.out.tfevents.0.maeum"
_POLYNOMIAL = 0x82F63B78
"""CRC-32C (Castagnoli), bits reversed"""


def write_curves(folder: Path, history: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Path]:
    """Write every curve of `run.json`'s history; what TensorBoard calls a run is one modality, fold and part.

    Files of an earlier report are replaced.
    """
    return [
        _write(folder / modality / f"fold-{fold['fold']}" / part, curves)
        for modality, folds in history.items()
        for fold in folds
        for part, curves in _parts(fold).items()
        if curves
    ]


def _parts(fold: Mapping[str, Any]) -> dict[str, dict[str, list[float]]]:
    """Curves by part and by name; Keras puts `val_` before those of validation rows."""
    curves = {name: values for name, values in fold.items() if isinstance(values, list)}
    validation = {name.removeprefix("val_"): values for name, values in curves.items() if name.startswith("val_")}
    training = {name: values for name, values in curves.items() if not name.startswith("val_")}
    return {"training": training, "validation": validation}


def _write(folder: Path, curves: Mapping[str, Sequence[float]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    events = [_text(3, b"brain.Event:2"), *_scalars(curves)]
    (folder / FILE).write_bytes(b"".join(_record(event) for event in events))
    return folder / FILE


def _scalars(curves: Mapping[str, Sequence[float]]) -> Iterator[bytes]:
    """An event for each point: time (field 1; the step, so that equal runs are equal files), step, summary."""
    for tag, values in curves.items():
        for step, value in enumerate(values, 1):
            point = _text(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
            yield b"\x09" + struct.pack("<d", step) + b"\x10" + _varint(step) + _text(5, _text(1, point))


def _text(field: int, content: bytes) -> bytes:
    """A field of bytes, which may be a message."""
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    """Masked as TFRecords want it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(_entry(byte) for byte in range(256))
