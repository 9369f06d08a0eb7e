"""What goes with a suggestion: a lesson that explains it, and a view of what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rnn_core.messages import N_


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of the Learn page.

    Args:
        number: counted from 1.
        key: in its link.
    """

    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Look:
    """A view to look at.

    Args:
        key: its name in code.
        view: the key of the view.
        reason: why; marked with `N_`, like ``message``.
        message: fit for a button.
    """

    key: str
    view: str
    reason: str
    message: str


_CARRY, _COLLAPSE = Lesson(4, "carry"), Lesson(6, "collapse")
_VANISHING, _FOLLOWING = Lesson(7, "vanishing"), Lesson(11, "following")

#: The lesson that explains what a suggestion rests on, by the suggestion's key.
LESSON_OF: Mapping[str, Lesson] = MappingProxyType(
    {
        "divergence_lr": _COLLAPSE,
        "divergence_clip": _COLLAPSE,
        "collapse_clip": _COLLAPSE,
        "collapse_lr": _COLLAPSE,
        "spikes_clip": _COLLAPSE,
        "follows_signal": _FOLLOWING,
        "nothing_cell": _VANISHING,
        "still_cell": _VANISHING,
        "carry_off": _CARRY,
        "carry_on": _CARRY,
        "carries_cell": _VANISHING,
    }
)

_GRADIENT = Look(
    "look_gradient",
    "gradient",
    N_("Another cell learns from another gradient: how far back does it reach?"),
    N_("Look at the gradient by lag"),
)
_MEMORY = Look(
    "look_memory",
    "memory",
    N_("What does the network lose when its state is taken away?"),
    N_("Look at the ablation"),
)
_UPDATE = Look(
    "look_update",
    "slow",
    N_("Updates are shorter now: what is left of a gradient?"),
    N_("Look at an update in slow motion"),
)

#: Where to look once a suggestion has been followed, by the suggestion's key.
LOOKS_AFTER: Mapping[str, Look] = MappingProxyType(
    {
        "nothing_cell": _GRADIENT,
        "still_cell": _GRADIENT,
        "carries_cell": _GRADIENT,
        "carry_off": _MEMORY,
        "carry_on": _MEMORY,
        "follows_signal": _MEMORY,
        "collapse_clip": _UPDATE,
        "collapse_lr": _UPDATE,
        "divergence_clip": _UPDATE,
        "divergence_lr": _UPDATE,
        "spikes_clip": _UPDATE,
    }
)
