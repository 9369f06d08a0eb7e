from __future__ import annotations

import json
import re
from typing import Any

import pytest
import vl_convert

from dashboard.app.language import use_language
from dashboard.charts.base import Chart
from dashboard.charts.signals import signals
from dashboard.run.figure import figure
from dashboard.run.live_run import LiveRun
from dashboard.train.replay.spec import of_frames, replay
from rnn_core import RunConfig
from tests.dashboard.runs import assert_same_moment, go_on, run_after
from tests.dashboard.sent_charts import datasets_in, rows

# One lane; three lanes, of a batch; symbols, of sequences.
TASKS = ("sin_to_cos", "flip_flop", "anbn")


LSTM = RunConfig(cell="lstm", hidden_size=4)


def run_to(steps: int, config: RunConfig = LSTM, engine: str = "torch") -> LiveRun:
    return run_after(steps, config, engine=engine)


def small(task: str, **more: Any) -> RunConfig:
    return RunConfig(task=task, cell="gru", hidden_size=3, **more)


def layers(replay: Chart) -> list[dict[str, Any]]:
    return [layer for part in replay.spec["vconcat"] for layer in part["layer"]]


def drawn(replay: Chart, frame: int = 0) -> str:
    """What a browser draws of one frame, as SVG."""
    spec = json.loads(json.dumps({**replay.spec, "datasets": rows(replay)}))
    for signal in spec["params"]:
        if signal["name"] == "frame":
            signal["value"] = frame
    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    return drawn


@pytest.mark.parametrize("task", TASKS)
def test_a_frame_holds_the_rows_of_its_moment(task: str) -> None:
    run = run_to(12, small(task))
    frames = run.replay_frames(20)
    shown = rows(of_frames(frames))
    for number, frame in enumerate(frames):
        of_the_frame = [
            [{key: row[key] for key in row if key != "frame"} for row in table]
            for table in (
                [row for row in table if row.get("frame", number) == number]
                for table in shown.values()
            )
        ]
        for chart in (signals(frame), figure(frame)):
            for expected in rows(chart).values():
                assert expected in of_the_frame


@pytest.mark.parametrize("task", TASKS)
def test_every_layer_draws_the_frame_that_is_shown_or_what_stays(task: str) -> None:
    shown = replay(run_to(12, small(task)))
    tables = rows(shown)
    assert datasets_in(shown.spec) == set(tables)
    for layer in layers(shown):
        table = tables[layer["data"]["name"]]
        numbered = bool(table) and "frame" in table[0]
        filters = [each["filter"] for each in layer.get("transform", []) if "filter" in each]
        assert filters == (["datum.frame === frame"] if numbered else [])


def test_what_is_the_same_is_sent_once() -> None:
    shown = replay(run_to(200))
    tables = rows(shown)
    names = [layer["data"]["name"] for layer in layers(shown)]
    curve = [name for name in names if name.startswith("constant") and len(tables[name]) > 100]
    assert curve  # the whole loss curve, in front of which a dot moves
    assert len(tables) < len(set(names)) + 1
    assert sum(map(len, shown.tables.values())) < 3_500_000


@pytest.mark.parametrize("task", TASKS)
def test_a_browser_draws_each_frame(task: str) -> None:
    run = run_to(12, small(task))
    shown = replay(run)
    frames = run.replay_frames(72)
    for number in (0, 5, len(frames) - 1):
        step = frames[number].step
        picture = drawn(shown, number)
        assert f"step {step.index} of 12 · loss {step.loss:.4g}" in picture
        # The newest window; in a narrow plot it has the number alone.
        assert any(f">{label}</text>" in picture for label in (f"step {step.index}", step.index))


def test_it_plays_to_its_end_and_begins_anew() -> None:
    signals = {each["name"]: each for each in replay(run_to(12)).spec["params"]}
    assert signals["playing"]["value"] is True
    assert signals["playing"]["on"][0]["update"] == "playing && frame < 12"
    assert "(frame + 1) % 13" in signals["frame"]["on"][0]["update"]
    assert signals["frame"]["bind"]["max"] == 12
    assert signals["tick"]["on"][0]["events"]["type"] == "timer"
    speeds = signals["stay"]["bind"]
    assert speeds["labels"] == ["1", "2", "5", "10"]
    throttle = signals["tick"]["on"][0]["events"]["throttle"]
    assert [1000 / throttle / ticks for ticks in speeds["options"]] == [1, 2, 5, 10]


def test_its_controls_speak_the_readers_language() -> None:
    use_language("zh_CN")
    try:
        shown = replay(run_to(3))
    finally:
        use_language("en")
    names = [each["bind"]["name"] for each in shown.spec["params"] if "bind" in each]
    assert all(re.search("[\u4e00-\u9fff]", name) for name in names)


def test_a_replay_changes_nothing() -> None:
    replayed, left_alone = run_to(50), run_to(50)
    replayed.look_back(20)
    replay(replayed)
    assert replayed.frame().step.index == 20
    replayed.look_back(None)
    go_on(replayed, 20)
    go_on(left_alone, 20)
    assert_same_moment(replayed.frame(), left_alone.frame())
