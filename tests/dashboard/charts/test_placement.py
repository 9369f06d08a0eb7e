from __future__ import annotations

import altair as alt

from dashboard.charts.base import CANVAS
from dashboard.charts.placement import PAGE, Placement

IN_REPLAY = Placement(
    height=150,
    axis_room=92,
    end_room=74,
    datasets=(("samples", "moving 3"), ("floors", "constant 1")),
    framed=frozenset({"moving 3"}),
    alone=False,
)
X = alt.X("step:Q", scale=alt.Scale(domain=[0, 20]), axis=alt.Axis(format="d"))
Y = alt.Y("loss:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format=".2~g"))


def test_alone_on_a_page_nothing_is_added() -> None:
    assert PAGE.layer("samples").mark_line().to_dict()["data"] == {"name": "samples"}
    assert "transform" not in PAGE.layer("samples").mark_line().to_dict()
    assert PAGE.x(X) is X
    assert PAGE.y(Y) is Y
    assert PAGE.across() == {}
    assert PAGE.properties("Loss", 330, canvas=True) == {
        "title": "Loss",
        "height": 330,
        "usermeta": CANVAS,
    }


def test_a_framed_dataset_is_filtered_by_the_frame_that_is_shown() -> None:
    spec = IN_REPLAY.layer("samples").mark_line().to_dict()
    assert spec["data"] == {"name": "moving 3"}
    assert spec["transform"] == [{"filter": "datum.frame === frame"}]
    assert "transform" not in IN_REPLAY.layer("floors").mark_rule().to_dict()


def test_the_vertical_axis_stands_inside_the_plot_and_the_channels_given_stay() -> None:
    placed = alt.Chart().mark_line().encode(x=IN_REPLAY.x(X), y=IN_REPLAY.y(Y)).to_dict()
    assert placed["encoding"]["x"]["scale"] == {
        "domain": [0, 20],
        "rangeMin": 92,
        "rangeMax": {"expr": "width - 74"},
    }
    assert placed["encoding"]["y"]["axis"] == {"format": ".2~g", "offset": -92}
    assert placed["encoding"]["y"]["scale"] == {"type": "log"}
    given = alt.Chart().mark_line().encode(x=X, y=Y).to_dict()["encoding"]
    assert given["x"]["scale"] == {"domain": [0, 20]}
    assert given["y"]["axis"] == {"format": ".2~g"}


def test_a_rule_reaches_from_the_axis_to_the_room_at_the_right() -> None:
    rule = alt.Chart().mark_rule().encode(**IN_REPLAY.across()).to_dict()
    assert rule["encoding"] == {"x": {"value": 92}, "x2": {"value": {"expr": "width - 74"}}}


def test_the_place_says_the_height_and_a_part_has_no_renderer_of_its_own() -> None:
    assert IN_REPLAY.properties("Loss", 330, canvas=True) == {"title": "Loss", "height": 150}
