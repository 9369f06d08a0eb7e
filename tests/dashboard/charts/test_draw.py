from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from dashboard.charts.arrow import read


def page(elements: int, *, selectable: bool, first: str) -> None:
    """Draws one point and then two, in one element or in two."""

    import altair as alt

    from dashboard.charts.arrow import Table
    from dashboard.charts.base import Chart, layer, specification
    from dashboard.charts.draw import draw

    table = Table(x=float)
    points = layer("points").mark_point().encode(x="x:Q")
    if selectable:
        points = points.add_params(alt.selection_point(name="chosen", fields=["x"]))
    spec = specification(alt.layer(points).properties(title="Points"))
    clicks: Any = {"key": "points", "on_select": lambda: None} if selectable else {}
    place = draw(Chart(spec, {"points": table.rows([1.0])}, first), **clicks)
    if selectable:
        assert elements == 1
    place = None if elements == 2 else place
    draw(Chart(spec, {"points": table.rows([1.0, 2.0])}, "Points."), place, **clicks)


def drawn(elements: int = 1, *, selectable: bool = False, first: str = "One point.") -> list[Any]:
    """What the browser is sent; ``first`` is the alternative text of the first chart."""
    options = {"selectable": selectable, "first": first}
    app = AppTest.from_function(page, args=(elements,), kwargs=options).run()
    assert not app.exception
    return [element.proto for element in app.get("vega_lite_chart")]


def rows(proto: Any) -> pa.Table:
    (dataset,) = proto.datasets
    assert dataset.name == "points"
    return read(dataset.data.data)


def test_a_chart_is_sent_with_its_data_as_arrow_beside_the_specification() -> None:
    first, second = drawn(elements=2)
    assert rows(first)["x"].to_pylist() == [1.0]
    assert rows(second)["x"].to_pylist() == [1.0, 2.0]
    spec = json.loads(first.spec)
    assert spec["title"] == "Points"
    assert "datasets" not in spec
    assert first.spec == second.spec


def test_a_chart_drawn_in_the_place_of_another_replaces_it() -> None:
    (only,) = drawn(elements=1)
    assert rows(only)["x"].to_pylist() == [1.0, 2.0]
    assert only.alt == "Points."


@pytest.mark.parametrize("selectable", [False, True])
def test_new_data_are_sent_in_the_message_that_streamlit_makes(
    monkeypatch: pytest.MonkeyPatch, selectable: bool
) -> None:
    monkeypatch.setattr("dashboard.charts.draw._is_recorded", lambda: True)
    (streamlit_s,) = drawn(selectable=selectable, first="Points.")
    monkeypatch.undo()
    made: list[str] = []
    make = DeltaGenerator.vega_lite_chart

    def record(self: DeltaGenerator, spec: Any, **options: Any) -> Any:
        made.append(spec["title"])
        return make(self, spec, **options)

    monkeypatch.setattr(DeltaGenerator, "vega_lite_chart", record)
    (ours,) = drawn(selectable=selectable, first="Points.")
    assert ours == streamlit_s
    assert rows(ours)["x"].to_pylist() == [1.0, 2.0]
    assert made == ["Points"]


def test_only_a_chart_with_a_callback_is_a_widget() -> None:
    (still,) = drawn()
    (clickable,) = drawn(selectable=True)
    assert (still.id, list(still.selection_mode)) == ("", [])
    assert "points" in clickable.id
    assert list(clickable.selection_mode) == ["chosen"]


def test_nothing_is_sent_to_the_place_of_a_clickable_chart_before_the_chart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A browser that drew in between would build the chart anew.
    sent: list[str] = []
    enqueue = DeltaGenerator._enqueue

    def record(self: DeltaGenerator, kind: str, *args: Any, **options: Any) -> DeltaGenerator:
        sent.append(kind)
        return enqueue(self, kind, *args, **options)

    monkeypatch.setattr(DeltaGenerator, "_enqueue", record)
    drawn(selectable=True)
    assert sent == ["vega_lite_chart"] * 2


def test_a_clickable_chart_is_redrawn_in_place_as_the_same_widget() -> None:
    (only,) = drawn(selectable=True)
    assert rows(only)["x"].to_pylist() == [1.0, 2.0]
    assert only.id.endswith("-points")
