"""Which remarkable moments of a run are told, and for how long.

At full speed a run may collapse and recover between two redraws. So what is told is not what came
last alone: every moment is new for `READ` seconds after it was first told, and of the new ones the
gravest come first. Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnn_core import Event

#: Seconds that a moment stays new: enough to read a line and to decide on a click.
READ = 8.0
#: The most that are told at once; a line has no room for more.
TOLD = 2
# The gravest first. What the reader has done, as the last two, is no news to the reader.
_GRAVITY = (
    "divergence",
    "collapse",
    "recovery",
    "floor",
    "spike",
    "plateau",
    "branch",
    "learning_rate",
)


class Bulletin:
    """What is told of one run.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first_told: dict[Event, float] = {}

    def told(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """At most `TOLD` of the events, in the order in which they happened.

        A collapse without a recovery stays new. Where too few are new, the ones noticed last are
        told, so that the line never empties.

        Args:
            events: those of the run so far: `Events.items`.
        """
        now = self._clock()
        self._first_told = {each: self._first_told.get(each, now) for each in events}
        standing = standing_collapse(events)
        new = {each for each, since in self._first_told.items() if now - since < READ}

        def weight(event: Event) -> tuple[bool, int, int]:
            is_new = event in new or event == standing
            return is_new, -_GRAVITY.index(event.kind) if is_new else 0, event.noticed

        chosen = sorted(events, key=weight)[-TOLD:]
        return tuple(sorted(chosen, key=lambda event: (event.step, event.noticed)))


def gravest(events: Sequence[Event]) -> Event | None:
    """The event that matters most, the later of two of a kind; None of none."""
    return max(events, key=lambda event: (-_GRAVITY.index(event.kind), event.noticed), default=None)


def standing_collapse(events: Sequence[Event]) -> Event | None:
    """The collapse that the run has not recovered from."""
    turns = [event for event in events if event.kind in ("collapse", "recovery")]
    last = max(turns, key=lambda event: event.noticed, default=None)
    return last if last is not None and last.kind == "collapse" else None
