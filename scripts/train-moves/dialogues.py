"""The corpus as dialogues, and which of them are kept aside. Needs nothing but Python."""

from __future__ import annotations

import csv
import random
from pathlib import Path

SEED = 20261124
ASIDE = 0.15
FOLDER = Path(__file__).parent / "corpus"


class Row(dict):
    __getattr__ = dict.__getitem__


def read(folder: Path = FOLDER) -> dict[str, list[Row]]:
    """By file and dialogue, in a fixed order."""
    found: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.tsv")):
        for row in csv.DictReader(path.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE):
            row = {key: (value or "").strip() for key, value in row.items() if key}
            if row["text"] and row["role"] in ("coach", "coachee"):
                found.setdefault(f"{path.stem}/{row['dialogue']}", []).append(Row(row))
    return found


def parted(chance: random.Random) -> tuple[list[list[Row]], list[list[Row]]]:
    """What is trained on and what is kept aside; `chance` is fresh from SEED."""
    every = list(read().values())
    order = list(range(len(every)))
    chance.shuffle(order)
    aside = set(order[: round(ASIDE * len(order))])
    return ([each for at, each in enumerate(every) if at not in aside],
            [each for at, each in enumerate(every) if at in aside])
