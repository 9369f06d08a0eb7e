"""What a view inside the network is: what it computes, draws and says.

A view is one object in one file. The panel that shows views and the cache that keeps their results
know this base class alone. Knows nothing of Streamlit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from dashboard.charts.base import Chart
from rnn_core import Floor, RunConfig, Task, Trainer

ResultT = TypeVar("ResultT")
ControlsT = TypeVar("ControlsT")


@dataclass(frozen=True, slots=True, eq=False)
class ViewInput(Generic[ResultT, ControlsT]):
    """What a view computes its result from.

    Args:
        trainer: at the step on screen; read only.
        step: that step.
        hidden: hidden states of the top layer over the windows in view, ``(T, H)`` each, oldest
            first.
        paused: whether nothing is being trained, so that there is time for what takes long.
        controls: what the reader has chosen in the view's own controls.
        previous: the view's result before this one, of the same run, if the view keeps it.
    """

    trainer: Trainer
    step: int
    hidden: tuple[NDArray[np.floating], ...]
    paused: bool
    controls: ControlsT
    previous: ResultT | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Presentation(Generic[ControlsT]):
    """What charts depend on besides the result.

    Args:
        controls: what the reader has chosen in the view's own controls.
        floors: the task's.
        moving: whether the charts are about to change, so that no values are needed on hover.
    """

    controls: ControlsT
    floors: tuple[Floor, ...] = ()
    moving: bool = False


class View(ABC, Generic[ResultT, ControlsT]):
    """A view inside the network.

    Attributes:
        key: its name in links, which stays.
        default_controls: what its controls say before they are touched. Hashable.
        panel: module of its widgets, whose `ViewPanel` is named ``PANEL``; None without widgets.
        controls_change_result: whether `compute` reads the controls; else only the charts do.
        needs_pause: whether it shows nothing while the network is trained.
        reads_model: whether it computes with the model, which is of no use after divergence.
        has_preview: whether a cheap result, computed as if not paused, is shown first.
        every_redraw: whether it is cheap enough to be computed at every redraw, not once a beat.
        keeps_previous: whether `compute` reads the result before.
        beside_text: whether its one chart is beside the text, not above it.
    """

    key: str
    default_controls: ControlsT
    panel: str | None = None
    controls_change_result = False
    needs_pause = False
    reads_model = True
    has_preview = False
    every_redraw = False
    keeps_previous = False
    beside_text = False

    @property
    @abstractmethod
    def title(self) -> str:
        """Its name on screen, in the current language."""

    @abstractmethod
    def compute(self, given: ViewInput[ResultT, ControlsT]) -> ResultT:
        """The result, which must not change anything that follows in the run."""

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """What `compute` costs, known before; see `dashboard.run.views.cost`. Next to nothing here.

        Args:
            config: the run's settings.
            task: the run's.
            paused: whether it is computed as if nothing were trained.
        """
        return 0.0

    @abstractmethod
    def charts(self, result: ResultT, shown: Presentation[ControlsT]) -> list[Chart]:
        """The charts, side by side; none where there is nothing to draw.

        While the layout stays, specifications are the same objects and only data changes.
        """

    @abstractmethod
    def numbers(self, result: ResultT) -> str:
        """The main numbers, in a sentence or two of Markdown; empty if the charts say all."""

    @abstractmethod
    def how_to_read(self) -> str:
        """How to read the charts, and what is healthy."""

    def presentation(self) -> Presentation[ControlsT]:
        """With the default controls, no floors, and at rest."""
        return Presentation(self.default_controls)
