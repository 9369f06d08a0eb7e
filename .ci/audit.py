"""Look up known vulnerabilities of everything that the app installs; `make audit`.

Says so when nothing, or not everything, could be looked up: to pip-audit, packages that the
database does not know are without vulnerabilities, as where a mirror stands in for it. Exit status:
0 where all were looked up and none has one, 1 where one has, 2 where the look-up failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_FILES = ("requirements.txt", "requirements-lock.txt")
#: Every package at its pinned version; nothing is installed or resolved.
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
    *(word for file in _FILES for word in ("--requirement", file)),
)
_AGAIN = "Run `make audit` again where the network allows."


def verdict(found: Sequence[dict[str, Any]]) -> tuple[int, str]:
    """Exit status, and what to print.

    Args:
        found: what pip-audit reports of each package.
    """
    known = [package for package in found if "vulns" in package]
    if not known:
        return 2, f"Nothing was checked: the advisory database has none of the packages. {_AGAIN}"
    lines = [
        f"{package['name']} {package['version']}: {flaw['id']}"
        + (f", mended in {', '.join(flaw['fix_versions'])}" if flaw["fix_versions"] else "")
        for package in known
        for flaw in package["vulns"]
    ]
    unknown = [package["name"] for package in found if "vulns" not in package]
    if unknown:
        lines.append(f"Not checked, as the advisory database lacks them: {', '.join(unknown)}.")
    flawed = any(package["vulns"] for package in known)
    if not flawed:
        lines.append(f"{len(known)} packages without a known vulnerability.")
    return 1 if flawed else 2 if unknown else 0, "\n".join(lines)


def main() -> int:
    """Audit, print the outcome, and return the exit status."""
    done = subprocess.run(COMMAND, cwd=_ROOT, capture_output=True, text=True)
    try:
        status, said = verdict(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["pip-audit said nothing."])[-1]
        status = 2
        said = f"Nothing was checked: the advisory database was not reached. {_AGAIN}\n({last})"
    print(said)
    return status


if __name__ == "__main__":
    sys.exit(main())
