"""Data files of the embedded providers; NOTICE names their sources and licences."""

import csv
import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent

NETWORKS = _FOLDER / "networks.mmdb"
NOTICE = _FOLDER / "NOTICE"


def read_rows(name: str) -> list[list[str]]:
    """Return the rows of a CSV file without its header."""
    return rows_of(_FOLDER / f"{name}.csv")


def rows_of(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file anywhere without its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def read_lines(name: str) -> list[str]:
    """Return the lines of a text file."""
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def read_json(name: str) -> Any:
    """Return what a JSON file holds."""
    return json.loads((_FOLDER / f"{name}.json").read_bytes())


def version() -> str:
    """Return the version of the data: the day of the addresses, and a hash of all the files."""
    return str(read_json("version")["version"])
