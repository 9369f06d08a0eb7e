"""Views on the Train page."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from dashboard.app.glossary import explained
from dashboard.app.language import use_language
from dashboard.run.views.gates import gate_names
from dashboard.run.views.registry import VIEWS, view
from rnn_core import CELLS
from tests.dashboard.train_page import button, click, healthy, look_at, page, slider, step_and_loss


@pytest.mark.parametrize("key", [key for key in VIEWS if key != "state"])
def test_a_view_is_shown_and_is_in_the_link(key: str) -> None:
    # A forecast, of which every view shows something.
    app = page(look=key, cell="lstm", **({"task": "noisy_sine"} if key == "lag" else {}))
    charts = len(app.get("vega_lite_chart"))
    assert charts > 2
    assert look_at(app).value == key
    assert any(explained(view(key).how_to_read()) == caption.value for caption in app.caption)
    app = click(app, "run")
    assert len(app.get("vega_lite_chart")) == (2 if view(key).needs_pause else charts)
    healthy(look_at(app).set_value("state").run())
    assert "look" not in app.query_params
    healthy(look_at(app).set_value(key).run())
    assert app.query_params["look"] == key


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_has_every_view(cell: str) -> None:
    app = page(cell=cell, num_layers="2", hidden_size="6", window_length="6")
    assert app.selectbox(key="cell_en").value == cell
    assert CELLS[cell].title in app.selectbox(key="cell_en").options
    for key in VIEWS:
        app = healthy(look_at(app).set_value(key).run())
        app = click(app, "step")
        has_gates = bool(CELLS[cell].gates)
        has_charts = has_gates if key == "gates" else key != "lag"  # the task is no forecast
        assert (len(app.get("vega_lite_chart")) > 2) == has_charts, key
    assert app.session_state["session"].run.config.cell == cell


@pytest.mark.parametrize("cell", CELLS)
def test_every_cells_gates_are_named_in_chinese(cell: str) -> None:
    gates = CELLS[cell].gates
    try:
        use_language("zh_CN")
        names = gate_names(CELLS[cell])
    finally:
        use_language("en")
    assert [name.split("：")[0] for name in names] == [gate.letter for gate in gates]
    assert not set(names) & set(gate_names(CELLS[cell]))
    charts = page(cell=cell, look="gates", lang="zh_CN").get("vega_lite_chart")
    assert len(charts) == (3 if gates else 2)


def test_the_state_is_shown_first_and_says_what_it_leaves_out() -> None:
    app = page(window_length="200", hidden_size="256")
    assert len(app.get("vega_lite_chart")) == 3
    assert any("Shown: 40 of 256 units" in said.value for said in app.markdown)


def test_a_preview_is_completed_when_all_else_is_drawn() -> None:
    app = click(page(look="phase"), "step")
    said = [text.value for text in app.markdown if "of the state's variance" in text.value]
    assert len(said) == 1
    assert "Fixed points found at zero input" in said[0]
    (chart,) = app.get("vega_lite_chart")[2:]
    rows = {table.name: table.data.data for table in chart.proto.datasets}
    assert pa.ipc.open_stream(rows["fixed"]).read_all().num_rows > 0


def test_a_view_that_needs_a_paused_network_says_so() -> None:
    app = click(page(look="slow"), "run")
    assert any("needs a paused network" in said.value for said in app.caption)


def test_a_view_that_would_take_too_long_says_what_is_enough_to_see_it() -> None:
    app = page(look="spectrum", cell="lstm", hidden_size="256", num_layers="4")
    assert len(app.get("vega_lite_chart")) == 2
    said = [caption.value for caption in app.caption if "would take" in caption.value]
    assert len(said) == 1
    value = int(re.findall(r"Hidden units\*\* at most (\d+)", said[0])[0])
    app = healthy(slider(app, "hidden_size").set_value(value).run())
    assert len(app.get("vega_lite_chart")) == 3


def test_a_slow_view_keeps_its_picture_while_the_network_is_trained() -> None:
    app = page(look="gradient", cell="gru", hidden_size="128", window_length="200", num_layers="2")
    app = click(app, "step")
    assert len(app.get("vega_lite_chart")) == 5
    app = click(app, "run")
    for _ in range(3):
        app = healthy(app.run())
    run = app.session_state["session"].run
    assert run.index > 1
    assert run.last_result(view("gradient")).step == 1
    assert len(app.get("vega_lite_chart")) == 5
    assert any("drawn anew when you press **Pause**" in said.value for said in app.markdown)
    # Another view was shown since: there is nothing to keep.
    app = healthy(look_at(app).set_value("state").run())
    app = healthy(look_at(app).set_value("gradient").run())
    assert len(app.get("vega_lite_chart")) == 2
    assert any("not drawn while the network is trained" in said.value for said in app.caption)
    app = click(app, "run")
    assert len(app.get("vega_lite_chart")) == 5


def test_after_divergence_only_the_state_can_be_chosen_anew() -> None:
    app = click(page(optimizer="sgd", lr="1", pace="max"), "run")
    for _ in range(40):
        if button(app, "run").disabled:
            break
        healthy(app.run())
    app = healthy(look_at(app).set_value("free").run())
    assert any("The run has diverged" in said.value for said in app.caption)
    assert [shown.key for shown in app.slider if shown.key.startswith("free")] == []
    app = healthy(look_at(app).set_value("state").run())
    assert len(app.get("vega_lite_chart")) == 3


def test_looking_back_the_view_is_that_of_the_step_on_screen() -> None:
    app = page(look="gates", cell="lstm")
    for _ in range(3):
        app = click(app, "step")
    healthy(slider(app, "moment").set_value(1).run())
    run = app.session_state["session"].run
    assert step_and_loss(app)[0] == run.inspect(view("gates")).step == 1
