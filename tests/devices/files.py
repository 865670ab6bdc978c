"""Small audio files and E4 exports with invented contents."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

START = 1_700_000_000
"""Unix seconds at which the exports begin"""


def sine(seconds: float, rate: int = 16_000, level: float = 0.3) -> NDArray[np.float32]:
    """Make a tone."""
    return np.asarray(level * np.sin(2 * np.pi * 300 * np.arange(round(seconds * rate)) / rate), np.float32)


def written(path: Path, values: NDArray[np.float32], rate: int = 16_000, **options: str) -> Path:
    """Write an audio file and return its path."""
    soundfile.write(path, values, rate, **options)
    return path


def export(folder: Path, **files: str | None) -> Path:
    """Write an E4 export of four samples; `files` replaces the text of a file, or leaves it out where it is None."""
    folder.mkdir(exist_ok=True)
    plain: dict[str, str | None] = {
        "EDA": f"{START}.000000\n4.000000\n0.000000\n1.227851\n1.230414\n1.232976\n",
        "TEMP": f"{START}.000000\n4.000000\n31.61\n31.61\n31.63\n31.63\n",
        "IBI": f"{START}.000000, IBI\n0.500000,0.500000\n1.062500,0.562500\n",
    }
    for name, text in (plain | files).items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text)
    return folder
