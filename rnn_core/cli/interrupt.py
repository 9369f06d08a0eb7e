"""Ctrl-C, or the end of the parent, as a wish to end soon, so that what was done can be kept."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ends_on_ctrl_c() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; a second one interrupts as usual."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread receives signals
        return
    before = signal.getsignal(signal.SIGINT)

    def set_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, set_stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def ends_when_input_closes(stop: threading.Event) -> None:
    """Set an event once standard input closes: whoever holds its other end has ended, however.

    A process that is killed can tell nobody, but the system closes its pipes. Works on every system
    and whichever thread started this process, which the signal of Linux for a parent's death does
    not.

    Args:
        stop: the event.
    """

    def wait() -> None:
        # Not `sys.stdin`: a thread that waits in it would hold its lock when the interpreter ends.
        while os.read(0, 4096):
            pass
        stop.set()

    threading.Thread(target=wait, name="end of the parent", daemon=True).start()
