from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dashboard.app.settings import (
    LANGUAGE,
    PACE,
    PACES,
    RUN_SETTINGS,
    STEP_LIMIT,
    PageSetting,
    checked,
    lowest,
    restarting,
    set_by_task,
    shortest_window,
    table_of,
    task_config,
)
from rnn_core import RULES, TASKS, RunConfig, build_task
from rnn_core.rules import FloatRange, IntRange


def test_every_field_of_a_run_is_a_setting_and_only_the_learning_rate_is_live() -> None:
    assert set(RUN_SETTINGS) == set(RunConfig().to_dict())
    assert [name for name, setting in RUN_SETTINGS.items() if setting.live] == ["lr"]


def test_the_table_holds_the_run_the_shell_and_the_pages() -> None:
    mine = PageSetting("mine", IntRange(1, 2), 1)
    table = table_of([mine])
    assert set(table) == {*RUN_SETTINGS, "pace", "step_limit", "lang", "mine"}
    assert table["mine"] is mine
    with pytest.raises(ValueError, match="Two settings are called 'lr'"):
        table_of([PageSetting("lr", IntRange(1, 2), 1)])


@pytest.mark.parametrize("task", TASKS)
def test_every_default_is_allowed_and_makes_a_run(task: str) -> None:
    for name, setting in RUN_SETTINGS.items():
        default = setting.default(task)
        assert checked(setting, task, default) == default
        if name not in set_by_task(task):
            assert default == getattr(RunConfig(), name)
    build_task(task_config(task))
    assert task_config(task).task == task


def test_a_page_setting_has_its_default_for_every_task() -> None:
    assert PACE.default("adding") == "1"
    assert PACES[checked(PACE, "adding", "max")] is None
    assert checked(STEP_LIMIT, "copy", 7) == 7
    assert checked(LANGUAGE, "copy", None) is None
    with pytest.raises(ValueError, match="step_limit must be a whole number"):
        checked(STEP_LIMIT, "copy", 0)


@pytest.mark.parametrize(
    ("task", "shortest"), [("sin_to_cos", 2), ("temporal_order", 10), ("copy", 21), ("anbn", 5)]
)
def test_windows_are_as_short_as_a_task_allows_and_no_shorter(task: str, shortest: int) -> None:
    assert shortest_window(task) == shortest
    assert RUN_SETTINGS["window_length"].rule(task) == IntRange(shortest, 200)
    build_task(replace(task_config(task), window_length=shortest))
    if shortest > 2:
        with pytest.raises(ValueError, match="window_length must be at least"):
            build_task(replace(task_config(task), window_length=shortest - 1))


def test_what_the_rule_excludes_the_lowest_number_does_not_reach() -> None:
    rule = FloatRange(0.0, 10.0, open_low=True)
    assert lowest(rule) > 0
    assert rule.check("lr", lowest(rule), 0.02) == lowest(rule)
    assert lowest(FloatRange(-math.pi, math.pi)) == -math.pi


def test_a_learning_rate_does_not_start_a_run_again_and_all_else_does() -> None:
    config = RunConfig()
    assert restarting(replace(config, lr=0.5)) == restarting(config)
    changes = {"seed": 1, "cell": "gru", "clip_norm": 1.0, "phase": 1.0, "carry_state": False}
    for name, value in changes.items():
        assert restarting(replace(config, **{name: value})) != restarting(config)
    assert set(RULES) == set(RUN_SETTINGS)
