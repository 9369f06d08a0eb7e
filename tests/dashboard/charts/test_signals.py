from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pytest

from dashboard.app.language import use_language
from dashboard.charts import palette
from dashboard.charts.in_units import in_units
from dashboard.charts.signals import signal_names, signals
from dashboard.charts.window_layout import WindowLayout, window_layout
from rnn_core import RunConfig, Step, Trainer
from rnn_core.series import Units
from rnn_core.tasks import TASKS
from tests.dashboard.looks import expect_looks
from tests.dashboard.sent_charts import datasets_in, rows, svg, tables


@dataclass
class Shown:
    """The last windows of a run."""

    layout: WindowLayout
    windows: tuple[Step, ...]
    moving: bool = False
    units: Units | None = None


def shown(steps: int, config: RunConfig | None = None, *, moving: bool = False) -> Shown:
    trainer = Trainer(config or RunConfig())
    layout = window_layout(trainer.task, trainer.config)
    steps_taken = tuple(islice(trainer.steps(), steps))[-layout.windows :]
    windows = tuple(in_units(step, trainer.task.units) for step in steps_taken)
    return Shown(layout, windows, moving, trainer.task.units)


def of_task(task: str, steps: int = 2) -> Shown:
    return shown(steps, RunConfig(task=task, **TASKS[task].defaults))  # type: ignore[arg-type]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_drawn_from_exactly_the_data_that_is_sent(task: str) -> None:
    frame = of_task(task)
    chart = signals(frame)
    assert chart.spec["title"] == "Signals"
    assert datasets_in(chart.spec) == set(chart.tables)
    assert json.loads(json.dumps(chart.spec)) == chart.spec
    drawing = svg(chart)
    for text in ("input", "target", "prediction"):
        assert f">{text}</text>" in drawing
    # Narrow windows have the number alone.
    for number in (0, 1):
        assert f">step {number}</text>" in drawing or f">{number}</text>" in drawing
    assert signals(of_task(task, 1)).spec is chart.spec


def test_each_new_window_replaces_the_oldest_in_its_place() -> None:
    frame = shown(6)
    sent = tables(signals(frame))
    assert sent["windows"]["label"].to_pylist() == ["step 2", "step 3", "step 4", "step 5"]
    np.testing.assert_allclose(sent["windows"]["left"], np.pi * np.array([2, 3, 0, 1]))
    np.testing.assert_allclose(sent["newest"]["left"], [np.pi])
    np.testing.assert_allclose(sent["newest"]["right"], [2 * np.pi])


def test_the_samples_are_those_of_the_steps() -> None:
    frame = shown(6)
    samples = rows(signals(frame))["samples"]
    for step in frame.windows:
        for name in ("input", "target", "prediction"):
            own = [row for row in samples if (row["line"], row["signal"]) == (step.index, name)]
            signal = {"input": step.inputs, "target": step.targets, "prediction": step.prediction}
            np.testing.assert_array_equal([row["value"] for row in own], signal[name][0, :, 0])
            left = step.index % 4 * np.pi
            np.testing.assert_allclose(
                [row["place"] for row in own], left + np.linspace(0, np.pi, 10)
            )


def test_hovering_gives_the_steps_real_times_and_values() -> None:
    frame = shown(7)
    hover = tables(signals(frame))["hover"]
    newest = frame.windows[-1]
    np.testing.assert_allclose(hover["time"].to_numpy()[-10:], newest.time[0])
    np.testing.assert_array_equal(hover["target"].to_numpy()[-10:], newest.targets[0, :, 0])
    assert hover["step"].to_pylist()[-10:] == [6] * 10


@pytest.mark.parametrize("task", ["sin_to_cos", "flip_flop", "copy"])
def test_while_the_chart_moves_no_values_are_sent_for_hovering(task: str) -> None:
    still = of_task(task)
    moving = Shown(still.layout, still.windows, moving=True)
    names = [name for name in signals(still).tables if name.startswith("hover")]
    assert names
    for name in names:
        one, other = tables(signals(still))[name], tables(signals(moving))[name]
        assert one.num_rows > 0
        assert other.num_rows == 0
        assert other.schema == one.schema
    assert signals(moving).spec is signals(still).spec


def test_the_first_window_of_a_batch_is_shown() -> None:
    frame = shown(3, RunConfig(batch_size=4))
    hover = tables(signals(frame))["hover"]
    np.testing.assert_array_equal(
        hover["input"].to_numpy()[-10:], frame.windows[-1].inputs[0, :, 0]
    )


def test_numbers_stand_in_their_lanes() -> None:
    frame = of_task("flip_flop")
    sent = rows(signals(frame))
    newest, layout = frame.windows[-1], frame.layout
    for name, values in (("input", newest.inputs), ("prediction", newest.prediction)):
        lane = 2
        own = [row for row in sent[name] if row["line"] == newest.index * layout.lanes + lane]
        np.testing.assert_allclose(
            [row["value"] for row in own], values[0, :, lane] - lane * layout.lane_height, rtol=1e-6
        )
        np.testing.assert_allclose([row["number"] for row in own], values[0, :, lane])
        assert [row["point"] for row in own] == list(range(1, layout.length + 1))


def test_where_the_target_does_not_count_neither_it_nor_the_prediction_is_drawn() -> None:
    frame = of_task("adding")
    sent = rows(signals(frame))
    assert len(sent["input"]) == 2 * 2 * frame.layout.length  # two windows, two features
    for name in ("target", "prediction"):
        assert [row["point"] for row in sent[name]] == [frame.layout.length] * 2


def test_one_lane_too_leaves_out_what_does_not_count() -> None:
    frame = of_task("parity", steps=4)
    counted = [step.loss_mask[0] for step in frame.windows if step.loss_mask is not None]
    assert not np.concatenate(counted).all()
    samples = rows(signals(frame))["samples"]
    for step, mask in zip(frame.windows, counted, strict=True):
        for name, values in (
            ("input", step.inputs[0, :, 0]),
            ("target", step.targets[0, mask, 0]),
            ("prediction", step.prediction[0, mask, 0]),
        ):
            own = [row for row in samples if (row["line"], row["signal"]) == (step.index, name)]
            np.testing.assert_array_equal([row["value"] for row in own], values)


def test_symbols_stand_at_their_heights_and_a_correct_answer_at_its_targets() -> None:
    frame = of_task("copy")
    sent = rows(signals(frame))
    newest = frame.windows[-1]
    length = frame.layout.length
    own = sent["input"][-length:]
    assert [row["value"] for row in own] == newest.inputs[0].argmax(axis=1).tolist()
    first = frame.layout.first_output
    wanted, said = sent["target"][-length:], sent["prediction"][-length:]
    expected = newest.targets[0].argmax(axis=1)
    assert [row["value"] for row in wanted] == (expected + first).tolist()
    right = newest.prediction[0].argmax(axis=1) == expected
    same = [a["value"] == b["value"] for a, b in zip(wanted, said, strict=True)]
    assert same == right.tolist()


def ticks(frame: Shown) -> tuple[str, list[str]]:
    """Title and labels of the time axis, as drawn."""
    drawing = svg(signals(frame))
    axis = re.search(r'aria-label="X-axis.*?role-axis-title.*?</text>', drawing, re.DOTALL)
    assert axis
    *labels, title = re.findall(r"<text[^>]*>([^<]*)</text>", axis[0])
    return title, labels


def test_the_time_axis_is_in_radians_where_time_is_an_angle() -> None:
    assert ticks(shown(1)) == ("t (radians)", ["0", "1π", "2π", "3π", "4π"])
    title, labels = ticks(of_task("delayed_recall"))
    assert title == "t"
    assert labels[:2] == ["0", "20"]


def test_long_windows_have_no_dots() -> None:
    marks = {
        length: [layer["mark"]["type"] for layer in signals(shown(1, config)).spec["layer"]]
        for length, config in (
            (20, RunConfig(window_length=20)),
            (21, RunConfig(window_length=21)),
        )
    }
    assert "point" in marks[20]
    assert "point" not in marks[21]


def test_a_label_stands_at_the_end_of_each_line() -> None:
    frame = shown(6)
    ends = {row["signal"]: row for row in rows(signals(frame))["ends"]}
    rightmost = next(step for step in frame.windows if step.index % 4 == 3)
    assert [row["place"] for row in ends.values()] == [pytest.approx(4 * np.pi)] * 3
    assert ends["input"]["value"] == pytest.approx(rightmost.inputs[0, -1, 0], abs=0.2)
    assert ends["target"]["said"] == "target"
    # Before the last place is taken, beside the newest window.
    early = rows(signals(shown(2)))["ends"]
    assert [row["place"] for row in early] == [pytest.approx(2 * np.pi)] * 3


@pytest.mark.parametrize("steps", range(1, 30, 7))
def test_labels_at_the_lines_ends_never_overlap(steps: int) -> None:
    for frame in (shown(steps), of_task("parity", steps)):
        ends = sorted(row["value"] for row in rows(signals(frame))["ends"])
        layout = frame.layout
        least = 14 / 190 * 1.4 * (layout.high - layout.low)
        assert min(np.diff(ends)) >= least


def test_each_signal_has_its_colour() -> None:
    for frame in (shown(1), of_task("flip_flop")):
        scales = [
            layer["encoding"]["color"]["scale"]
            for layer in signals(frame).spec["layer"]
            if "scale" in layer["encoding"].get("color", {})
        ]
        assert scales
        for scale in scales:
            assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
                "input": palette.INPUT,
                "target": palette.TARGET,
                "prediction": palette.PREDICTION,
            }


def test_the_chart_is_in_the_current_language() -> None:
    frame = shown(1)
    try:
        use_language("zh_CN")
        chinese = signals(frame)
        assert signal_names()["target"] != "target"
    finally:
        use_language("en")
    assert chinese.spec["title"] != "Signals"
    assert tables(chinese)["windows"]["label"].to_pylist() != ["step 0"]
    assert signals(frame).spec["title"] == "Signals"


@pytest.mark.parametrize("task", ["adding", "temporal_order"])
def test_they_look_as_they_did_when_somebody_looked(task: str) -> None:
    expect_looks(f"signals-{task}", [signals(of_task(task))])
