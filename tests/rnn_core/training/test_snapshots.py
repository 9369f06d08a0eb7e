from __future__ import annotations

import pickle
import re
from itertools import islice

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import RunConfig, Snapshot, Snapshots, Step, Trainer, evaluate
from rnn_core.cells.module import State, unpack
from rnn_core.io import load_checkpoint, save_checkpoint

RUNS = [
    RunConfig(hidden_size=4),
    RunConfig(cell="lstm", hidden_size=4, num_layers=2, batch_size=2, clip_norm=0.1),
    RunConfig(cell="gru", hidden_size=4, optimizer="rmsprop", lr=0.005),
    RunConfig(hidden_size=4, optimizer="sgd", lr=0.05, momentum=0.9),
    RunConfig(hidden_size=4, optimizer="sgd", lr=0.05, momentum=0.0),
    RunConfig(cell="lstm", hidden_size=4, carry_state=False),
    RunConfig(task="adding", window_length=8, batch_size=3, hidden_size=4),
]


def taken(trainer: Trainer, count: int) -> list[Step]:
    return list(islice(trainer.steps(), count))


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("config", RUNS)
def test_a_run_taken_up_again_is_the_same_bit_for_bit(config: RunConfig, engine: str) -> None:
    trainer = Trainer(config, engine=engine)
    taken(trainer, 6)
    snapshot = trainer.snapshot()
    straight_on = taken(trainer, 5)
    for other in (trainer, Trainer(config, engine=engine)):
        other.restore(snapshot)
        again = taken(other, 6)
        assert again[0].index == snapshot.index == 5
        assert again[0].loss == snapshot.loss
        assert again[1:] == straight_on


@pytest.mark.parametrize("config", RUNS[:3])
def test_asking_changes_nothing(config: RunConfig) -> None:
    asked, left_alone = Trainer(config), Trainer(config)
    for step in islice(asked.steps(), 5):
        asked.snapshot()
        assert step == taken(left_alone, 1)[0]


def test_a_snapshot_does_not_move_on_with_the_run() -> None:
    trainer = Trainer(RunConfig(hidden_size=4), engine="compiled")
    taken(trainer, 3)
    snapshot = trainer.snapshot()
    weights = snapshot.weights.clone()
    taken(trainer, 5)
    torch.testing.assert_close(snapshot.weights, weights, rtol=0, atol=0)
    trainer.restore(snapshot)
    taken(trainer, 5)
    torch.testing.assert_close(snapshot.weights, weights, rtol=0, atol=0)


def test_the_learning_rate_of_then_comes_back() -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    taken(trainer, 3)
    trainer.lr = 0.001
    snapshot = trainer.snapshot()
    trainer.lr = 0.5
    trainer.restore(snapshot)
    assert trainer.lr == 0.001


def test_a_diverged_run_can_go_back() -> None:
    trainer = Trainer(RunConfig(optimizer="sgd", lr=1.0))
    taken(trainer, 2)
    snapshot = trainer.snapshot()
    for _ in trainer.steps():
        pass
    assert trainer.diverged
    trainer.restore(snapshot)
    assert taken(trainer, 1)[0].loss == snapshot.loss


def test_the_size_of_a_snapshot_is_that_of_weights_moments_and_state() -> None:
    trainer = Trainer(RunConfig())
    taken(trainer, 3)
    numbers = 3 * trainer.parameter_count + 32 + len(list(trainer.model.parameters()))
    assert trainer.snapshot().nbytes == 4 * numbers
    # Two hundred of them at H = 32, with an RNN.
    assert 200 * trainer.snapshot().nbytes < 10e6


def test_before_the_first_step_there_is_nothing_to_keep() -> None:
    with pytest.raises(ValueError, match="snapshot must be asked for after a step"):
        Trainer(RunConfig()).snapshot()


def test_a_snapshot_of_another_network_is_refused() -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    taken(trainer, 1)
    with pytest.raises(ValueError, match="must be of a run with the same hidden_size, 5, got 4"):
        Trainer(RunConfig(hidden_size=5)).restore(trainer.snapshot())


def made(index: int) -> Snapshot:
    return Snapshot(index, 0.0, 0.1, (True,), torch.zeros(1), {}, None, RunConfig(), "")


@given(st.integers(2, 12), st.integers(0, 300), st.integers(1, 5))
def test_snapshots_lie_evenly_and_are_never_too_many(limit: int, last: int, stride: int) -> None:
    snapshots = Snapshots(limit, stride)
    for index in range(last + 1):
        if snapshots.wants(index):
            snapshots.add(made(index))
    assert 1 <= len(snapshots) <= limit
    kept = sorted({snapshots.before(index).index for index in range(last + 1)})
    assert kept == list(range(0, last + 1, snapshots.stride))
    # No further apart than the limit asks for.
    assert snapshots.stride == stride or snapshots.stride * limit <= 2 * (last + 1)


def test_what_is_behind_a_branch_is_forgotten() -> None:
    snapshots = Snapshots()
    for index in range(10):
        snapshots.add(made(index))
    snapshots.cut(4)
    assert len(snapshots) == 5
    assert snapshots.before(9).index == 4
    snapshots.add(made(5))
    with pytest.raises(ValueError, match="must be later than step 5, got step 5"):
        snapshots.add(made(5))


def test_what_was_never_kept_cannot_be_found() -> None:
    with pytest.raises(LookupError, match="no snapshot of step 3"):
        Snapshots().before(3)
    with pytest.raises(ValueError, match=r"limit must be a whole number from 2 to .*, got 1"):
        Snapshots(1)
    with pytest.raises(ValueError, match=r"stride must be a whole number from 1 to .*, got 0"):
        Snapshots(stride=0)


@pytest.mark.parametrize(
    ("setting", "other"),
    [
        ("optimizer", "rmsprop"),
        ("momentum", 0.5),
        ("task", "sum_of_sines"),
        ("noise_std", 0.1),
        ("carry_state", False),
        ("cell", "gru"),
        ("seed", 1),
    ],
)
def test_a_snapshot_of_another_run_is_refused(setting: str, other: object) -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    taken(trainer, 3)
    changed = RunConfig.from_dict({**trainer.config.to_dict(), setting: other})
    sentence = f"must be of a run with the same {setting}, {other}, got"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Trainer(changed).restore(trainer.snapshot())


def test_a_snapshot_in_another_precision_is_refused() -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    taken(trainer, 3)
    with pytest.raises(ValueError, match=r"the same dtype, torch\.float64, got torch\.float32"):
        Trainer(RunConfig(hidden_size=4), dtype=torch.float64).restore(trainer.snapshot())


def test_a_snapshot_of_a_run_with_another_learning_rate_is_restored() -> None:
    trainer = Trainer(RunConfig(hidden_size=4, lr=0.01))
    steps = taken(trainer, 3)
    other = Trainer(RunConfig(hidden_size=4, lr=0.5))
    other.restore(trainer.snapshot())
    assert taken(other, 1) == steps[-1:]
    assert other.lr == 0.01


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_run_with_another_clipping_branches_off_at_the_snapshot_s_update(engine: str) -> None:
    settings = {"hidden_size": 4, "optimizer": "sgd", "lr": 0.1, "momentum": 0.0}
    trainer = Trainer(RunConfig.from_dict(settings), engine=engine)
    steps = taken(trainer, 3)
    snapshot = trainer.snapshot()
    branch = Trainer(RunConfig.from_dict({**settings, "clip_norm": 0.01}), engine=engine)
    branch.restore(snapshot)
    assert taken(branch, 1) == steps[-1:]  # the step itself has not been updated yet
    assert steps[-1].grad_norm > 0.01
    branch.advance(1)
    moved = branch.snapshot().weights - snapshot.weights
    assert float(moved.norm()) == pytest.approx(0.1 * 0.01, rel=1e-3)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("steps", [1, 6])
@pytest.mark.parametrize("config", RUNS)
def test_where_a_run_was_restored_and_took_no_step_it_is_where_the_snapshot_was(
    config: RunConfig, steps: int, engine: str
) -> None:
    trainer = Trainer(config, engine=engine)
    assert trainer.present == 0
    taken(trainer, steps)
    snapshot, held = trainer.snapshot(), trainer.context()
    evaluation = evaluate(trainer, 4)
    assert trainer.present == trainer.index == steps - 1
    straight_on = taken(trainer, 4)
    trainer.restore(snapshot)
    assert (trainer.present, trainer.index) == (steps - 1, steps - 2 if steps > 1 else None)
    at = trainer.context()
    np.testing.assert_array_equal(at.inputs, held.inputs)
    np.testing.assert_array_equal(at.targets, held.targets)
    for one, other in zip(unpacked(at.state), unpacked(held.state), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    saved = load_checkpoint(save_checkpoint(trainer)).snapshot
    assert saved is not None
    assert (saved.index, saved.loss) == (steps - 1, snapshot.loss)
    np.testing.assert_array_equal(evaluate(trainer, 4).carried, evaluation.carried)
    # Again and again, by way of a fork or of a pickle.
    again = trainer.snapshot()
    assert (again.index, again.loss, again.lr) == (steps - 1, snapshot.loss, snapshot.lr)
    trainer.restore(again)
    for other in (trainer.fork(), pickle.loads(pickle.dumps(trainer)), trainer):
        assert taken(other, 5)[1:] == straight_on
        assert other.present == other.index == steps + 3
    trainer.reset()
    with pytest.raises(ValueError, match="snapshot must be asked for after a step"):
        trainer.snapshot()


def unpacked(state: State | None) -> tuple[torch.Tensor, ...]:
    return () if state is None else unpack(state)
