"""The next update of a run, taken apart."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.run.views.unrolled.result import UnrolledResult
from rnn_core.diagnostics import Update


@dataclass(frozen=True, slots=True, eq=False)
class UpdateResult:
    """The next update, phase by phase.

    Args:
        window: the window whose gradient it uses.
        update: what each phase does.
        optimizer: name of the optimizer.
    """

    window: UnrolledResult
    update: Update
    optimizer: str
