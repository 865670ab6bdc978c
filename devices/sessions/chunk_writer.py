"""One chunk of a recording while it is written. No threads: the caller says when what came goes to the disk."""

import os
from pathlib import Path

import numpy as np

from devices.block import Block
from devices.private import create_file, write_all
from devices.sessions import layout, wav
from devices.sessions.chunk_head import Head, head_line
from devices.sessions.index import Sealed, sum_of
from devices.sessions.positions import Positions


class ChunkWriter:
    """Lines and samples of one chunk.

    Parameters
    ----------
    folder
        Of the recording.
    head
        Which chunk it is and where streams stand when it begins.

    Raises
    ------
    OSError
        From every method, when the disk does not take it.
    """

    def __init__(self, folder: Path, head: Head) -> None:
        self._folder, self.head = folder, head
        self._lines = _File(folder / layout.events_name(head.chunk))
        self._values: dict[str, _File] = {}
        self._lines.add(head_line(head).encode())

    def add(self, line: str, block: Block | None = None) -> None:
        """Take a line, with the samples that it counts if it is that of a block."""
        if block is not None:
            self._file(block).add(np.ascontiguousarray(block.values, "<f4").tobytes())
        self._lines.add(line.encode())

    def flush(self) -> int:
        """Hand everything to the operating system, samples first; return how many bytes that was."""
        return sum(file.flush() for file in (*self._values.values(), self._lines))

    def seal(self, until: float, ends: Positions) -> Sealed:
        """Finish the chunk for good after the last flush, and add it up."""
        self.close()
        names = [file.path.name for file in (self._lines, *self._values.values())]
        return Sealed(self.head.chunk, until, dict(ends), {name: sum_of(self._folder / name) for name in names})

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._lines, *self._values.values()):
            file.close()

    def _file(self, block: Block) -> "_File":
        if block.stream not in self._values:
            path = self._folder / layout.values_name(self.head.chunk, block.stream)
            self._values[block.stream] = _Wav(path, round(block.rate)) if block.stream == "audio" else _File(path)
        return self._values[block.stream]


class _File:
    """A file that only grows; made when the first of it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._pending: list[bytes] = []

    def add(self, data: bytes) -> None:
        self._pending.append(data)

    def flush(self) -> int:
        data = b"".join(self._pending)
        self._pending.clear()
        if self._descriptor is None:
            self._descriptor = create_file(self.path)
            data = self._beginning() + data
        if data:
            self._append(self._descriptor, data)
        return len(data)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _beginning(self) -> bytes:
        return b""

    def _append(self, descriptor: int, data: bytes) -> None:
        write_all(descriptor, data)


class _Wav(_File):
    """A WAV file whose header says after every flush how much there is: it is whole wherever it is cut."""

    def __init__(self, path: Path, rate: int) -> None:
        super().__init__(path)
        self._rate, self._bytes = rate, 0

    def _beginning(self) -> bytes:
        return wav.header(self._rate, 0)

    def _append(self, descriptor: int, data: bytes) -> None:
        super()._append(descriptor, data)
        self._bytes += len(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        write_all(descriptor, wav.header(self._rate, (self._bytes - wav.HEADER_BYTES) // 4))
        os.lseek(descriptor, 0, os.SEEK_END)
