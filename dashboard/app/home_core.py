"""One core of the machine for the short work of a process that serves beside others.

Python runs one thread of a process at a time, and a redraw passes from thread to thread a dozen
times. Where the next one wakes on another core, that takes long, and the core before waits: two
processes on two cores left a quarter of the time unused. What takes long leaves the interpreter's
lock to others meanwhile and may use every core. Imports nothing of the package.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: Variable that names the core; without it, threads go wherever there is room.
CORE = "RNN_PLAYGROUND_CORE"
# Linux's list of a process's threads.
_THREADS = "/proc/self/task"
# The cores of this process, once its threads have one of them.
_all: frozenset[int] = frozenset()


def settle() -> None:
    """Have all threads of this process, and those to come, run on the core that `CORE` names."""
    global _all
    core = os.environ.get(CORE, "")
    if not core.isdecimal() or not hasattr(os, "sched_setaffinity") or _all:
        return
    cores = frozenset(os.sched_getaffinity(0))
    if int(core) not in cores:
        return
    _all = cores
    for thread in os.listdir(_THREADS):
        with suppress(OSError):  # it has just ended
            os.sched_setaffinity(int(thread), {int(core)})


def roam() -> None:
    """Let the calling thread, and the threads and processes that it starts, use every core."""
    if _all:
        os.sched_setaffinity(0, _all)


@contextmanager
def every_core() -> Iterator[None]:
    """Let the calling thread use every core for the length of the block."""
    if not _all:
        yield
        return
    before = os.sched_getaffinity(0)
    roam()
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
