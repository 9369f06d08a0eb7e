"""Slow motion: the phases of one update, and when each is shown.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from typing import NamedTuple

#: The phases of an update, in their order.
PHASES = ("forward", "loss", "back", "clip", "update", "carry")
#: Seconds between two beats.
BEAT = 0.4
# Beats of a phase that moves along the window, at most, and of one that does not.
_MOST_BEATS, _STILL = 10, 5


class Place(NamedTuple):
    """What is shown: a phase and a time step, counted from 1."""

    phase: str
    time_step: int


def after(phase: str) -> str | None:
    """The phase that follows; None after the last."""
    following = PHASES.index(phase) + 1
    return PHASES[following] if following < len(PHASES) else None


def end_of(phase: str, first: int, last: int) -> Place:
    """The end of a phase: backpropagation ends where the window starts."""
    return Place(phase, first if phase == "back" else last)


def beats(first: int, last: int) -> list[Place]:
    """What is shown of a whole update, beat by beat, over time steps ``first`` to ``last``."""
    count = min(_MOST_BEATS, last - first + 1)
    steps = [first + (last - first) * n // max(1, count - 1) for n in range(count)]
    shown: list[Place] = []
    for phase in PHASES:
        if phase in ("forward", "back"):
            way = steps if phase == "forward" else steps[::-1]
            shown += [Place(phase, step) for step in way]
        shown += [end_of(phase, first, last)] * _STILL
    return shown


class SlowMotion:
    """An update that plays automatically.

    Args:
        index: the step whose update it is.
        now: the time it starts, in seconds.
    """

    def __init__(self, index: int, now: float) -> None:
        self.index = index
        self._began = now

    def at(self, now: float, first: int, last: int) -> Place | None:
        """What is shown at a time; None when the update is over."""
        shown = beats(first, last)
        beat = int((now - self._began) / BEAT)
        return shown[beat] if beat < len(shown) else None
