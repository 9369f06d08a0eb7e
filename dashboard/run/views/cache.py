"""The results of views, kept while they are fresh enough. Knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.run.views.base import View, ViewInput
from rnn_core import Trainer

# While the network is trained a result is kept for this many seconds at least, and for this many
# times as long as it took to compute: training and drawing come first.
_FRESH, _TIMES_AS_LONG = 0.3, 8.0


@dataclass(frozen=True, slots=True, eq=False)
class CachedResult:
    """What one view has computed.

    Args:
        view: the view's key.
        step: the step it was computed at.
        result: what `View.compute` returned.
    """

    view: str
    step: int
    result: Any


class ViewCache:
    """The last result of the views of one run.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: CachedResult | None = None
        self._controls: Any = None
        self._paused = False
        self._next = 0.0
        self._previous: dict[str, Any] = {}

    def last(self, view: View[Any, Any]) -> CachedResult | None:
        """The last result of all, if it is of this view."""
        return self._last if self._last is not None and self._last.view == view.key else None

    def get(
        self,
        view: View[Any, Any],
        trainer: Trainer,
        step: int,
        hidden: tuple[NDArray[np.floating], ...],
        *,
        paused: bool,
        controls: Any,
    ) -> CachedResult:
        """The result of a view, computed anew if the last one is not fresh enough.

        Args:
            view: which.
            trainer: at the step on screen; read only.
            step: that step.
            hidden: hidden states of the windows in view, ``(T, H)`` each, oldest first.
            paused: whether nothing is being trained, so that there is time.
            controls: what the reader has chosen in the view's own controls.
        """
        last, now = self.last(view), self._clock()
        read = controls if view.controls_change_result else None
        if last is not None and read == self._controls:
            current = last.step == step and (self._paused or not paused)
            fresh = not paused and not view.every_redraw and now < self._next
            if current or fresh:
                return last
        result = view.compute(
            ViewInput(trainer, step, hidden, paused, controls, self._previous.get(view.key))
        )
        if view.keeps_previous:
            self._previous[view.key] = result
        self._next = now + max(_FRESH, _TIMES_AS_LONG * (self._clock() - now))
        self._controls, self._paused = read, paused
        self._last = CachedResult(view.key, step, result)
        return self._last
