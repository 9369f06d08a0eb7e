from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.app.limits import RUN_MB, STEP_GFLOP, Work, alternatives, highest, most, refusal
from rnn_core import TASKS, RunConfig, build_task, step_cost

HUGE = RunConfig(cell="gru", hidden_size=256, num_layers=4, window_length=200, batch_size=64)


def with_values(config: RunConfig, **values: int) -> Work:
    return Work((RunConfig.from_dict({**config.to_dict(), **values}),))


def test_every_tasks_own_settings_are_allowed_alone_and_compared() -> None:
    for task in TASKS.values():
        if task.name == "series":
            continue
        assert refusal(Work((task.config(),))) == ""
        three = tuple(task.config(cell=cell) for cell in ("rnn", "lstm", "gru"))
        assert refusal(Work(three, networks=8)) == ""


def test_a_step_that_takes_too_long_is_refused_with_what_would_do() -> None:
    said = refusal(Work((HUGE,)))
    assert said.startswith(
        "One training step would take 106 billion floating-point operations, and this server "
        "allows 30 billion"
    )
    assert "One of these alone is enough: batch size 18, points per window 56, " in said


@pytest.mark.parametrize("name", ["batch_size", "window_length", "hidden_size", "num_layers"])
def test_an_alternative_is_the_highest_value_that_is_allowed(name: str) -> None:
    found = alternatives(Work((HUGE,)))
    value = found[name]
    assert refusal(with_values(HUGE, **{name: value})) == ""
    assert refusal(with_values(HUGE, **{name: value + 1})) != ""


def test_networks_that_take_too_much_memory_are_refused() -> None:
    config = RunConfig(cell="lstm", hidden_size=256, num_layers=4)
    work = Work((config, RunConfig(cell="gru", hidden_size=256, num_layers=4)), networks=32)
    assert work.cost.operations < most().operations
    said = refusal(work)
    assert "MB of memory, and this server allows 300 MB" in said
    found = alternatives(work)
    assert f"seeds {found['networks']}" in said
    assert refusal(Work(work.configs, found["networks"])) == ""
    assert refusal(Work(work.configs, found["networks"] + 1)) != ""
    assert "batch_size" not in found  # one row less would not help: it is the parameters


def test_what_the_visitor_cannot_choose_is_not_proposed() -> None:
    decided = frozenset({"window_length", "hidden_size"})
    assert set(alternatives(Work((HUGE,), decided=decided))) == {"batch_size", "num_layers"}
    many = Work((RunConfig(cell="lstm", hidden_size=256, num_layers=4),), networks=32)
    assert "networks" in alternatives(many)
    assert "networks" not in alternatives(replace(many, decided=frozenset({"networks"})))
    # A task that was handed over has windows of its own.
    task = build_task(HUGE)
    assert "window_length" not in alternatives(Work((HUGE,), task=task))


def test_a_task_s_own_least_is_kept() -> None:
    # Copy memory needs at least 21 points.
    copy = TASKS["copy"].config(
        cell="lstm", hidden_size=256, num_layers=4, window_length=60, batch_size=64
    )
    found = alternatives(Work((copy,)))
    assert 21 <= found["window_length"] < 60
    build_task(RunConfig.from_dict({**copy.to_dict(), "window_length": found["window_length"]}))


def test_a_server_of_ones_own_may_have_other_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STEP_GFLOP, "inf")
    monkeypatch.setenv(RUN_MB, "inf")
    assert refusal(Work((HUGE,) * 6, networks=32)) == ""
    monkeypatch.setenv(STEP_GFLOP, "0.00006")
    assert step_cost(RunConfig()).operations > most().operations
    assert "allows 6.0e-05 billion" in refusal(Work((RunConfig(),)))


@pytest.mark.parametrize("text", ["-1", "0", "nan", "much"])
def test_a_limit_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STEP_GFLOP, text)
    with pytest.raises(ValueError, match=f"{STEP_GFLOP} must be a positive number, got '{text}'"):
        most()


@pytest.mark.parametrize(("bound", "found"), [(0, None), (1, 1), (4, 4), (7, 7), (9, 7)])
def test_the_highest_number_that_fits_is_found(bound: int, found: int | None) -> None:
    assert highest(lambda value: value <= bound, 1, 7) == found
    assert highest(lambda value: value <= bound, 1, 0) is None
