"""Slow motion: the phases of one update, and when each has its turn.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from typing import NamedTuple

#: The phases of an update, in their order.
PHASES = ("forward", "loss", "back", "clip", "update", "carry")
#: Seconds between two beats.
BEAT = 0.4
# Beats that a walk along the window takes at most, and those of a phase that stands still.
_MOST_BEATS, _STILL = 10, 5


class Place(NamedTuple):
    """What is shown: a phase, and the time step it is at, counted from 1."""

    phase: str
    time_step: int


def after(phase: str) -> str | None:
    """The phase that follows; None after the last."""
    following = PHASES.index(phase) + 1
    return PHASES[following] if following < len(PHASES) else None


def end_of(phase: str, first: int, last: int) -> Place:
    """A phase when it has done its work: back through time ends where the window begins."""
    return Place(phase, first if phase == "back" else last)


def beats(first: int, last: int) -> list[Place]:
    """What a whole update shows, beat by beat, with the time steps ``first`` to ``last``."""
    count = min(_MOST_BEATS, last - first + 1)
    steps = [first + (last - first) * n // max(1, count - 1) for n in range(count)]
    found: list[Place] = []
    for phase in PHASES:
        if phase in ("forward", "back"):
            way = steps if phase == "forward" else steps[::-1]
            found += [Place(phase, step) for step in way]
        found += [end_of(phase, first, last)] * _STILL
    return found


class SlowMotion:
    """An update that plays by itself.

    Args:
        index: the step whose update it is.
        now: seconds, when it begins.
    """

    def __init__(self, index: int, now: float) -> None:
        self.index = index
        self._began = now

    def at(self, now: float, first: int, last: int) -> Place | None:
        """What is shown now; None when the update is over."""
        shown = beats(first, last)
        beat = int((now - self._began) / BEAT)
        return shown[beat] if beat < len(shown) else None
