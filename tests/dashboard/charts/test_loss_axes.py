from __future__ import annotations

import math
import re

import altair as alt
import pytest

from dashboard.charts.arrow import Table, read
from dashboard.charts.base import Chart, layer, specification
from dashboard.charts.loss_axes import (
    END_ROOM,
    drawn_floors,
    floor_label_rows,
    floor_layers,
    floor_lines,
    floor_list,
    floor_rows,
    loss_axis,
    loss_range,
    loss_title,
    step_axis,
)
from dashboard.charts.placement import Placement
from rnn_core import Floor, RunConfig, build_task
from rnn_core.tasks import TASKS
from tests.dashboard.sent_charts import svg

LOSSES = Table(step=int, loss=float)
FLOORS = build_task(RunConfig()).floors()


def chart(
    steps: list[int], losses: list[float], floors: tuple[Floor, ...] = FLOORS, least: int = 20
) -> Chart:
    y = loss_axis("loss", floors, symbols=False)
    lines = layer("losses").mark_line().encode(x=step_axis("step", least), y=y)
    spec = specification(alt.layer(lines, *floor_layers(y)))
    tables = {"losses": LOSSES.rows(steps, losses), "floors": floor_rows(floors)}
    return Chart(spec, tables, "A loss.")


def domains(drawn: Chart) -> dict[str, tuple[float, float]]:
    """Range of each axis, from its description in the drawing."""
    found = re.findall(
        r'aria-label="([XY])-axis [^"]* with values from ([\d.]+) to ([\d.]+)"', svg(drawn)
    )
    return {axis: (float(low), float(high)) for axis, low, high in found}


def test_the_step_axis_begins_at_zero_and_reaches_the_least_step_or_the_last_one() -> None:
    assert domains(chart([3, 7], [0.5, 0.4]))["X"] == (0, 20)
    assert domains(chart([3, 57], [0.5, 0.4]))["X"] == (0, 57)


def test_the_loss_axis_is_logarithmic_with_room_for_all_floors_above_zero() -> None:
    axis = loss_axis("loss", FLOORS, symbols=False).to_dict()
    assert axis["scale"]["type"] == "log"
    low, high = axis["scale"]["domain"]["unionWith"]
    assert low == pytest.approx(0.1 / 3)
    assert high == pytest.approx(2 * 0.55)
    assert min(floor.value for floor in FLOORS) == 0  # which has no place on the axis


def test_without_a_floor_the_loss_axis_has_a_range_all_the_same() -> None:
    low, high = loss_axis("loss", (), symbols=False).to_dict()["scale"]["domain"]["unionWith"]
    assert 0 < low < high


def test_the_loss_axis_widens_to_the_losses() -> None:
    low, high = domains(chart([0, 1], [30.0, 0.001]))["Y"]
    assert low <= 0.01
    assert high >= 10


def test_the_title_says_which_loss_it_is() -> None:
    assert loss_title(symbols=True) == "loss (cross-entropy, nats)"
    assert loss_title(symbols=False) == "loss (mean squared error)"
    assert loss_axis("loss", FLOORS, symbols=True).to_dict()["title"] == loss_title(symbols=True)


def test_equal_floors_share_a_line_and_one_of_zero_has_none() -> None:
    assert floor_lines(FLOORS) == [
        (0.55, "constant or no memory: 0.55"),
        (0.1, "memory inside a window: 0.1"),
    ]


def test_a_floor_that_is_only_a_bound_says_so() -> None:
    floors = (Floor("constant", 0.5, "exact"), Floor("window_memory", 0.05, "lower"))
    assert floor_lines(floors) == [
        (0.5, "constant: 0.5"),
        (0.05, "memory inside a window: ≥\u00a00.05"),
    ]
    shared = (Floor("constant", 0.5, "exact"), Floor("memoryless", 0.5, "lower"))
    assert floor_lines(shared) == [(0.5, "constant or no memory: 0.5")]


def test_each_line_says_how_its_floors_were_obtained_and_their_nrmse() -> None:
    floors = (
        Floor("constant", 0.05, "measured", error=0.0004),
        Floor("memoryless", 0.04, "measured", error=0.0003),
        Floor("linear", 0.0118, "exact", lags=50),
        Floor("window_memory", 0.0118, "lower"),
    )
    details = [row["detail"] for row in read(floor_rows(floors)).to_pylist()]
    assert details == [
        "constant 0.05 (measured ± 0.0004 at 95 %)",
        "no memory 0.04 (measured ± 0.0003 at 95 %)",
        "linear in 50 inputs 0.0118 (exact) · memory inside a window 0.0118 (lower bound)",
    ]
    first = read(floor_rows(floors, variance=0.05)).to_pylist()
    assert [row["detail"].rpartition("NRMSE ")[2] for row in first] == ["1.000", "0.894", "0.486"]


def test_a_floor_far_below_the_highest_is_not_drawn() -> None:
    floors = (
        Floor("constant", 1.0, "exact"),
        Floor("memoryless", 1e-4, "exact"),
        Floor("linear", 1e-8, "exact", lags=20),
        Floor("carried_memory", 0.0, "exact"),
    )
    assert drawn_floors(floors) == floors[:2]
    low, _high = loss_axis("loss", floors, symbols=False).to_dict()["scale"]["domain"]["unionWith"]
    assert low == pytest.approx(1e-4 / 3)
    assert drawn_floors(()) == ()


def test_floors_too_close_for_two_labels_share_the_upper_ones() -> None:
    floors = (
        Floor("constant", 0.5, "exact"),
        Floor("memoryless", 0.45, "exact"),
        Floor("window_memory", 0.1, "exact"),
    )
    assert floor_lines(floors) == [
        (0.5, "constant: 0.5 · no memory: 0.45"),
        (0.45, ""),
        (0.1, "memory inside a window: 0.1"),
    ]
    closer = (*floors[:2], Floor("persistence", 0.4, "exact"), floors[2])
    assert floor_lines(closer) == [
        (0.5, "constant: 0.5 · no memory: 0.45 · persistence: 0.4"),
        (0.45, ""),
        (0.4, ""),
        (0.1, "memory inside a window: 0.1"),
    ]


def test_a_floor_of_a_kind_without_a_name_is_named_by_its_key() -> None:
    floors = (Floor("linear_readout", 0.2, "exact"),)  # type: ignore[arg-type]
    assert floor_lines(floors) == [(0.2, "linear readout: 0.2")]


@pytest.mark.parametrize("task", TASKS)
def test_every_floor_of_every_task_has_a_name(task: str) -> None:
    config = RunConfig(task=task, window_length=30)
    floors = build_task(config).floors()
    keys = {floor.key for floor in floors if floor.value > 0}
    labels = " ".join(label for _value, label in floor_lines(floors))
    assert keys
    assert not any(key in labels for key in keys if "_" in key)


def test_the_floors_are_drawn_as_lines_with_their_labels() -> None:
    rows = read(floor_rows(FLOORS)).to_pylist()
    assert [(row["loss"], row["label"]) for row in rows] == floor_lines(FLOORS)
    drawing = svg(chart([0, 1], [0.5, 0.4]))
    rules = re.search(r"mark-rule role-mark.*?</g>", drawing, re.DOTALL)
    assert rules
    assert rules[0].count("<line") == 2
    for _value, label in floor_lines(FLOORS):
        assert f">{label}</text>" in drawing


def test_in_a_replay_a_floors_line_begins_beside_the_axis() -> None:
    y = loss_axis("loss", FLOORS, symbols=False)
    placement = Placement(axis_room=92, datasets=(("floors", "constant 1"),), alone=False)
    rules, labels = floor_layers(y, placement)
    assert rules.to_dict()["encoding"]["x"] == {"value": 92}
    assert rules.to_dict()["data"] == labels.to_dict()["data"] == {"name": "constant 1"}


def test_in_a_margin_of_their_own_labels_are_names_and_values_in_lines() -> None:
    y = loss_axis("loss", FLOORS, symbols=False)
    placement = Placement(end_room=END_ROOM)
    x = placement.x(step_axis("step", 20))
    lines = layer("losses").mark_line().encode(x=x, y=y)
    spec = specification(alt.layer(lines, *floor_layers(y, placement)))
    low, high = loss_range(FLOORS)
    tables = {
        "losses": LOSSES.rows([0, 1], [0.5, 0.2]),
        "floors": floor_rows(FLOORS),
        "floor_labels": floor_label_rows(FLOORS, None, low, high, 300),
    }
    drawn = svg(Chart(spec, tables, "A loss."))
    for line in ("constant or no", "memory 0.55", "memory inside a", "window 0.1"):
        assert f">{line}</" in drawn


def test_labels_of_close_floors_move_apart_and_stay_in_the_plot() -> None:
    floors = (
        Floor("constant", 0.5, "exact"),
        Floor("memoryless", 0.499, "exact"),
        Floor("persistence", 0.498, "exact"),
        Floor("window_memory", 0.1, "exact"),
    )
    low, high, height = 1e-6, 0.5, 200
    rows = read(floor_label_rows(floors, None, low, high, height)).to_pylist()
    assert [row["label"] for row in rows] == [
        "constant 0.5",
        "no memory 0.499",
        "persistence\n0.498",
        "memory inside a\nwindow 0.1",
    ]
    pixels = [height * math.log(row["loss"] / low) / math.log(high / low) for row in rows]
    # A label reaches up half a line from the middle of its first line, and a line down for each.
    tops = [at + 13 / 2 for at in pixels]
    bottoms = [
        top - 13 * len(row["label"].split("\n")) for top, row in zip(tops, rows, strict=True)
    ]
    assert tops[0] <= height
    assert all(later < earlier for earlier, later in zip(bottoms, tops[1:], strict=False))
    assert rows[3]["detail"] == "memory inside a window 0.1 (exact)"


@pytest.mark.parametrize(
    ("losses", "labels"),
    [
        ([0.02, 2.0], ["1", "0.3", "0.1", "0.03"]),
        ([8.0, 70.0], ["30", "10", "3", "1", "0.3", "0.1"]),
        ([1e-4, 1.0], ["1", "0.3", "0.1", "0.03", "0.01", "3e-3", "1e-3", "3e-4", "1e-4"]),
        ([1e-9, 1.0], ["1", "0.1", "0.01", "1e-3", "1e-4", "1e-5", "1e-6", "1e-7", "1e-8", "1e-9"]),
    ],
)
def test_the_labels_of_the_loss_axis_have_one_format(
    losses: list[float], labels: list[str]
) -> None:
    drawing = svg(chart([0, 1], losses))
    axis = re.search(r'aria-label="Y-axis.*?role-axis-title', drawing, re.DOTALL)
    assert axis
    found = re.findall(r"<text[^>]*>([^<]+)</text>", axis[0])
    assert found
    assert [label for label in labels if label in found] == list(reversed(found))


def test_the_list_of_floors_names_all_of_them() -> None:
    assert floor_list(FLOORS) == "constant or no memory: 0.55; memory inside a window: 0.1"
    assert floor_list(()) == ""
