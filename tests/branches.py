"""The share of branches alone that tests took, which coverage's own limit does not know.

Run with ``python -m tests.branches FILE`` after a run of the tests that wrote coverage's JSON;
``make cover`` does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

#: The least share of branches, in percent.
LEAST = 95.0


def share(report: dict[str, Any]) -> float:
    """The percentage of branches that were taken.

    Args:
        report: coverage's JSON of a run that counted branches.

    Raises:
        ValueError: when no branch was counted.
    """
    totals = report["totals"]
    if not totals.get("num_branches"):
        raise ValueError("The report must count branches. Measure with --cov-branch.")
    return float(100 * totals["covered_branches"] / totals["num_branches"])


def main(path: str) -> None:
    """Print the share, and the files that miss most branches.

    Raises:
        SystemExit: when the share is below `LEAST`.
    """
    report = json.loads(Path(path).read_text(encoding="utf-8"))
    missing = {name: len(each["missing_branches"]) for name, each in report["files"].items()}
    for name, count in sorted(missing.items(), key=lambda item: (-item[1], item[0]))[:5]:
        if count:
            print(f"{count:4} branches missed in {name}")
    found, total = share(report), report["totals"]["num_branches"]
    print(f"Branches alone: {found:.1f} % of {total}")
    if found < LEAST:
        raise SystemExit(f"Below {LEAST:.0f} % of branches.")


if __name__ == "__main__":
    main(sys.argv[1])
