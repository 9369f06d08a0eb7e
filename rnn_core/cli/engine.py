"""Which engine a command trains with."""

from __future__ import annotations

from rnn_core.engines import prepare_compiled

# Loading or compiling the kernels takes some seconds, in which PyTorch would take so many steps.
_WORTH_WAITING = 5_000


def chosen_engine(asked: str | None, steps: int) -> str:
    """The engine to build a run with, ready to be used.

    ``"auto"`` decides once, when a run is built: before a long one it is worth waiting for the
    compiled engine.

    Args:
        asked: on the command line; None for ``"auto"``.
        steps: of all networks together.
    """
    if asked is not None and asked != "auto":
        return asked
    if steps >= _WORTH_WAITING:
        prepare_compiled().join()
    return "auto"
