"""Where a remarkable moment of a run is to be seen, and why it happened."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.app.language import gettext as _
from rnn_core import Event

#: The view that explains a moment, by the moment's kind; the branch explains itself.
EXPLAINED_BY: Mapping[str, str] = MappingProxyType(
    {
        "floor": "memory",
        "spike": "slow",
        "collapse": "gradient",
        "recovery": "memory",
        "plateau": "saturation",
        "divergence": "gradient",
        "learning_rate": "slow",
    }
)


def step_of(event: Event, newest: int) -> int:
    """The step that shows a moment: of a divergence the last finite one before it.

    Args:
        event: the moment.
        newest: the run's newest step.
    """
    return min(event.step, newest)


def why(event: Event) -> str:
    """What to look at, in a sentence or two."""
    sentences = {
        "floor": _(
            "From here on the loss stays below the floor: compare carried, reset, shuffled."
        ),
        "spike": _("One update overshot, and the next ones repaired it: follow it step by step."),
        "collapse": _(
            "Long updates threw the weights out of what they had learnt. Look for a gradient norm "
            "and an update far above those before."
        ),
        "recovery": _("The weights have found a way back: see what memory they use now."),
        "plateau": _("The loss hardly changes: see whether the units are saturated."),
        "divergence": _(
            "The updates overshot, each further than the one before, until the numbers overflowed."
        ),
        "learning_rate": _("From here on every update has the new rate: compare the updates."),
        "branch": _("From here on the run went another way; the thin line is the run before."),
    }
    return sentences[event.kind]
