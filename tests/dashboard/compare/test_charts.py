from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from dashboard.charts import palette
from dashboard.charts.base import Chart
from dashboard.charts.loss_axes import loss_range
from dashboard.compare import charts
from dashboard.compare.laid_log import Beside, LaidLog
from dashboard.compare.live_comparison import ComparisonFrame
from rnn_core import Curves, RunConfig
from rnn_core.io.logs import read_log
from rnn_core.tasks import TASKS
from tests.dashboard.comparisons import after, comparison
from tests.dashboard.looks import expect_looks
from tests.dashboard.sent_charts import datasets_in, tables

NONE: frozenset[str] = frozenset()


def drawn(frame: ComparisonFrame) -> list[Chart]:
    return [
        charts.loss(frame, NONE, None),
        charts.spread(frame, NONE, None),
        charts.predictions(frame, 1),
    ]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_can_be_drawn_and_the_specification_stays(task: str) -> None:
    live = comparison(RunConfig(task=task, **TASKS[task].defaults), seeds=2)  # type: ignore[arg-type]
    first = drawn(live.frame())
    later = drawn(after(2, live).frame())
    for one, other in zip(first, later, strict=True):
        assert one.spec is other.spec
        assert one.alt == other.alt
        assert one.spec["title"]
        assert datasets_in(one.spec) == set(one.tables)
        assert json.loads(json.dumps(one.spec)) == one.spec


def test_the_curves_are_those_of_the_comparison() -> None:
    frame = after(6, comparison()).frame()
    rows = tables(charts.loss(frame, NONE, None))["curves"]
    assert rows.num_rows == 3 * 7
    gru = rows.filter(pa.compute.equal(rows["contender"], "GRU"))
    np.testing.assert_array_equal(gru["step"], np.arange(7))
    np.testing.assert_array_equal(gru["median"], frame.curves.median[2])
    np.testing.assert_array_equal(gru["low"], frame.curves.low[2])
    np.testing.assert_array_equal(gru["high"], frame.curves.high[2])


def log_of(*runs: list[float]) -> LaidLog:
    columns = zip(*runs, strict=True)
    rows = "\n".join(",".join(map(str, (5 * n, *row))) for n, row in enumerate(columns))
    head = ",".join(f"seed {number}" for number in range(len(runs)))
    return LaidLog.of([read_log(f"step,{head}\n{rows}\n".encode(), "theirs.csv")])


def test_a_log_has_a_line_a_band_and_a_name_on_the_same_axes() -> None:
    live = comparison()
    losses = np.array([[0.5, 0.2, 0.1], [0.6, 0.4, 0.2], [0.9, 0.3, 0.1]])
    log = log_of(*losses.tolist())
    first = charts.loss(live.frame(), NONE, None, Beside((log,)))
    rows = tables(first)
    assert rows["log"]["step"].to_pylist() == [0, 5, 10]
    wanted = np.quantile(losses, [0.5, 0.1, 0.9], axis=0).astype(np.float32)
    for name, column in zip(("median", "low", "high"), wanted, strict=True):
        np.testing.assert_allclose(rows["log"][name], column, rtol=1e-6)
    (end,) = rows["log_end"].to_pylist()
    assert end == {"step": 10, "loss": pytest.approx(0.18), "label": "theirs", "log": "log 0"}
    # Neither steps nor other names or logs build the chart anew; the first log does.
    others = Beside((log_of([3, 2]).renamed("others"), replace(log, slot=2)))
    later = charts.loss(after(2, live).frame(), NONE, None, others)
    rows = tables(later)
    assert rows["log"]["log"].to_pylist() == ["log 0"] * 2 + ["log 2"] * 3
    assert rows["log_end"]["label"].to_pylist() == ["others", "theirs"]
    assert later.spec is first.spec
    assert later.alt == first.alt
    assert datasets_in(first.spec) == set(first.tables)
    plain = charts.loss(live.frame(), NONE, None)
    assert datasets_in(first.spec) - datasets_in(plain.spec) == {"log", "log_end"}
    titles = [
        each["encoding"]["y"]["title"]
        for each in first.spec["layer"]
        if each["data"]["name"] in ("curves", "log")
    ]
    assert len(set(titles)) == 1


def test_of_a_log_only_what_the_axis_can_show_is_drawn() -> None:
    frame = comparison().frame()
    log = log_of([1, 1e30, 0, 1], [1, 1e30, 0, -1], [1, 1e30, 0, 2])
    rows = tables(charts.loss(frame, NONE, None, Beside((log,))))["log"].to_pydict()
    assert rows["step"] == [0, 5, 15]
    assert rows["median"] == pytest.approx([1, charts.highest_drawn(frame), 1])
    assert rows["low"] == pytest.approx(rows["median"])
    empty = tables(charts.loss(frame, NONE, None, Beside((log_of([-1, -2]),))))
    assert empty["log"].num_rows == empty["log_end"].num_rows == 0


def test_logs_end_where_the_contenders_are_and_their_names_do_not_overlap() -> None:
    frame = after(30, comparison()).frame()
    logs = tuple(
        replace(log_of([0.5] * 20), slot=slot).renamed(f"log of slot {slot}") for slot in range(3)
    )
    rows = tables(charts.loss(frame, NONE, None, Beside(logs)))
    assert max(rows["log"]["step"].to_pylist()) == 30
    ends = np.log(rows["log_end"]["loss"].to_numpy())
    low, high = loss_range(frame.floors)
    # Of 500 pixels from the lowest loss to the highest, names take 16; curves may reach lower.
    assert np.diff(np.sort(ends)).min() > 15.9 / 500 * np.log(high / low)
    whole = tables(charts.loss(frame, NONE, None, Beside(logs, whole=True)))
    assert max(whole["log"]["step"].to_pylist()) == 95


def test_a_log_has_a_colour_that_no_contender_has() -> None:
    spec = charts.loss(comparison().frame(), NONE, None, Beside((log_of([1, 2]),))).spec
    theirs = [each["encoding"] for each in spec["layer"] if each["data"]["name"].startswith("log")]
    scales = [each.get("stroke", each.get("fill"))["scale"] for each in theirs]
    assert len(scales) == 3
    for scale in scales:
        assert scale["range"] == palette.CONTENDERS
        assert [scale["domain"].index(f"log {slot}") for slot in range(3)] == [6, 7, 8]


def test_every_evaluation_has_a_point_at_its_median() -> None:
    live = after(20, comparison())
    live.frame()
    frame = after(5, live).frame()
    assert frame.evaluated_at.tolist() == [20, 25]
    assert frame.held_out is not None
    np.testing.assert_array_equal(
        frame.held_out_medians[:, 1], np.median(frame.held_out.losses, axis=1)
    )
    medians = frame.held_out_medians.copy()
    medians[2, 1] = np.inf
    frame = replace(frame, held_out_medians=medians)
    rows = tables(charts.loss(frame, frozenset({"RNN"}), "GRU"))["held_out"].to_pylist()
    assert [(row["contender"], row["step"]) for row in rows] == [
        ("LSTM", 20),
        ("LSTM", 25),
        ("GRU", 20),
    ]
    assert [row["loss"] for row in rows] == [*medians[1], medians[2, 0]]


def test_what_is_hidden_is_left_out_and_what_is_not_highlighted_is_faint() -> None:
    frame = after(20, comparison()).frame()
    for chart, name in (
        (charts.loss(frame, frozenset({"RNN"}), "GRU"), "curves"),
        (charts.spread(frame, frozenset({"RNN"}), "GRU"), "held_out"),
        (charts.spread(frame, frozenset({"RNN"}), "GRU"), "online"),
    ):
        rows = tables(chart)[name].to_pylist()
        assert {row["contender"] for row in rows} == {"LSTM", "GRU"}
        assert {(row["contender"], row["weight"] == 1) for row in rows} == {
            ("LSTM", False),
            ("GRU", True),
        }


def test_every_seed_has_a_stroke_and_a_dot_unless_it_has_diverged() -> None:
    frame = after(20, comparison()).frame()
    assert frame.held_out is not None
    online, losses = frame.online.copy(), frame.held_out.losses.copy()
    online[1, 2] = losses[1, 2] = np.inf
    frame = replace(frame, online=online, held_out=replace(frame.held_out, losses=losses))
    shown = tables(charts.spread(frame, NONE, None))
    for name, drawn in (("held_out", losses), ("online", online)):
        rows = shown[name].to_pylist()
        assert len(rows) == 8
        assert ("LSTM", 2) not in {(row["contender"], row["seed"]) for row in rows}
        assert [row["loss"] for row in rows[:3]] == drawn[0].tolist()


def test_what_diverges_is_drawn_at_the_upper_edge() -> None:
    frame = after(5, comparison()).frame()
    assert not charts.goes_beyond(frame)
    online, high = frame.online.copy(), frame.curves.high.copy()
    online[0, 0] = high[0, -1] = 1e30
    frame = replace(frame, online=online, curves=replace(frame.curves, high=high))
    assert charts.goes_beyond(frame)
    highest = charts.highest_drawn(frame)
    assert highest == 1e4 * max(floor.value for floor in frame.floors)
    losses = tables(charts.spread(frame, NONE, None))["online"]["loss"].to_pylist()
    assert max(losses) == pytest.approx(highest)
    bands = tables(charts.loss(frame, NONE, None))["curves"]["high"].to_pylist()
    assert max(bands) == pytest.approx(highest)


def test_before_the_first_evaluation_there_are_dots_alone() -> None:
    shown = tables(charts.spread(after(3, comparison()).frame(), NONE, None))
    assert (shown["held_out"].num_rows, shown["online"].num_rows) == (0, 9)


def test_a_long_curve_is_thinned_without_losing_its_extremes_or_its_end() -> None:
    steps = np.arange(401)
    values = np.random.default_rng(0).uniform(0.1, 1, (2, 401))
    frame = after(1, comparison(preset="carry")).frame()
    frame = replace(frame, curves=Curves(steps, values, values - 0.05, values + 0.05))
    rows = tables(charts.loss(frame, NONE, None))["curves"].to_pandas()
    for number, name in enumerate(("carried", "reset")):
        mine = rows[rows["contender"] == name]
        assert len(mine) == 200
        assert mine["step"].iloc[-1] == 400
        assert mine["median"].iloc[-1] == values[number, 400]
        # The first of an odd number of steps has no partner.
        assert mine["low"].min() == values[number, 1:].min() - 0.05
        assert mine["high"].max() == values[number, 1:].max() + 0.05


def test_a_contender_says_the_median_of_its_seeds() -> None:
    frame = after(5, comparison(seeds=3)).frame()
    rows = tables(charts.predictions(frame, 1))["wave"].to_pandas()
    newest = frame.windows[-1]
    mine = rows[rows["line"] == newest.index]
    for column, share in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        np.testing.assert_allclose(
            mine[column], np.quantile(newest.prediction[3:6, 0, :, 0], share, axis=0), rtol=1e-6
        )
    np.testing.assert_allclose(mine["target"], newest.targets[0, :, 0])


def test_of_symbols_each_dot_is_a_share_of_the_networks() -> None:
    order = RunConfig(task="temporal_order", window_length=10, batch_size=2, hidden_size=3)
    frame = comparison(order, seeds=3).frame()
    shown = tables(charts.predictions(frame, 0))
    said = shown["said"].to_pandas()
    assert said["share"].sum() == pytest.approx(1)
    answers = frame.windows[0].prediction[:3, 0, -1].argmax(axis=1)
    for symbol, share in zip(said["symbol"], said["share"], strict=True):
        assert share == pytest.approx(np.mean(answers == symbol))
    assert shown["wanted"]["symbol"].to_pylist() == [frame.windows[0].targets[0, -1].argmax()]


def test_networks_that_have_diverged_say_nothing_more() -> None:
    frame = comparison(seeds=3).frame()
    alive = frame.alive.copy()
    alive[0, 1:] = False
    only = tables(charts.predictions(replace(frame, alive=alive), 0))["wave"].to_pandas()
    np.testing.assert_allclose(only["median"], frame.windows[0].prediction[0, 0, :, 0])
    np.testing.assert_allclose(only["low"], only["high"])
    alive[0] = False
    assert tables(charts.predictions(replace(frame, alive=alive), 0))["wave"].num_rows == 0


def test_what_is_not_highlighted_loses_its_colour_among_the_small_pictures() -> None:
    frame = after(1, comparison()).frame()

    def colours(highlight: str | None) -> set[str]:
        spec = charts.predictions(frame, 1, highlight).spec
        found = [layer["encoding"]["color"] for layer in spec["layer"]]
        return {colour.get("value") or colour["scale"]["range"] for colour in found}

    assert colours(None) == colours("LSTM") == {palette.CONTENDERS, palette.TARGET}
    assert colours("GRU") == {palette.GUIDE, palette.TARGET}


def test_they_look_as_they_did_when_somebody_looked() -> None:
    expect_looks("compare", drawn(after(2, comparison()).frame()))
