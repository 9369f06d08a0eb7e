from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dashboard.app import memory
from dashboard.app.limits import (
    RUN_MB,
    SERVER_MB,
    STEP_GFLOP,
    Work,
    alternatives,
    highest,
    most,
    refusal,
    require_room_for_table,
    room,
)
from rnn_core import TASKS, RunConfig, build_task, step_cost

#: Of some 70 MB.
LARGE = RunConfig(cell="lstm", hidden_size=256, num_layers=4, window_length=100, batch_size=8)
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
    monkeypatch.setenv(SERVER_MB, "inf")
    assert refusal(Work((HUGE,) * 6, networks=32)) == ""
    monkeypatch.setenv(STEP_GFLOP, "0.00006")
    assert step_cost(RunConfig()).operations > most().operations
    assert "allows 6.0e-05 billion" in refusal(Work((RunConfig(),)))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how many MB the server's process takes."""
    monkeypatch.delenv(SERVER_MB)

    def set_to(mb: float) -> None:
        monkeypatch.setattr(memory, "resident", lambda: int(1e6 * mb))

    return set_to


def test_when_the_server_s_memory_is_taken_large_networks_are_refused(
    taken: Callable[[float], None],
) -> None:
    work = Work((LARGE,))
    needed = work.cost.bytes / 1e6
    assert 60 < needed < 80
    taken(1500 - needed - 1)
    assert refusal(work) == ""
    taken(1500 - 40)
    said = refusal(work)
    assert said.startswith(f"These networks would take {needed:.0f} MB of memory.")
    assert "shared by all of its visitors, and 40 MB are left: wait until others have gone" in said
    found = alternatives(work)
    assert f"hidden units {found['hidden_size']}" in said
    assert refusal(with_values(LARGE, hidden_size=found["hidden_size"])) == ""
    assert refusal(with_values(LARGE, hidden_size=found["hidden_size"] + 1)) != ""


def test_however_full_the_server_is_every_task_s_own_settings_go_on(
    taken: Callable[[float], None],
) -> None:
    taken(5000)
    assert room() == 20_000_000
    test_every_tasks_own_settings_are_allowed_alone_and_compared()
    assert "20 MB are left" in refusal(Work((LARGE,)))


def test_a_run_that_is_there_already_goes_on_and_makes_room_for_the_next(
    taken: Callable[[float], None],
) -> None:
    cost = Work((LARGE,)).cost.bytes
    taken(5000)
    assert refusal(Work((LARGE,), held=cost)) == ""
    assert refusal(Work((LARGE,), networks=2, held=cost)) != ""
    taken(1500 - cost / 1e6 - 1)
    assert refusal(Work((LARGE,), networks=2, held=cost)) == ""


def test_a_server_may_have_another_ceiling_or_none(
    taken: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(5000)
    monkeypatch.setenv(SERVER_MB, "6000")
    assert room() == 1_000_000_000
    monkeypatch.setenv(SERVER_MB, "inf")
    assert refusal(Work((LARGE,))) == ""
    monkeypatch.setenv(SERVER_MB, "0")
    with pytest.raises(ValueError, match=f"{SERVER_MB} must be a positive number, got '0'"):
        room()


def test_a_table_is_read_if_there_is_room_for_it(taken: Callable[[float], None]) -> None:
    taken(1400)
    require_room_for_table(25_000_000)
    said = r"would take 104 MB of memory\. .* and 100 MB are left: wait until others have gone"
    with pytest.raises(ValueError, match=said):
        require_room_for_table(26_000_000)
    taken(5000)
    require_room_for_table(5_000_000)


def test_the_limit_of_one_visitor_is_told_before_that_of_all(
    taken: Callable[[float], None],
) -> None:
    taken(5000)
    config = RunConfig(cell="lstm", hidden_size=256, num_layers=4)
    assert "this server allows 300 MB" in refusal(Work((config,) * 2, networks=32))


@pytest.mark.parametrize("text", ["-1", "0", "nan", "much"])
def test_a_limit_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STEP_GFLOP, text)
    with pytest.raises(ValueError, match=f"{STEP_GFLOP} must be a positive number, got '{text}'"):
        most()


@pytest.mark.parametrize(("bound", "found"), [(0, None), (1, 1), (4, 4), (7, 7), (9, 7)])
def test_the_highest_number_that_fits_is_found(bound: int, found: int | None) -> None:
    assert highest(lambda value: value <= bound, 1, 7) == found
    assert highest(lambda value: value <= bound, 1, 0) is None


def test_the_limits_are_those_that_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (STEP_GFLOP, RUN_MB, SERVER_MB):
        monkeypatch.delenv(name, raising=False)
    assert (most().operations, most().bytes) == (30e9, 300_000_000)
    monkeypatch.setenv(STEP_GFLOP, "2.5")
    monkeypatch.setenv(RUN_MB, "12.5")
    assert (most().operations, most().bytes) == (2.5e9, 12_500_000)
    monkeypatch.setenv(RUN_MB, "1e12")
    assert most().bytes == 10**15


def test_room_is_what_is_left_and_always_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SERVER_MB, raising=False)
    monkeypatch.setattr(memory, "resident", lambda: 1_000_000_000)
    assert room() == 500_000_000
    assert room(held=7) == 500_000_007
    monkeypatch.setattr(memory, "resident", lambda: 1_490_000_000)
    assert room() == 20_000_000
    assert room(held=10_000_000) == 20_000_000
    assert room(held=10_000_001) == 20_000_001
    monkeypatch.setattr(memory, "resident", lambda: 3_000_000_000)
    assert room(held=90_000_000) == 90_000_000
