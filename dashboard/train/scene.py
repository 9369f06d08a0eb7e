"""A trainer and what has been seen of it lately: the present of a run, or a moment gone by.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from dashboard.charts.window_layout import WindowLayout, window_layout
from dashboard.train.views.base import AS_IT_IS, Look, Probe
from dashboard.train.views.cache import Looks
from rnn_core import Floor, Step, Trainer

#: Losses are averaged over at least so many steps before words are put to them.
STEPS_TO_JUDGE = 20


class Scene:
    """What there is to see of a run at one step.

    Args:
        trainer: is advanced by `advance`, and by nobody else.
        clock: seconds.
        like: a scene of the same run; what stays as long as the run is not worked out again.

    Attributes:
        latest: the last step with a finite loss.
        hidden: hidden state of the top layer over that step's first window, shape ``(T, H)``.
        windows: the last finite steps that a picture has room for, oldest first.
        recent: losses that a verdict rests on.
    """

    latest: Step
    hidden: NDArray[np.floating]
    floors: tuple[Floor, ...]
    layout: WindowLayout

    def __init__(
        self, trainer: Trainer, clock: Callable[[], float], *, like: Scene | None = None
    ) -> None:
        self.trainer = trainer
        self.floors = like.floors if like else trainer.task.floors()
        self.layout = like.layout if like else window_layout(trainer.task, trainer.config)
        self.windows: deque[Step] = deque(maxlen=self.layout.windows)
        self._hiddens: deque[NDArray[np.floating]] = deque(maxlen=self.layout.windows)
        cycle = trainer.task.windows_per_cycle
        whole_cycles = -(-STEPS_TO_JUDGE // cycle) * cycle
        self.recent: deque[float] = deque(maxlen=min(whole_cycles, 10 * STEPS_TO_JUDGE))
        self._looks = Looks(clock)
        self._steps: Iterator[Step] = trainer.steps()

    @property
    def memory(self) -> int:
        """How many steps back it can be seen what was."""
        return max(self.windows.maxlen or 1, self.recent.maxlen or 1)

    def advance(self) -> Step | None:
        """Take a step, and see it if its loss is finite; None if there is no further one."""
        step = next(self._steps, None)
        if step is not None and step.is_finite:
            self.latest = step
            self.hidden = self.trainer.hidden_states[0]
            self._hiddens.append(self.hidden)
            self.windows.append(step)
            self.recent.append(step.loss)
        return step

    def look(self, view: str, *, paused: bool, probe: Probe = AS_IT_IS) -> Look | None:
        """Look inside; what was seen last, if the run has diverged."""
        if self.trainer.diverged:
            return self._looks.last(view)
        return self._looks.take(
            view,
            self.trainer,
            self.latest.index,
            tuple(self._hiddens),
            paused=paused,
            probe=probe,
        )
