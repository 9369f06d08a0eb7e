from __future__ import annotations

import json
import re
from dataclasses import replace

import altair as alt
import numpy as np
import pytest

from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    HEAT_ROWS,
    Chart,
    contender_axis,
    contender_colour,
    heat,
    label_expression,
    lane_axis,
    layer,
    same,
    specification,
)
from dashboard.charts.window_layout import WindowLayout, window_layout
from rnn_core import RunConfig, build_task
from tests.dashboard.sent_charts import svg

POINTS = Table(x=float, y=float, contender=str)
X, Y = alt.X("x:Q", title="x", scale=alt.Scale(domain=[0, 3])), alt.Y("y:Q", title="y")


def layout(task: str) -> WindowLayout:
    config = RunConfig(task=task, window_length=30)
    return window_layout(build_task(config), config)


def drawn(x: alt.X, y: alt.Y, color: alt.Color | None = None, who: str = "RNN") -> str:
    """A point at (1, 1), as SVG."""
    points = layer("points").mark_point().encode(x=x, y=y)
    if color is not None:
        points = points.encode(color=color)
    spec = specification(alt.layer(points))
    return svg(Chart(spec, {"points": POINTS.rows([1.0], [1.0], [who])}, "A point."))


def texts(drawing: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawing)


def test_a_layer_draws_all_rows_of_its_dataset() -> None:
    spec = layer("points").mark_point().encode(x=X).to_dict()
    assert spec["data"] == {"name": "points"}
    assert "transform" not in spec


def test_a_specification_is_plain_json_in_which_nothing_is_filtered() -> None:
    chart = alt.layer(layer("points").mark_point().encode(x=X, y=Y)).properties(title="Points")
    spec = specification(chart)
    assert json.loads(json.dumps(spec)) == spec
    assert spec["config"]["mark"] == {"invalid": None, "aria": False}
    assert spec["title"] == "Points"


@pytest.mark.parametrize("channel", [X, Y, alt.Color("contender:N", title=None)])
def test_a_further_layer_shares_the_scale_without_describing_it(channel: alt.X) -> None:
    further = same(channel)
    assert type(further) is type(channel)
    assert further.to_dict() == {
        **alt.Chart().mark_point().encode(further).to_dict()["encoding"].popitem()[1],
        "title": channel["title"],
    }
    assert "scale" not in further.to_dict()


def heights_and_labels(shown: WindowLayout) -> dict[float, str]:
    """The drawn labels, from the lowest to the highest."""
    axis = lane_axis(shown, spacing=14)
    heights = axis["values"]
    low, high = min(heights) - 1, max(heights) + 1
    scale = alt.Scale(domain=[low, high], nice=False)
    drawing = drawn(X, alt.Y("y:Q", axis=axis, scale=scale, title=None))
    labels = re.search(r'aria-label="Y-axis.*?role-axis-label.*?</g>', drawing, re.DOTALL)
    assert labels
    return dict(zip(sorted(heights), texts(labels[0]), strict=True))


def test_lanes_are_numbered_at_their_middle_where_inputs_and_outputs_share_them() -> None:
    shown = layout("flip_flop")
    middle = (shown.low + shown.high) / 2
    expected = {middle - lane * shown.lane_height: str(lane + 1) for lane in range(3)}
    assert heights_and_labels(shown) == expected


def test_lanes_are_named_where_inputs_and_outputs_differ_in_number() -> None:
    shown = layout("adding")
    labels = heights_and_labels(shown)
    assert list(labels.values()) == ["output 1", "input 2", "input 1"]
    assert np.diff(list(labels)) == pytest.approx(shown.lane_height)


def test_symbols_are_numbered_from_zero_among_inputs_and_among_outputs() -> None:
    axis = lane_axis(replace(layout("copy"), inputs=4, outputs=3), spacing=14)
    assert axis["values"] == [0, 1, 2, 3, 5, 6, 7]
    labels = heights_and_labels(replace(layout("copy"), inputs=4, outputs=3))
    assert list(labels.values()) == ["0", "1", "2", "3", "0", "1", "2"]


@pytest.mark.parametrize(
    ("spacing", "values"),
    [
        (13.9, [0, 2, 4, 6, 8, 11, 13, 15, 17]),
        (7, [0, 2, 4, 6, 8, 11, 13, 15, 17]),
        (6.9, [0, 5, 11, 16]),
        (2, [0, 11]),
    ],
)
def test_where_symbols_are_close_both_lanes_leave_out_the_same_numbers(
    spacing: float, values: list[float]
) -> None:
    axis = lane_axis(replace(layout("copy"), inputs=10, outputs=8), spacing)
    assert axis["values"] == values
    assert axis["tickCount"] == len(values)  # of fewer Vega leaves out every second one


def test_contenders_have_the_palettes_colours_in_their_order() -> None:
    names = ("RNN", "LSTM", "GRU")
    colour = contender_colour(names, legend=True).to_dict()
    assert colour["scale"] == {"domain": list(names), "range": palette.CONTENDERS}
    assert colour["legend"]["columns"] == 3
    assert contender_colour(names, legend=False).to_dict()["legend"] is None
    for longest, columns in (("LSTM, lr 0.005", 2), ("LSTM, H 64, forget bias 1", 1)):
        legend = contender_colour(("RNN", longest), legend=True).to_dict()["legend"]
        assert legend["columns"] == columns
    assert texts(drawn(X, Y, contender_colour(names, legend=True)))[-3:] == list(names)


def test_the_more_contenders_the_less_room_each_name_has() -> None:
    few, many = contender_axis(("a", "b")).to_dict(), contender_axis(tuple("abcdef")).to_dict()
    assert (few["labelLimit"], many["labelLimit"]) == (180, 60)
    assert contender_axis(("a",), orient="top").to_dict()["orient"] == "top"


@pytest.mark.parametrize("name", ["input", "l'entrée", "输入", "back\\slash", "'); alert('"])
def test_a_legend_shows_names_for_keys_whatever_characters_they_have(name: str) -> None:
    legend = alt.Legend(labelExpr=label_expression({"key": name}))
    colour = alt.Color("contender:N", legend=legend, title=None, scale=alt.Scale(domain=["key"]))
    shown = [text.replace("&#39;", "'") for text in texts(drawn(X, Y, colour, who="key"))]
    assert name in shown


def test_a_heat_map_has_a_cell_for_each_row_and_colours_by_value() -> None:
    x = alt.X("left:Q", title="unit", scale=alt.Scale(domain=[0, 3], nice=False))
    y = alt.Y("low:Q", title="time", scale=alt.Scale(domain=[0, 1], nice=False))
    cells = HEAT_ROWS.rows([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [0.0] * 3, [1.0] * 3, [-1.0, 1.0, 5.0])
    spec = specification(alt.layer(heat(x, y, "h", [-1.0, 1.0], legend=False)))
    drawing = svg(Chart(spec, {"cells": cells}, "Cells."))
    marks = re.search(r"mark-rect role-mark.*?</g>", drawing, re.DOTALL)
    assert marks
    colours = re.findall(r'fill="([^"]+)"', marks[0])
    assert len(colours) == 3
    assert colours[0] != colours[1]
    assert colours[1] == colours[2]  # beyond the domain, the colour of its end
    assert spec["layer"][0]["encoding"]["tooltip"] == [
        {"field": "value", "format": ".4f", "title": "h", "type": "quantitative"}
    ]


def test_lanes_have_the_names_of_columns_in_as_many_lines_as_there_is_room_for() -> None:
    names = ("sales", "air temperature outside", "it's \\ a\n'")
    shown = replace(layout("flip_flop"), inputs=3, input_names=names, output_names=names)
    for spacing, last in ((100.0, ["air", "temperature", "outside"]), (1.0, ["air …"])):
        expression = lane_axis(shown, spacing)["labelExpr"]
        said = ", ".join(f"'{line}'" for line in last)
        assert expression.startswith(f"[['sales'], [{said}], ['it\\'s \\\\")
        assert "\n" not in expression
