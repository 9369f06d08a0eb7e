from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.app.link import LINK_RULES, defaults, read_link, rule_of, shortest_window
from rnn_core import RULES, RunConfig, build_task
from rnn_core.rules import IntRange
from rnn_core.tasks import DEFAULTS, TASKS


@pytest.mark.parametrize("task", TASKS)
def test_every_default_is_allowed_and_makes_a_run(task: str) -> None:
    values = defaults(task)
    for name, value in values.items():
        assert rule_of(name, task).check(name, value, value) == value
    settings = {name: values[name] for name in RULES}
    # A link that names no task means the tutorial's.
    assert settings.pop("task") == "sin_to_cos"
    assert RunConfig(task=task, **settings) == RunConfig(task=task, **DEFAULTS[task])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("task", "shortest"), [("sin_to_cos", 2), ("temporal_order", 10), ("copy", 21), ("anbn", 5)]
)
def test_windows_are_as_short_as_a_task_allows_and_no_shorter(task: str, shortest: int) -> None:
    config = RunConfig(task=task, **DEFAULTS[task])  # type: ignore[arg-type]
    assert shortest_window(task) == shortest
    build_task(replace(config, window_length=shortest))
    if shortest > 2:
        with pytest.raises(ValueError, match="window_length must be at least"):
            build_task(replace(config, window_length=shortest - 1))


def test_a_page_offers_windows_that_a_page_can_bear() -> None:
    rule = LINK_RULES["window_length"]
    assert isinstance(rule, IntRange)
    assert rule.high < RULES["window_length"].high  # type: ignore[union-attr]
    values, refusals = read_link({"window_length": "500"})
    assert values == {}
    assert refusals == [
        "The link asks for window_length=500. It must be a whole number from 2 to 200; 10 is used."
    ]


def test_the_task_is_read_first_as_limits_and_defaults_are_its_own() -> None:
    values, refusals = read_link({"window_length": "15", "task": "copy"})
    assert values == {"task": "copy"}
    assert refusals == [
        "The link asks for window_length=15. It must be a whole number from 21 to 200; 30 is used."
    ]
    values, refusals = read_link({"window_length": "15", "task": "anbn"})
    assert values == {"task": "anbn", "window_length": 15}
    assert refusals == []


def test_what_another_reader_checks_is_left_alone() -> None:
    assert read_link({"vs": "cell:rnn", "embed": "true"}) == ({}, [])
