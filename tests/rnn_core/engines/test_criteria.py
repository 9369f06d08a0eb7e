"""Criteria, time steps that count, and windows that stand alone: both engines beside the truth."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice, product

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import Replicas, Trainer
from rnn_core.models import State
from tests.rnn_core.made_up import MadeUp
from tests.rnn_core.runs import CELLS, first, gradients, losses

EVERY_TASK = [
    MadeUp(criterion, some_counted, output_size, input_size, streaming)
    for criterion, some_counted, output_size, input_size, streaming in product(
        ("mse", "cross_entropy"), (False, True), (1, 3), (1, 2), (True, False)
    )
]
CLASSES = MadeUp("cross_entropy", some_counted=True, output_size=3, input_size=2)


def kind(task: MadeUp) -> str:
    loss_mask = "some" if task.some_counted else "all"
    windows = "streaming" if task.streaming else "episodic"
    return f"{task.criterion}-{loss_mask}-K{task.output_size}-D{task.input_size}-{windows}"


def loss_by_hand(task: MadeUp, prediction: Tensor, index: int) -> Tensor:
    """The mean over the counted time steps, one after another."""
    batch = task.batch(index)
    found = []
    for b, t in np.ndindex(*batch.time.shape):
        if batch.loss_mask is None or batch.loss_mask[b, t]:
            said, wanted = prediction[b, t], torch.from_numpy(batch.targets[b, t])
            if task.criterion == "mse":
                found.append(((said - wanted) ** 2).sum() / len(wanted))
            else:
                found.append(-torch.log(said.exp()[wanted == 1] / said.exp().sum()).squeeze())
    return torch.stack(found).mean()


@pytest.mark.parametrize("task", EVERY_TASK, ids=kind)
@pytest.mark.parametrize("cell", CELLS)
def test_the_torch_engine_is_a_loop_written_by_hand(cell: str, task: MadeUp) -> None:
    trainer = Trainer(task.config(cell), task=task, dtype=torch.float64)
    rnn = CELLS[cell](task.input_size, 4, batch_first=True).double()
    out = nn.Linear(4, task.output_size).double()
    rnn.load_state_dict(trainer.model.rnn.state_dict())
    out.load_state_dict(trainer.model.out.state_dict())
    optimizer = torch.optim.Adam([*rnn.parameters(), *out.parameters()], lr=0.002)
    state: State | None = None
    expected = []
    for index in range(10):
        output, state = rnn(torch.from_numpy(task.batch(index).inputs), state)
        if not task.streaming:
            state = None
        elif isinstance(state, tuple):
            state = (state[0].detach(), state[1].detach())
        else:
            state = state.detach()
        loss = loss_by_hand(task, out(output), index)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    np.testing.assert_allclose(losses(first(10, trainer)), expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("task", EVERY_TASK, ids=kind)
@pytest.mark.parametrize("cell", CELLS)
def test_in_float64_the_compiled_engine_is_torchs(cell: str, task: MadeUp) -> None:
    config = task.config(cell)
    reference = Trainer(config, task=task, dtype=torch.float64)
    compiled = Trainer(config, task=task, dtype=torch.float64, engine="compiled")
    expected, steps = first(40, reference), first(40, compiled)
    for name in ("loss", "grad_norm"):
        np.testing.assert_allclose(
            [getattr(step, name) for step in steps],
            [getattr(step, name) for step in expected],
            rtol=1e-9,
            atol=1e-15,
        )
    np.testing.assert_allclose(steps[-1].prediction, expected[-1].prediction, rtol=1e-8, atol=1e-9)
    assert [step.accuracy for step in steps] == [step.accuracy for step in expected]
    for ours, theirs in zip(gradients(compiled), gradients(reference), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("task", EVERY_TASK, ids=kind)
@pytest.mark.parametrize("cell", CELLS)
def test_in_float32_it_is_torchs_for_fifty_steps(cell: str, task: MadeUp) -> None:
    config = task.config(cell)
    expected = losses(first(50, Trainer(config, task=task)))
    found = losses(first(50, Trainer(config, task=task, engine="compiled")))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


# --- known answers ---------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("classes", [1, 2, 10])
@pytest.mark.parametrize("cell", CELLS)
def test_a_network_of_zeros_has_a_cross_entropy_of_ln_k(
    cell: str, classes: int, engine: str
) -> None:
    task = MadeUp("cross_entropy", output_size=classes)
    trainer = Trainer(task.config(cell), task=task, dtype=torch.float64, engine=engine)
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter.zero_()
    step = next(trainer.steps())
    assert step.loss == pytest.approx(math.log(classes), rel=1e-15)
    # All classes are believed in equally: the bias is drawn to what is wanted more often.
    wanted = task.batch(0).targets.mean(axis=(0, 1))
    np.testing.assert_allclose(gradients(trainer)[-1], 1 / classes - wanted, atol=1e-15)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_cross_entropy_holds_where_an_exponential_would_overflow(engine: str) -> None:
    task = MadeUp("cross_entropy", output_size=3)
    trainer = Trainer(task.config("rnn"), task=task, engine=engine)
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter.zero_()
        trainer.model.out.bias[:] = torch.tensor([900.0, 0.0, -900.0])
    step = next(trainer.steps())
    wanted = task.batch(0).targets.mean(axis=(0, 1))
    assert step.loss == pytest.approx(float(wanted @ [0.0, 900.0, 1800.0]), rel=1e-6)
    np.testing.assert_allclose(gradients(trainer)[-1], np.array([1, 0, 0]) - wanted, atol=1e-6)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("criterion", ["mse", "cross_entropy"])
@pytest.mark.parametrize("cell", CELLS)
def test_time_steps_after_the_last_that_counts_might_as_well_not_be_there(
    cell: str, criterion: str, engine: str
) -> None:
    whole = replace(CLASSES, criterion=criterion, some_counted=False)
    batch = whole.batch(0)
    loss_mask = np.zeros((2, 5), bool)
    loss_mask[:, :3] = True

    class Cut(MadeUp):
        def batch(self, index: int, dtype: type[np.floating] = np.float64):  # type: ignore[no-untyped-def]
            if self.window_length == 5:
                return replace(batch, loss_mask=loss_mask)
            parts = (part[:, :3].copy() for part in (batch.time, batch.inputs, batch.targets))
            return type(batch)(*parts)

    found = []
    for length in (3, 5):
        task = Cut(whole.criterion, output_size=3, input_size=2, window_length=length)
        trainer = Trainer(task.config(cell), task=task, dtype=torch.float64, engine=engine)
        found.append((next(trainer.steps()).loss, *gradients(trainer)))
    for short, masked in zip(*found, strict=True):
        torch.testing.assert_close(masked, short, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_window_that_stands_alone_starts_from_zeros_though_states_are_carried(
    engine: str,
) -> None:
    task = replace(CLASSES, streaming=False)
    assert task.config("lstm").carry_state
    trainer = Trainer(task.config("lstm"), task=task, engine=engine)
    for _step in islice(trainer.steps(), 3):
        assert trainer.state is None
    trainer.engine = {"torch": "compiled", "compiled": "torch"}[engine]
    first(2, trainer)
    assert trainer.state is None


@pytest.mark.parametrize("route", [("torch", "compiled", "torch"), ("compiled", "torch")])
def test_a_run_changes_engines_midway_and_keeps_its_criterion(route: tuple[str, ...]) -> None:
    config, task = CLASSES.config("gru"), CLASSES
    trainer = Trainer(config, task=task, dtype=torch.float64, engine=route[0])
    found = []
    for engine in route:
        trainer.engine = engine
        found += losses(first(7, trainer))
    expected = losses(first(len(found), Trainer(config, task=task, dtype=torch.float64)))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_mask_that_is_shared_and_cannot_be_written_is_read_all_the_same(engine: str) -> None:
    loss_mask = np.broadcast_to(np.arange(5) > 2, (2, 5))

    class Shared(MadeUp):
        def batch(self, index: int, dtype: type[np.floating] = np.float64):  # type: ignore[no-untyped-def]
            return replace(super().batch(index, dtype), loss_mask=loss_mask)

    task = Shared("cross_entropy", output_size=3)
    steps = first(3, Trainer(task.config("rnn"), task=task, engine=engine))
    np.testing.assert_array_equal(steps[-1].loss_mask, loss_mask)
    assert np.isfinite(losses(steps)).all()


# --- what a step holds -----------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_step_says_what_share_was_right_and_what_counted(engine: str) -> None:
    task = CLASSES
    step = first(4, Trainer(task.config("rnn"), task=task, engine=engine))[-1]
    batch = task.batch(3, np.float32)
    assert step.loss_mask is not None
    assert step.loss_mask.shape == step.time.shape == (2, 5)
    np.testing.assert_array_equal(step.loss_mask, batch.loss_mask)
    with pytest.raises(ValueError, match="read-only"):
        step.loss_mask[...] = True
    right = step.prediction.argmax(2)[step.loss_mask] == batch.targets.argmax(2)[step.loss_mask]
    assert step.accuracy == right.mean()
    assert step != replace(step, accuracy=None)
    assert step != replace(step, accuracy=step.accuracy + 0.1)
    assert step != replace(step, loss_mask=None)
    assert step != replace(step, loss_mask=~step.loss_mask)


def test_the_arrays_of_a_single_window_keep_all_their_axes() -> None:
    task = replace(CLASSES, batch_size=1)
    (step,) = first(1, Trainer(task.config("rnn"), task=task))
    assert step.loss_mask is not None
    assert step.loss_mask.shape == step.time.shape == (1, 5)
    assert step.targets.shape == step.prediction.shape == (1, 5, 3)


def test_where_nothing_is_right_or_wrong_and_all_counts_a_step_says_none() -> None:
    (step,) = first(1, Trainer(MadeUp().config("rnn"), task=MadeUp()))
    assert step.accuracy is None
    assert step.loss_mask is None
    assert step == replace(step)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
@pytest.mark.parametrize("task", [MadeUp(), CLASSES, replace(CLASSES, batch_size=1)], ids=kind)
def test_each_replica_is_its_trainers_run_bit_for_bit(task: MadeUp, engine: str) -> None:
    configs = [task.config(cell, seed=seed) for cell in CELLS for seed in (0, 1)]
    steps = list(islice(Replicas(configs, task=task, engine=engine).steps(), 8))
    for n, config in enumerate(configs):
        expected = first(8, Trainer(config, task=task, engine=engine))
        for ours, theirs in zip(steps, expected, strict=True):
            assert ours.loss[n] == theirs.loss
            np.testing.assert_array_equal(ours.prediction[n], theirs.prediction)
            np.testing.assert_array_equal(ours.loss_mask, theirs.loss_mask)
            assert (None if ours.accuracy is None else ours.accuracy[n]) == theirs.accuracy


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_replica_that_diverged_is_neither_right_nor_wrong(engine: str) -> None:
    calm = CLASSES.config("rnn", optimizer="sgd")
    replicas = Replicas([calm, replace(calm, lr=10.0, num_layers=2)], task=CLASSES, engine=engine)
    # No lr of a config overflows a softmax: put in what an overflow would leave.
    with torch.no_grad():
        replicas.models[1].out.bias[0] = math.nan
    steps = list(islice(replicas.steps(), 3))
    assert replicas.alive.tolist() == [True, False]
    accuracy = np.array([step.accuracy for step in steps])
    assert np.isfinite(accuracy[:, 0]).all()
    assert np.isnan(accuracy[1:, 1]).all()
