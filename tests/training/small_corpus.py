"""Three invented sessions in KEMDy19's layout, with the corpus's faults, and recipes that take seconds."""

from pathlib import Path

from tests.kemdy19_fixture import Plan, bio_path, edit, make_corpus
from training.recipes import FOLDER

TURNS = 8
"""Utterances in each of a session's two scenes; the first session has one scene of twice as many"""
ROWS = 3 * 2 * TURNS
TIED = "Sess01_script01_F001"
NO_WAV, NO_TEXT = "Sess02_script01_F002", "Sess02_script01_M002"
RENAMED = "Sess03_impro01_F001"
QUICK = {
    "voice": {"correlated": 6, "crossed": 3, "contours": 2, "hidden": 8, "batch": 16, "draws": 4, "members": 1},
    "text": {"embedding": 2, "hidden": 4, "batch": 16, "epochs": 1, "members": 1},
    "voice-segment": {"steps": 5},
}
"""What makes the default recipes take seconds"""
QUICK_NOTEBOOK = "".join(
    f'[{modality}]\narchitecture = "notebook"\nrate = 0.001\ndecay = 1e-7\nepochs = 1\nbatch = 32\n'
    'balancing = "smote"\n'
    for modality in ("voice", "text", "bio")
)


def quick_recipe() -> str:
    """Write the default recipes with QUICK's values, as one file."""
    lines = []
    for modality, wanted in QUICK.items():
        given = (FOLDER / f"{modality}.toml").read_text(encoding="utf-8").splitlines()
        lines += [f"[{modality}]", *(line for line in given if line.split(" ")[0] not in wanted)]
        lines += [f"{name} = {value}" for name, value in wanted.items()]
    return "\n".join(lines) + "\n"


def write_small_corpus(folder: Path) -> Path:
    """Write sessions 1 to 3: a tie, a WAV and a text that are missing, the fault of Session03, a body without E4."""
    root = make_corpus(
        folder,
        Plan(1, ("script01",), 2 * TURNS, votes={TIED: ["happy"] * 5 + ["sad"] * 5}, lost={"eda": (10.0, 14.0)}),
        Plan(session=2, utterances=TURNS, reset_at=30.0, untagged=["Sess02_impro01_M001"]),
        Plan(session=3, utterances=TURNS, streams=("ecg",)),
    )
    (root / f"wav/Session02/Sess02_script01/{NO_WAV}.wav").unlink()
    (root / f"wav/Session02/Sess02_script01/{NO_TEXT}.txt").unlink()
    wrong = RENAMED.replace("_F", "_M")
    edit(root / "annotation/Session03_F_res.csv", lambda text: text.replace(f",{RENAMED},", f",{wrong},"))
    bio_path(root, "temp", "M", 2).write_text("")
    return root
