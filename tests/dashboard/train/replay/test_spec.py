from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
import vl_convert

from dashboard.app.language import use_language
from dashboard.app.playback import Status
from dashboard.charts.base import Chart
from dashboard.charts.signals import signals
from dashboard.train.charts import hidden_state
from dashboard.train.live_run import LiveRun
from dashboard.train.replay import html as html
from dashboard.train.replay.spec import of_frames, replay
from rnn_core import RunConfig
from tests.dashboard.sent_charts import datasets_in, rows
from tests.dashboard.train.test_time_travel import assert_same_moment, go_on, run_to

# One lane; three lanes, of a batch; symbols, of sequences.
TASKS = ("sin_to_cos", "flip_flop", "anbn")


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


# --- the moments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "steps"),
    [("torch", 1), ("torch", 40), ("torch", 700), ("compiled", 40), ("compiled", 3600)],
)
def test_every_frame_is_as_that_step_was(engine: str, steps: int) -> None:
    run = run_to(steps, engine=engine)
    frames = run.moments(30)
    shown = [frame.step.index for frame in frames]
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (0, steps)
    assert min(steps + 1, 20) <= len(frames) <= 32
    for frame in frames:
        run.look_back(frame.step.index)
        assert_same_moment(frame, run.frame())


def test_steps_lie_close_together_early_on() -> None:
    run = run_to(1500)
    shown = [frame.step.index for frame in run.moments(60)]
    assert shown[:4] == [0, 1, 2, 3]
    gaps = np.diff(shown)
    assert gaps.max() <= 1500 / 20
    # Later ones are soon trained again: all that is seen with them begins at a snapshot.
    stride, memory = run._snapshots.stride, run._now.memory
    late = [index for index in shown if 2 * stride < index < 1500]
    assert {(index - memory + 1) % stride for index in late} == {0}


def test_learning_rates_of_then_are_used() -> None:
    run = run_to(30)
    run.configure(RunConfig(cell="lstm", hidden_size=4, lr=0.5))
    go_on(run, 30)
    assert run.learning_rates == (0.02, 0.5)
    for frame in run.moments(20):
        assert frame.lr == (0.02 if frame.step.index < 30 else 0.5)
    assert_same_moment(run.moments(20)[-1], run.frame())


def test_a_replay_changes_nothing() -> None:
    replayed, left_alone = run_to(50), run_to(50)
    replayed.look_back(20)
    replay(replayed)
    assert replayed.frame().step.index == 20
    replayed.look_back(None)
    go_on(replayed, 20)
    go_on(left_alone, 20)
    assert_same_moment(replayed.frame(), left_alone.frame())


def test_a_run_that_diverged_is_replayed_to_its_last_finite_step() -> None:
    run = LiveRun(
        RunConfig(optimizer="sgd", lr=10.0, hidden_size=3), clock=lambda: 0.0, engine="torch"
    )
    go_on(run, 1000)
    assert run.status is Status.DIVERGED
    frames = run.moments(30)
    assert frames[-1].step == run.frame().step
    assert np.isfinite([frame.step.loss for frame in frames]).all()


def test_a_network_too_large_to_look_back_has_no_replay() -> None:
    run = LiveRun(
        RunConfig(cell="lstm", hidden_size=256, num_layers=4), clock=lambda: 0.0, engine="torch"
    )
    assert not run.can_look_back
    assert run.moments(30) == []


# --- the chart -----------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_a_frame_holds_the_rows_of_its_moment(task: str) -> None:
    run = run_to(12, small(task))
    frames = run.moments(20)
    shown = rows(of_frames(frames))
    for number, frame in enumerate(frames):
        of_the_frame = [
            [{key: row[key] for key in row if key != "frame"} for row in table]
            for table in (
                [row for row in table if row.get("frame", number) == number]
                for table in shown.values()
            )
        ]
        for chart in (signals(frame), hidden_state(frame)):
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
        assert ("transform" in layer) == numbered
        if numbered:
            assert layer["transform"] == [{"filter": "datum.frame === frame"}]


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
    frames = run.moments(72)
    for number in (0, 5, len(frames) - 1):
        step = frames[number].step
        picture = drawn(shown, number)
        assert f"step {step.index} of 12 · loss {step.loss:.4g}" in picture
        assert f">step {step.index}</text>" in picture  # the newest window


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


# --- the file ------------------------------------------------------------------------------------


def embedded(page: str) -> dict[str, Any]:
    """The specification inside a saved replay."""
    found = re.search(r"^const replay = (.*);$", page, re.MULTILINE)
    assert found
    spec: dict[str, Any] = json.loads(found[1].replace("<\\/", "</"))
    return spec


def test_the_file_holds_all_it_needs() -> None:
    shown = replay(run_to(12))
    page = html.html(shown, "zh_CN", "a < b", "how to </script> read", "lr\u00a00.02")
    assert not re.search(r"(src|href)\s*=", page.split("<script>")[0])
    assert page.count("</script>") == page.count("<script>") == 2
    assert "vegaEmbed" in page
    assert '<html lang="zh-CN">' in page
    assert "<h1>a &lt; b</h1>" in page
    assert "how to &lt;/script&gt; read" in page
    spec = embedded(page)
    assert vl_convert.vegalite_to_svg(spec, vl_version="6.4").startswith("<svg")


def test_the_file_has_the_replays_rows_to_five_digits() -> None:
    shown = replay(run_to(12))
    spec = embedded(html.html(shown, "en", "", "", ""))
    for name, table in rows(shown).items():
        written = spec["datasets"][name]
        assert len(written) == len(table)
        for row, original in zip(written, table, strict=True):
            assert row.keys() == original.keys()
            for key, value in original.items():
                exact = isinstance(value, (int, str))
                assert row[key] == (value if exact else pytest.approx(value, rel=5e-5))


def test_the_file_has_colours_that_every_browser_knows() -> None:
    spec = embedded(html.html(replay(run_to(3)), "en", "", "", ""))
    text = json.dumps(spec["vconcat"])
    assert '"#D55E00"' in text
    assert not re.search('"(gray|orange|blue)"', text)
    assert len(spec["config"]["range"]["diverging"]) == 10
