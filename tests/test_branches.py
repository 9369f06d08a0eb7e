"""`make cover`: the share of branches alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.branches import main, share


def report(taken: int, total: int = 1000) -> dict[str, Any]:
    missed = [[line, line + 1] for line in range(total - taken)]
    return {
        "totals": {"covered_branches": taken, "num_branches": total, "covered_lines": 1},
        "files": {
            "whole.py": {"missing_branches": []},
            "b.py": {"missing_branches": missed[:1]},
            "a.py": {"missing_branches": missed[1:]},
        },
    }


def test_the_share_is_that_of_branches() -> None:
    assert share(report(957)) == pytest.approx(95.7)


@pytest.mark.parametrize("totals", [{}, {"num_branches": 0, "covered_branches": 0}])
def test_a_report_without_branches_is_refused(totals: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must count branches\. Measure with --cov-branch\."):
        share({"totals": totals})


@pytest.mark.parametrize(("taken", "falls_short"), [(950, False), (949, True)])
def test_the_share_is_told_and_held(
    taken: int, falls_short: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.json"
    path.write_text(json.dumps(report(taken)))
    if falls_short:
        with pytest.raises(SystemExit, match=r"^Below 95 % of branches\.$"):
            main(str(path))
    else:
        main(str(path))
    assert capsys.readouterr().out.splitlines() == [
        f"{999 - taken:4} branches missed in a.py",
        "   1 branches missed in b.py",
        f"Branches alone: {taken / 10:.1f} % of 1000",
    ]
