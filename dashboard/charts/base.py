"""What all charts share: a chart as it is sent, and the pieces that charts are made of."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import altair as alt

from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.window_layout import WindowLayout

#: Height of a large chart, in pixels.
HEIGHT = 330
#: Draws on a canvas instead of as SVG elements: cheaper with hundreds of marks.
CANVAS = {"embedOptions": {"renderer": "canvas"}}
#: A chart's Vega-Lite specification, without data.
Spec = dict[str, Any]


class Specification(dict[str, Any]):
    """A specification with what Streamlit makes of it, which is thus kept as long as itself.

    Attributes:
        messages: without data, by the text for screen readers.
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__(spec)
        self.messages: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready to send.

    Args:
        spec: Vega-Lite specification that names its datasets; the same object while the layout
            stays the same.
        tables: the datasets, in Arrow's stream format.
        alt: text for screen readers; constant like the specification.
    """

    spec: Spec
    tables: dict[str, bytes]
    alt: str


# Distance between a chart's title and its plot, in pixels.
_TITLE_OFFSET = 10
# Of an axis of symbols every so many have a label, at least so many pixels apart.
_EVERY, _LABEL_SPACING = (1, 2, 5, 10, 20, 50, 100), 14
# Of a lane's name, in pixels: its width, and the height of a line; letters of a line, and lines.
_LANE_LABEL, _LANE_LINE, _LINE, _MOST_LINES = 46, 14, 8, 3
# Longest names with which a legend has three and two columns.
_SHORT_NAME, _LONG_NAME = 12, 20


#: The colour of guides, as an encoding: in a mark's properties, Streamlit does not replace a name
#: by the theme's colour. A channel object, like `alt.X2("right:Q")`: of a string or a dictionary
#: Altair would make one each time, in several milliseconds.
GUIDE = alt.ColorValue(palette.GUIDE)


def layer(dataset: str) -> alt.Chart:
    """A layer that draws all rows of a dataset."""
    return alt.Chart(alt.NamedData(dataset))


def specification(chart: alt.LayerChart | alt.FacetChart | alt.VConcatChart) -> Spec:
    """The finished specification."""
    # The datasets hold finite numbers only. Without `invalid=None` Vega would filter every row at
    # every redraw.
    chart = chart.configure_mark(invalid=None, aria=False)
    # Streamlit's own distances leave a third of a chart empty.
    chart = chart.configure_title(offset=_TITLE_OFFSET).configure_axis(
        labelPadding=6, titlePadding=6
    )
    return Specification(chart.to_dict())


def same(channel: Any) -> Any:
    """The channel for a further layer. Layers share a scale, which only one of them describes."""
    return type(channel)(channel["shorthand"], title=channel["title"])


def quoted(text: str) -> str:
    """``text`` as a string of Vega's expression language, on one line."""
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def lane_axis(layout: WindowLayout, spacing: float) -> alt.Axis:
    """The vertical axis: a name at the middle of each lane, or the numbers of symbols.

    Args:
        layout: of the windows.
        spacing: pixels between two symbols.
    """
    if layout.symbols:
        first = layout.first_output
        # As many as fit. Vega would leave out others among the inputs than among the outputs.
        every = next((n for n in _EVERY if n * spacing >= _LABEL_SPACING), layout.lanes)
        inputs = [n for n in range(0, layout.inputs, every) if first - n >= every]
        values = [*inputs, *(first + n for n in range(0, layout.outputs, every))]
        return alt.Axis(
            values=values,
            tickCount=len(values),
            labelExpr=f"datum.value < {first} ? datum.value : datum.value - {first}",
            labelOverlap=False,
            grid=False,
        )
    names = [quoted(str(n + 1)) for n in range(layout.lanes)]
    if layout.output_names:
        columns = dict.fromkeys((*layout.input_names, *layout.output_names))
        lines = max(1, int(layout.lane_height * spacing / _LANE_LINE))
        names = [_in_lines(name, min(lines, _MOST_LINES)) for name in columns]
    elif layout.inputs != layout.outputs:
        names = [quoted(_("input {n}").format(n=n + 1)) for n in range(layout.inputs)]
        names += [quoted(_("output {n}").format(n=n + 1)) for n in range(layout.outputs)]
    middle = (layout.low + layout.high) / 2
    heights = [middle - lane * layout.lane_height for lane in range(layout.lanes)]
    return alt.Axis(
        values=heights,
        labelExpr=f"[{', '.join(names)}][round(({middle} - datum.value) / {layout.lane_height})]",
        labelLimit=_LANE_LABEL,
        grid=False,
    )


def _in_lines(name: str, lines: int) -> str:
    """A column's name as an axis label, in Vega's language: as many lines as there is room for."""
    wrapped = textwrap.wrap(name, _LINE, break_long_words=False, max_lines=lines, placeholder=" …")
    return f"[{', '.join(map(quoted, wrapped or [name]))}]"


def contender_axis(names: tuple[str, ...], **more: Any) -> alt.Axis:
    """A horizontal axis of contenders; a name of several parts has a line for each."""
    return alt.Axis(
        labelAngle=0,
        labelExpr="split(datum.label, ', ')",
        labelLimit=360 / len(names),  # a longer line is truncated, so that none overlap
        labelOverlap=False,
        **more,
    )


def contender_colour(names: tuple[str, ...], *, legend: bool) -> alt.Color:
    """A colour for each contender, the same in every chart."""
    longest = max(map(len, names))
    columns = 3 if longest <= _SHORT_NAME else 2 if longest <= _LONG_NAME else 1
    return alt.Color(
        "contender:N",
        title=None,
        scale=contender_scale(names),
        legend=alt.Legend(orient="top", columns=columns, labelLimit=300) if legend else None,
    )


def contender_scale(names: tuple[str, ...]) -> alt.Scale:
    """The colour of each contender, or of each of up to six series of a view."""
    return alt.Scale(domain=list(names), range=palette.CONTENDERS)


def contender_layer(dataset: str, name: str) -> alt.Chart:
    """A layer that draws all rows of a dataset as those of one contender."""
    return layer(dataset).transform_calculate(contender=quoted(name))


def title_legend(names: dict[str, str], left: int) -> alt.Legend:
    """A legend in the row of the chart's title, so that it takes no height.

    Args:
        names: on screen, of each value.
        left: where it begins, in pixels from the left edge of the plot.
    """
    return alt.Legend(
        orient="none",
        direction="horizontal",
        legendX=left,
        legendY=-_TITLE_OFFSET - 15,
        padding=0,
        columnPadding=14,
        labelOffset=4,
        symbolSize=70,
        labelExpr=label_expression(names),
    )


def side_legend(names: dict[str, str]) -> alt.Legend:
    """A legend in the room that is kept free at the right end of a plot."""
    return alt.Legend(
        orient="top-right",
        direction="vertical",
        padding=0,
        offset=0,
        labelOffset=3,
        labelFontSize=12,
        symbolSize=60,
        labelExpr=label_expression(names),
    )


def label_expression(names: dict[str, str]) -> str:
    """A Vega expression that replaces an axis or legend label by its name."""
    pairs = ", ".join(f"{quoted(key)}: {quoted(name)}" for key, name in names.items())
    return f"{{{pairs}}}[datum.label]"


def scale_legend() -> alt.Legend:
    """The colours of signed values below a plot, where they take no width from it."""
    return alt.Legend(
        orient="bottom",
        direction="horizontal",
        values=[-1, 0, 1],
        gradientLength=160,
        gradientThickness=9,
        labelFontSize=12,
        padding=0,
        offset=8,
    )


#: A heat map: the edges and the value of each cell.
HEAT_ROWS = Table(left=float, right=float, low=float, high=float, value=float)


def heat(x: alt.X, y: alt.Y, title: str, domain: list[float], *, legend: bool = True) -> alt.Chart:
    """Cells of a heat map, with their values on hover."""
    cells: alt.Chart = (
        layer("cells")
        .mark_rect()
        .encode(
            x=x,
            x2="right:Q",
            y=y,
            y2="high:Q",
            color=alt.Color(
                "value:Q",
                title=None,
                scale=alt.Scale(domain=domain, clamp=True, range=palette.SIGNED),
                legend=scale_legend() if legend else None,
            ),
            tooltip=[alt.Tooltip("value:Q", title=title, format=".4f")],
        )
    )
    return cells
