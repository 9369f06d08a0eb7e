"""Outcomes of lessons, kept: one is the same for everybody with the same seed and engine."""

from __future__ import annotations

from functools import lru_cache

from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import Outcome
from dashboard.learn.registry import lesson


@lru_cache(maxsize=256)
def outcome(key: str, seed: int, engine: str) -> Outcome:
    """What happens in a lesson.

    Args:
        key: of the lesson.
        seed: the reader's.
        engine: as in `Trainer`. A lesson that trains several seeds takes the fastest, since none of
            its runs need be the one on screen.
    """
    found = lesson(key)
    return found.measure(Runs(seed, engine if found.seeds == 1 else "auto"))
