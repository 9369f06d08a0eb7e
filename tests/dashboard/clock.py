"""A clock for tests: no time passes by itself."""

from __future__ import annotations


class Clock:
    """Seconds that pass only when told to, or by so much at every look."""

    def __init__(self, per_look: float = 0.0) -> None:
        self.now = 0.0
        self.per_look = per_look

    def __call__(self) -> float:
        self.now += self.per_look
        return self.now
