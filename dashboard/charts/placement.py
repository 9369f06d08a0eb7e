"""Where a chart is placed: alone on a page, or as one part of a replay.

A function that builds a chart takes a `Placement` and asks it for what depends on it: the
layers' datasets, the room for the vertical axis, legends, and the size. So a replay composes
charts instead of rewriting their specifications.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import altair as alt

from dashboard.charts import base

#: What Altair makes of several layers.
Layers: TypeAlias = alt.LayerChart | alt.FacetChart

_ChannelT = TypeVar("_ChannelT", alt.X, alt.Y)

#: The column that numbers the frames of a replay, and the signal that says which one is shown.
FRAME = "frame"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a chart is placed.

    Args:
        height: of the plot, in pixels; None for the chart's own.
        axis_room: width in pixels that is kept free for the vertical axis inside the plot.
            Streamlit makes vertically concatenated plots as wide as the page, without room for
            axes beside them.
        end_room: width in pixels that is kept free for labels at the right inside the plot.
        datasets: pairs of a dataset's name in the chart and its name in this place; a name that
            is not listed stays.
        framed: datasets, by their name in this place, whose rows each belong to one frame.
        alone: whether the chart is a specification of its own, with a legend and a renderer.
        x_labels: whether the horizontal axis has labels; not where a plot below shares it.
    """

    height: int | None = None
    axis_room: int = 0
    end_room: int = 0
    datasets: tuple[tuple[str, str], ...] = ()
    framed: frozenset[str] = frozenset()
    alone: bool = True
    x_labels: bool = True

    def layer(self, dataset: str) -> alt.Chart:
        """A layer that draws the rows of a dataset; of a framed one, those of the frame shown."""
        name = dict(self.datasets).get(dataset, dataset)
        layer = base.layer(name)
        if name in self.framed:
            layer = layer.transform_filter(f"datum.{FRAME} === {FRAME}")
        return layer

    def x(self, channel: alt.X) -> alt.X:
        """The horizontal channel that describes the scale, between the rooms kept free."""
        placed = channel
        if self.axis_room:
            placed = _with(placed, "scale", rangeMin=self.axis_room)
        if self.end_room:
            placed = _with(placed, "scale", rangeMax=self.right)
        if self.x_labels:
            return placed
        # The same object in another state would change the chart that it was made for.
        placed = placed.copy()
        placed["axis"] = alt.Axis(labels=False, ticks=False, domain=False, grid=False)
        placed["title"] = None
        return placed

    def y(self, channel: alt.Y) -> alt.Y:
        """The vertical channel that describes the axis, in the room kept free."""
        return _with(channel, "axis", offset=-self.axis_room) if self.axis_room else channel

    @property
    def right(self) -> alt.ExprRef:
        """Where the scale of the horizontal axis ends, in pixels."""
        return alt.ExprRef(f"width - {self.end_room}")

    def across(self) -> dict[str, Any]:
        """Channels of a rule from the vertical axis to the end of the horizontal one."""
        if not (self.axis_room or self.end_room):
            return {}
        return {"x": alt.value(self.axis_room), "x2": alt.value(self.right)}

    def properties(self, title: str, height: int, *, canvas: bool = False) -> dict[str, Any]:
        """Properties of the chart.

        Args:
            title: of the chart.
            height: of its plot in pixels, where the place does not say another.
            canvas: whether it is drawn as pixels, where it is alone.
        """
        found: dict[str, Any] = {"title": title, "height": self.height or height}
        if canvas and self.alone:
            found["usermeta"] = base.CANVAS
        return found


def _with(channel: _ChannelT, part: str, **settings: Any) -> _ChannelT:
    """The channel with further settings of its scale or its axis."""
    described = channel[part].copy()
    for name, value in settings.items():
        described[name] = value
    placed = channel.copy()
    placed[part] = described
    return placed


#: A chart alone on a page.
PAGE = Placement()
