"""The names of workers: which process on which machine."""

from __future__ import annotations

import os
import platform


def worker_name(pid: int | None = None) -> str:
    """A process of this machine, told from all others that may share a storage.

    Args:
        pid: of the process; None for this one.
    """
    return f"{platform.node()}:{os.getpid() if pid is None else pid}"


def has_ended(worker: str) -> bool:
    """Whether a worker is known to have ended: it was on this machine, and is no more.

    Args:
        worker: as `worker_name` gives it.
    """
    node, _colon, pid = worker.rpartition(":")
    if node != platform.node() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)  # no signal; asks whether it is there
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False  # there, and somebody else's; or no process has such a number
    return False
