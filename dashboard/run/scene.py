"""A trainer and its last steps: the present of a run, or an earlier moment of it.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.charts.in_units import in_units
from dashboard.charts.window_layout import WindowLayout, window_layout
from dashboard.run.views.base import View
from dashboard.run.views.cache import CachedResult, ViewCache
from rnn_core import Evaluation, Floor, RunConfig, Step, Trainer, Verdict, evaluate, judge
from rnn_core.training.verdict import online_steps

# While the network is trained an evaluation is kept for this many seconds at least, and for this
# many times as long as it took; where more runs than this share the server, longer in proportion:
# else a class would spend a sixth of its time on evaluations.
_FRESH, _TIMES_AS_LONG, _FEW_RUNS = 0.5, 10.0, 4


class Scene:
    """A run at one step, with the steps before it that are on screen.

    Args:
        trainer: advanced by `advance` only.
        clock: seconds.
        like: a scene of the same run, whose floors and layout are taken over.

    Attributes:
        latest: the last step with a finite loss.
        windows: the last steps with a finite loss that the figure has room for, oldest first, in
            the unit in which they are drawn.
        hidden: hidden states of the top layer over the first row of each of these windows, shape
            ``(T, H)`` each.
        recent: the losses that the online loss averages: whole cycles of the signal.
        verdict: what the newest evaluation shows, beside the online loss at that time; None before
            the first.
    """

    latest: Step
    floors: tuple[Floor, ...]
    target_variance: float | None
    layout: WindowLayout

    def __init__(
        self, trainer: Trainer, clock: Callable[[], float], *, like: Scene | None = None
    ) -> None:
        self.trainer = trainer
        self.floors = like.floors if like else trainer.task.floors()
        self.target_variance = trainer.task.target_variance
        self.layout = like.layout if like else window_layout(trainer.task, trainer.config)
        self.windows: deque[Step] = deque(maxlen=self.layout.windows)
        self.hidden: deque[NDArray[np.floating]] = deque(maxlen=self.layout.windows)
        self.recent: deque[float] = deque(maxlen=online_steps(trainer.task))
        self._cache = ViewCache(clock)
        self._clock = clock
        self._evaluation: Evaluation | None = None
        self.verdict: Verdict | None = None
        self._next_evaluation = 0.0
        self._steps: Iterator[Step] = trainer.steps()

    @property
    def memory(self) -> int:
        """How many steps back the scene reaches."""
        return max(self.windows.maxlen or 1, self.recent.maxlen or 1)

    def advance(self) -> Step | None:
        """Take a step, and keep it if its loss is finite; None if there is no further one."""
        step = next(self._steps, None)
        if step is not None and step.is_finite:
            self.latest = step
            self.hidden.append(self.trainer.hidden_states[0])
            self.windows.append(in_units(step, self.trainer.task.units))
            self.recent.append(step.loss)
        return step

    def evaluation(self, *, paused: bool, active_runs: int = 1) -> Evaluation | None:
        """The held-out loss; after divergence the last one, None if there is none.

        Args:
            paused: whether nothing is being trained, so that it must be that of the present step.
            active_runs: runs that play on this server, this one included.
        """
        last, now = self._evaluation, self._clock()
        stale = last is None or last.step != self.latest.index
        due = paused or now >= self._next_evaluation
        if stale and due and not self.trainer.diverged:
            self._evaluation = evaluate(self.trainer)
            # Windows that are never trained on show nothing of weights that follow the signal.
            follows = self.trainer.task.held_out is None
            online = float(np.mean(self.recent)) if follows else None
            self.verdict = judge(self._evaluation, self.floors, online=online)
            kept = max(_FRESH, _TIMES_AS_LONG * (self._clock() - now))
            self._next_evaluation = now + kept * max(1.0, active_runs / _FEW_RUNS)
        return self._evaluation

    @property
    def last_evaluation(self) -> Evaluation | None:
        """What `evaluation` gave last; nothing is computed."""
        return self._evaluation

    def switch(self, config: RunConfig) -> None:
        """Go on with a config that may differ in `rnn_core.training.trainer.BRANCH_SETTINGS`.

        The step that is held stays the same; its update is the first that the new settings change.
        """
        lr, snapshot = self.trainer.lr, self.trainer.snapshot()
        own = self.trainer
        self.trainer = Trainer(config, task=own.task, dtype=own.dtype, engine=own.engine)
        self.trainer.restore(snapshot)
        self.trainer.lr = lr
        self._steps = self.trainer.steps()
        next(self._steps)  # the same step again

    def can_inspect(self, view: View[Any, Any]) -> bool:
        """Whether `inspect` has a result: after divergence, only one that is there already."""
        usable = not view.reads_model or not self.trainer.diverged
        return usable or self._cache.last(view) is not None

    def last_result(self, view: View[Any, Any]) -> CachedResult | None:
        """The last result of a view, of whatever step; None if another view was shown since."""
        return self._cache.last(view)

    def inspect(self, view: View[Any, Any], *, paused: bool, controls: Any) -> CachedResult | None:
        """The result of a view; after divergence the last one, None if there is none."""
        if view.reads_model and self.trainer.diverged:
            return self._cache.last(view)
        return self._cache.get(
            view,
            self.trainer,
            self.latest.index,
            tuple(self.hidden),
            paused=paused,
            controls=controls,
        )
