"""What threads, processes and copies make of an object that trains."""

from __future__ import annotations

import copy
import threading
from typing import Any, Self


class TakesTurns:
    """An object that threads may share: its methods do their work while they hold ``_turn``.

    It can be pickled, and a copy is independent of it: one that shared the networks with it would
    train them, and nobody would notice.
    """

    _turn: threading.RLock

    def __init__(self) -> None:
        self._turn = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        # A lock is of one process.
        return {name: each for name, each in vars(self).items() if name != "_turn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _turn=threading.RLock())

    def __copy__(self) -> Self:
        return copy.deepcopy(self)
