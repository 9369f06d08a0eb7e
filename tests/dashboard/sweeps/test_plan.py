from __future__ import annotations

from typing import Any

import pytest

from dashboard.app.settings import task_config
from dashboard.sweeps.plan import (
    SWEEP_RUNS,
    corner_configs,
    most_runs,
    plan,
    space_of,
    toml,
    too_large,
    too_many,
)
from rnn_core import RunConfig, step_cost
from rnn_core.experiments.sweep import Space


def space(config: RunConfig | None = None, **more: Any) -> Space:
    axes = more.pop("axes", {"cell": ["rnn", "lstm"], "lr": [0.01, 0.02, 0.03]})
    return space_of(config or RunConfig(), axes, **{"seeds": 2, "steps": 100, **more})


def test_a_space_has_the_run_s_settings_but_those_that_vary() -> None:
    config = RunConfig(hidden_size=7, seed=5, forget_bias=1.0)
    found = space(config)
    assert found.seed_numbers == (5, 6)
    assert "lr" not in found.settings
    assert found.config({"cell": "lstm", "lr": 0.01}) == RunConfig(
        cell="lstm", lr=0.01, hidden_size=7, seed=5, forget_bias=1.0
    )


def test_settings_that_no_point_reads_are_left_out() -> None:
    config = task_config("delayed_recall")
    found = space(config, axes={"lr": [0.1]})
    assert "frequency" not in found.settings
    assert found.config({"lr": 0.1}).window_length == config.window_length


def test_a_name_is_decided_by_the_space_alone() -> None:
    assert plan(space()).name == plan(space()).name
    assert plan(space()).name != plan(space(steps=200)).name
    assert len(plan(space()).name) == 10


def test_more_steps_larger_networks_and_fewer_workers_take_longer() -> None:
    small = plan(space())
    assert small.network_steps == 6 * 2 * 100
    assert plan(space(steps=200)).core_seconds == pytest.approx(2 * small.core_seconds)
    assert plan(space(RunConfig(hidden_size=256))).core_seconds > 5 * small.core_seconds
    rest = small.seconds(1) - small.seconds(2)
    assert rest == pytest.approx(small.core_seconds / 2)


def test_the_corners_have_the_ends_of_every_axis() -> None:
    axes = {"hidden_size": {"low": 4, "high": 64}, "lr": [0.1, 0.2]}
    configs = corner_configs(space(axes=axes, sampler="random", trials=9))
    assert [config.hidden_size for config in configs] == [4, 64]
    many = corner_configs(space(axes={"hidden_size": list(range(1, 100))}))
    assert [config.hidden_size for config in many] == [1, 34, 66, 99]


def test_the_most_runs_are_the_server_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SWEEP_RUNS, raising=False)
    assert most_runs() == 300
    monkeypatch.setenv(SWEEP_RUNS, "0")
    assert most_runs() == 0
    monkeypatch.setenv(SWEEP_RUNS, "many")
    with pytest.raises(ValueError, match="RUNS must be a whole number from 0 on, got 'many'"):
        most_runs()


@pytest.mark.parametrize(
    ("most", "more", "said"),
    [
        ("12", {}, ""),
        ("11", {}, "12 runs, and this server allows 11. Allowed: seeds a point up to 1."),
        ("5", {}, "Leave out values until there are 2 points, or choose the points at random."),
        ("5", {"sampler": "random", "trials": 40}, "Allowed: points up to 2."),
    ],
)
def test_too_many_runs_are_refused_with_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, most: str, more: dict[str, Any], said: str
) -> None:
    monkeypatch.setenv(SWEEP_RUNS, most)
    assert too_many(space(**more)).endswith(said)
    assert bool(too_many(space(**more))) is bool(said)


def test_too_large_a_network_is_refused_by_the_limits_of_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert too_large(space()) == ""
    dear = step_cost(RunConfig(cell="lstm")).operations * 2 / 1e9
    monkeypatch.setenv("RNN_PLAYGROUND_STEP_GFLOP", str(dear * 0.9))
    assert "this server allows" in too_large(space())
    assert too_large(space(axes={"cell": ["rnn"]})) == ""


def test_the_file_makes_the_same_space() -> None:
    axes = {"cell": ["rnn", "gru"], "lr": {"low": 0.001, "high": 0.1, "log": True, "points": 3}}
    given = space(RunConfig(hidden_size=9, clip_norm=1.0), axes=axes)
    read = Space.from_toml(toml(given))
    assert [read.config(point) for point in read.points() or ()] == [
        given.config(point) for point in given.points() or ()
    ]
    assert (read.steps, read.seeds, read.objective) == (100, 2, "held_out_loss")
