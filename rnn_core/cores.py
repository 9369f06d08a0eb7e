"""The cores that a process may use. Imports nothing of the package."""

from __future__ import annotations

import os


def cores() -> int:
    """Cores that this process may use: those that a queue or a container has left it."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
