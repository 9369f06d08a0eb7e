"""Which commit of the project is running. Knows nothing of Streamlit."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

#: Names the commit where there is no repository, as in a container.
VARIABLE = "RNN_PLAYGROUND_COMMIT"
_ROOT = Path(__file__).parents[2]
_DIGITS = 10


@cache
def running_commit() -> str | None:
    """The first digits of the commit; None where it is not known."""
    named = os.environ.get(VARIABLE, "") or head(_ROOT / ".git")
    return named[:_DIGITS] or None


def head(repository: Path) -> str:
    """The commit that a repository has checked out; empty where that is not to be found.

    Args:
        repository: its ``.git``, a directory, or the file that names it in a linked working tree.
    """
    try:
        if repository.is_file():
            named = repository.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            repository = repository.parent / named
        found = (repository / "HEAD").read_text(encoding="utf-8").strip()
        if not found.startswith("ref:"):
            return found
        name = found.removeprefix("ref:").strip()
        common = repository / "commondir"
        if common.is_file():
            repository = repository / common.read_text(encoding="utf-8").strip()
        if (repository / name).is_file():
            return (repository / name).read_text(encoding="utf-8").strip()
        packed = (repository / "packed-refs").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    lines = (line.split(" ", 1) for line in packed.splitlines() if " " in line)
    return next((commit for commit, ref in lines if ref == name), "")
