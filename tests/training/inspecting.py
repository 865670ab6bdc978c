"""The command `maeum-train inspect`, run in this process, and what it printed."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from training.cli import main


class Inspect:
    """Runs the command."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys, self._table = capsys, folder / "table.csv"

    def code(self, path: Path, *options: object) -> int:
        """Return the exit code; usage errors leave by SystemExit."""
        try:
            return main(["inspect", str(path), *map(str, options)])
        except SystemExit as left:
            return int(str(left.code))

    def complaint(self) -> str:
        """Return what was written to standard error since the last look, in one line."""
        return " ".join(self._capsys.readouterr().err.split())

    def printed(self, path: Path, *options: object) -> str:
        """Return what is printed."""
        assert self.code(path, *options) == 0
        return self._capsys.readouterr().out

    def report(self, path: Path) -> dict[str, Any]:
        """Return the JSON object, in which all counts add up."""
        report: dict[str, Any] = json.loads(self.printed(path, "--json"))
        for count in report["counts"]:
            assert count["rows"] == count["used"] + sum(count["left_out"].values()), count
        return report

    def table(self, path: Path) -> dict[str, dict[str, str]]:
        """Return the table's rows by ID."""
        self.printed(path, "--table", self._table)
        with self._table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len({row["id"] for row in rows}) == len(rows)
        return {row["id"]: row for row in rows}
