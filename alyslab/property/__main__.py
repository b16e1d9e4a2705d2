"""``python -m alyslab.property``: hunt planted defects and keep what it took, or print the page of all."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alyslab.property.hunt import CASES_MOST, hunt
from alyslab.property.kept_hunts import PLACE, KeptHunt, load, save
from alyslab.property.reach import REACH
from alyslab.property.reference import page


def main(words: Sequence[str] | None = None) -> int:
    """Run one of the two commands; returns 1 if a hunt missed its defect."""
    parser = argparse.ArgumentParser(prog="python -m alyslab.property", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    hunts = commands.add_parser("hunt", help="search for planted defects, and keep the cases it took")
    hunts.add_argument("defects", nargs="*", choices=[[], *REACH], metavar="DEFECT", help="default: all")
    hunts.add_argument("--first-seed", type=int, default=1)
    hunts.add_argument("--searches", type=int, default=3, help="searches for each, with a seed each")
    hunts.add_argument("--cases", type=int, default=CASES_MOST, help="most cases of a search")
    for command in (hunts, commands.add_parser("page", help="print docs/properties.md")):
        command.add_argument("--kept", type=Path, default=PLACE, help="file of the hunts that were made")
    chosen = parser.parse_args(words)
    if chosen.command == "page":
        sys.stdout.write(page(load(chosen.kept)))
        return 0
    missed = 0
    for defect in chosen.defects or REACH:
        found = hunt(defect, first_seed=chosen.first_seed, searches=chosen.searches, cases=chosen.cases)
        save([KeptHunt.of(found, chosen.first_seed)], chosen.kept)
        print(f"{defect}: {found.by}: {found.cases}", flush=True)
        missed += not found.found
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
