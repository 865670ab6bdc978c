"""The built-in session: a short synthetic recording in the layout of KEMDy19, for a first look without any hardware."""

from pathlib import Path

from devices.audio_file import BLOCK_SAMPLES
from devices.kemdy19 import Kemdy19
from devices.kemdy_scene import KemdyScene

FOLDER = Path(__file__).parent
SESSION, SCENE = 99, "script01"


def demo_source(block_samples: int = BLOCK_SAMPLES) -> KemdyScene:
    """Open the built-in session; its speech is synthesised and its body simulated, nobody was recorded.

    Raises
    ------
    SourceNotFound
        The package was installed without its data.
    """
    return Kemdy19(FOLDER, name="demo", synthetic=True).scene(SESSION, SCENE, block_samples=block_samples)
