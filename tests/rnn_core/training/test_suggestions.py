from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rnn_core import SETTINGS, TASKS, Estimate, RunConfig, Verdict, is_read
from rnn_core.tasks import Floor
from rnn_core.training.events import Event
from rnn_core.training.suggestions import PATIENCE, Suggestion, suggest
from rnn_core.training.trainer import BRANCH_SETTINGS

COLLAPSE = Event("collapse", 700, 800, before=0.01, after=0.56)
RECOVERY = Event("recovery", 900, 930, before=0.56, after=0.01)
DIVERGENCE = Event("divergence", 40, 40, before=2.0, after=float("inf"))
PLATEAU = Event("plateau", 100, 600, before=0.3, after=0.3)


def verdict(claim: Any, *, gain: float | None = None, follows: bool = False) -> Verdict:
    return Verdict(
        claim=claim,
        floor=Floor("constant", 0.5, "exact"),
        loss=Estimate(0.1, 0.09, 0.11),
        memory_gain=None if gain is None else Estimate(gain, gain / 2, 2 * gain),
        linear=None,
        online=0.1,
        follows_signal=follows,
    )


def all_of(config: RunConfig, **state: Any) -> list[Suggestion]:
    """What is suggested as one suggestion after another is put aside."""
    found: list[Suggestion] = []
    while (next_one := suggest(config, seen=[one.key for one in found], **state)) is not None:
        found.append(next_one)
    return found


def changes(found: list[Suggestion]) -> dict[str, dict[str, Any]]:
    return {one.key: dict(one.changes) for one in found}


def test_a_young_run_is_left_alone() -> None:
    assert suggest(RunConfig(), step=0) is None
    assert suggest(RunConfig(), step=PATIENCE - 1, verdict=verdict("nothing")) is None
    assert suggest(RunConfig(), step=100, verdict=verdict("memoryless")) is None


def test_a_diverged_run_gets_a_lower_rate_and_clipping() -> None:
    assert changes(all_of(RunConfig(lr=1.0), step=40, events=[DIVERGENCE])) == {
        "divergence_lr": {"lr": 0.02},
        "divergence_clip": {"clip_norm": 1.0},
    }
    low = RunConfig(lr=0.02, clip_norm=1.0)
    assert changes(all_of(low, step=40, events=[DIVERGENCE])) == {"divergence_lr": {"lr": 0.002}}
    assert all_of(RunConfig(lr=1e-6, clip_norm=1.0), step=40, events=[DIVERGENCE]) == []


def test_after_a_collapse_the_learning_rate_is_lowered_from_just_before() -> None:
    first = suggest(RunConfig(lr=0.02), step=900, events=[COLLAPSE], verdict=verdict("nothing"))
    assert first is not None
    assert first.changes == {"lr": 0.002}
    assert first.branch_from == 699
    assert str(first.message) == (
        "Lower the learning rate to 0.002 and branch from just before, at step 699"
    )
    assert str(first.reason) == (
        "The loss collapsed at step 700, from 0.01 to 0.56, and stays there. Once a network has "
        "learnt, smaller updates make collapses rarer."
    )


def test_clipping_is_offered_next_unless_the_gradient_is_clipped() -> None:
    found = all_of(RunConfig(lr=0.02), step=900, events=[COLLAPSE])
    assert changes(found) == {"collapse_lr": {"lr": 0.002}, "collapse_clip": {"clip_norm": 1.0}}
    clip = found[1]
    assert clip.branch_from == 699
    assert str(clip.message) == "Clip the gradient at 1 and branch from just before, at step 699"
    assert "makes further collapses no rarer" in str(clip.reason)
    clipped = RunConfig(lr=0.02, clip_norm=1.0)
    assert changes(all_of(clipped, step=900, events=[COLLAPSE])) == {"collapse_lr": {"lr": 0.002}}


def test_a_run_that_recovered_is_no_longer_collapsed() -> None:
    found = suggest(
        RunConfig(),
        step=1000,
        events=[COLLAPSE, RECOVERY],
        verdict=verdict("carried_memory", gain=0.3),
    )
    assert found is not None
    assert found.key == "carry_off"
    again = replace(COLLAPSE, step=1000, noticed=1100)
    found = suggest(RunConfig(), step=1200, events=[COLLAPSE, RECOVERY, again])
    assert found is not None
    assert found.branch_from == 999


def test_a_branch_changes_only_what_a_branch_may_change() -> None:
    for one in all_of(RunConfig(), step=900, events=[COLLAPSE]):
        assert one.branch_from is not None
        assert set(one.changes) <= set(BRANCH_SETTINGS)


def test_weights_that_follow_the_signal_get_a_lower_rate() -> None:
    found = all_of(RunConfig(lr=0.02), step=50, verdict=verdict("nothing", follows=True))
    assert changes(found) == {"follows_signal": {"lr": 0.002}}
    assert SETTINGS["lr"].live


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"lr": 0.3}, {"nothing_lower_lr": {"lr": 0.02}}),
        ({"lr": 0.001}, {"nothing_raise_lr": {"lr": 0.02}}),
        ({"cell": "gru", "optimizer": "sgd"}, {"nothing_optimizer": {"optimizer": "adam"}}),
        ({"cell": "gru", "hidden_size": 4}, {"nothing_units": {"hidden_size": 32}}),
        ({"cell": "gru", "seed": 7}, {"nothing_seed": {"seed": 8}}),
        ({}, {"nothing_cell": {"cell": "lstm"}}),
    ],
)
def test_where_nothing_was_learnt_the_likeliest_cause_comes_first(
    settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = all_of(RunConfig(**settings), step=PATIENCE, verdict=verdict("nothing"))
    assert changes(found[:1]) == expected


def test_a_rate_lowered_because_weights_followed_the_signal_is_not_raised_again() -> None:
    state: dict[str, Any] = {"step": PATIENCE, "verdict": verdict("nothing")}
    found = suggest(RunConfig(lr=0.002), seen=["follows_signal"], **state)
    assert found is not None
    assert found.key == "nothing_cell"


def test_the_task_s_own_rate_is_the_usual_one() -> None:
    config = TASKS["delayed_recall"].config(lr=0.1)
    found = suggest(config, step=PATIENCE, verdict=verdict("nothing"), streaming=False)
    assert found is not None
    assert found.changes == {"lr": TASKS["delayed_recall"].defaults["lr"]}


def test_carried_memory_is_first_put_to_the_test() -> None:
    found = all_of(RunConfig(), step=300, verdict=verdict("carried_memory", gain=0.3))
    assert changes(found) == {
        "carry_off": {"carry_state": False},
        "carries_cell": {"cell": "lstm"},
        "carries_noise": {"noise_std": 0.1},
        "carries_units": {"hidden_size": 8},
    }
    assert str(found[0].message) == "Turn carry off: how low can it go now?"
    assert str(found[1].message) == "Same seed, LSTM"
    assert "0.3 higher" in str(found[0].reason)


def test_a_run_that_resets_and_is_at_its_floor_is_told_to_carry() -> None:
    config = RunConfig(carry_state=False)
    found = all_of(config, step=300, verdict=verdict("window_memory"))
    assert changes(found) == {"carry_on": {"carry_state": True}}
    # Where every window is a sequence of its own, there is nothing to carry.
    found = all_of(config, step=PATIENCE, verdict=verdict("window_memory"), streaming=False)
    assert "carry_on" not in changes(found)


def test_a_run_that_stands_still_gets_a_gated_cell_and_a_longer_delay() -> None:
    config = TASKS["delayed_recall"].config()
    state: dict[str, Any] = {"step": 600, "verdict": verdict("memoryless"), "streaming": False}
    assert all_of(config, **state) == []
    found = all_of(config, events=[PLATEAU], **state)
    assert changes(found) == {
        "still_cell": {"cell": "lstm"},
        "still_delay": {"delay": 2 * config.delay},
    }
    # No delay is read, or it is beyond its limit.
    assert "still_delay" not in changes(all_of(RunConfig(), events=[PLATEAU], **state))
    far = replace(config, delay=60)
    assert "still_delay" not in changes(all_of(far, events=[PLATEAU], **state))


def test_many_spikes_call_for_clipping() -> None:
    spikes = [Event("spike", step, step + 2, 0.01, 0.4) for step in (100, 700, 800, 900)]
    state: dict[str, Any] = {"step": 1000, "verdict": verdict("carried_memory", gain=0.3)}
    found = all_of(RunConfig(), events=spikes, **state)
    assert found[-1].key == "spikes_clip"
    assert str(found[-1].reason) == "The loss had 3 spikes in the last 500 steps."
    assert "spikes_clip" not in changes(all_of(RunConfig(), events=spikes[:3], **state))
    clipped = RunConfig(clip_norm=5.0)
    assert "spikes_clip" not in changes(all_of(clipped, events=spikes, **state))


@pytest.mark.parametrize("task", list(TASKS))
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_every_suggestion_is_a_possible_change_that_has_an_effect(task: str, cell: str) -> None:
    config = TASKS[task].config(cell=cell, seed=2**31 - 1, hidden_size=3)
    claims = ("nothing", "memoryless", "window_memory", "carried_memory")
    states: list[dict[str, Any]] = [{"verdict": verdict(claim, gain=0.3)} for claim in claims]
    states += [{"events": [COLLAPSE]}, {"events": [DIVERGENCE]}]
    for state in states:
        for one in all_of(config, step=2000, **state):
            after = one.applied(config)  # raises where it is impossible
            for name, value in one.changes.items():
                assert getattr(config, name) != value
                assert is_read(name, after)
            assert str(one.message)
            assert str(one.reason)


def test_a_run_on_a_series_of_ones_own_is_told_of_its_validation_loss_and_fits_its_series() -> None:
    config = TASKS["series"].config(cell="lstm", delay=3)
    state: dict[str, Any] = {"step": PATIENCE, "verdict": verdict("memoryless"), "validates": True}
    asked = []
    (found,) = all_of(config, **state, build=asked.append)
    assert str(found.reason) == "The validation loss stands at 0.1."
    assert found.changes == {"delay": 6}
    assert [one.delay for one in asked][:1] == [6]

    def refuse(after: RunConfig) -> None:
        raise ValueError("The validation part is too short.")

    assert suggest(config, **state, build=refuse) is None


def keys(config: RunConfig, **state: Any) -> set[str]:
    return {one.key for one in all_of(config, **state)}


@pytest.mark.parametrize("claim", ["nothing", "memoryless"])
def test_patience_ends_with_step_1000(claim: str) -> None:
    assert keys(RunConfig(), step=999, verdict=verdict(claim)) == set()
    assert keys(RunConfig(), step=1000, verdict=verdict(claim))


@pytest.mark.parametrize(
    ("settings", "key", "given"),
    [
        ({"lr": 0.0601}, "nothing_lower_lr", True),
        ({"lr": 0.06}, "nothing_lower_lr", False),
        ({"lr": 0.0066}, "nothing_raise_lr", True),
        ({"lr": 0.0067}, "nothing_raise_lr", False),
        ({"hidden_size": 31}, "nothing_units", True),
        ({"hidden_size": 32}, "nothing_units", False),
    ],
)
def test_where_nothing_was_learnt_only_what_is_far_from_usual_is_changed(
    settings: dict[str, Any], key: str, given: bool
) -> None:
    assert (key in keys(RunConfig(**settings), step=1000, verdict=verdict("nothing"))) == given


@pytest.mark.parametrize(("noise_std", "given"), [(0.09, True), (0.1, False)])
def test_noise_is_suggested_below_a_tenth(noise_std: float, given: bool) -> None:
    found = keys(
        RunConfig(task="noisy_sine", noise_std=noise_std),
        step=300,
        verdict=verdict("carried_memory", gain=0.3),
    )
    assert ("carries_noise" in found) == given


@pytest.mark.parametrize(("first", "given"), [(501, True), (500, False)])
def test_three_spikes_count_that_are_less_than_500_steps_old(first: int, given: bool) -> None:
    spikes = [Event("spike", step, step + 2, 0.01, 0.4) for step in (first, 800, 900)]
    found = keys(RunConfig(), step=1000, verdict=verdict("carried_memory", gain=0.3), events=spikes)
    assert ("spikes_clip" in found) == given


@pytest.mark.parametrize(("clip_norm", "given"), [(1.01, True), (1.0, False), (None, True)])
def test_after_a_collapse_clipping_at_1_is_suggested_where_it_is_less(
    clip_norm: float | None, given: bool
) -> None:
    found = keys(RunConfig(clip_norm=clip_norm), step=900, events=[COLLAPSE])
    assert ("collapse_clip" in found) == given


@pytest.mark.parametrize(("lr", "given"), [(1e-5, True), (9e-6, False)])
def test_no_learning_rate_below_a_millionth_is_suggested(lr: float, given: bool) -> None:
    found = keys(RunConfig(lr=lr), step=50, verdict=verdict("nothing", follows=True))
    assert ("follows_signal" in found) == given
