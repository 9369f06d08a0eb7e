from __future__ import annotations

import numpy as np
import pytest
import torch

from rnn_core import RecurrentModel, RunConfig
from rnn_core.engines import TrainingState, build_engine
from rnn_core.engines.base import Evaluation
from rnn_core.tasks import build_task

CONFIG = RunConfig(cell="lstm", hidden_size=5, num_layers=2, batch_size=3)


def fresh(dtype: torch.dtype = torch.float32) -> TrainingState:
    model = RecurrentModel(CONFIG, dtype=dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, fused=True)
    return TrainingState(CONFIG, model, optimizer, "mse", carry_state=True)


@pytest.mark.parametrize(
    ("dtype", "expected"), [(torch.float32, np.float32), (torch.float64, np.float64)]
)
def test_before_the_first_window_a_state_holds_nothing_to_apply(
    dtype: torch.dtype, expected: type
) -> None:
    run = fresh(dtype)
    assert (run.gradients, run.grad_norm, run.state, run.next_state) == ((), 0.0, None, None)
    assert run.hidden_states.shape == (3, 0, 5)
    assert run.hidden_states.dtype == expected


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_state_holds_what_belongs_to_the_last_window(engine: str) -> None:
    task = build_task(CONFIG)
    trained = build_engine(engine, fresh())
    evaluations = [trained.advance(task.batch(index, np.float32)) for index in range(3)]
    assert all(isinstance(each, Evaluation) for each in evaluations)
    assert evaluations[-1].prediction.shape == (3, 10, 1)
    run = trained.state()
    parameters = list(run.model.parameters())
    assert [gradient.shape for gradient in run.gradients] == [each.shape for each in parameters]
    norm = torch.cat([gradient.flatten() for gradient in run.gradients]).norm()
    assert float(norm) == pytest.approx(run.grad_norm, rel=1e-5)
    assert run.grad_norm == evaluations[-1].grad_norm
    for state in (run.state, run.next_state):
        assert isinstance(state, tuple)
        assert [part.shape for part in state] == [(2, 3, 5)] * 2
    assert run.hidden_states.shape == (3, 10, 5)
    assert not run.hidden_states.flags.writeable
    assert run.next_state is not None
    np.testing.assert_array_equal(run.next_state[0][-1].numpy(), run.hidden_states[:, -1])


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_a_state_goes_on_in_a_second_engine_where_the_first_one_stands(engine: str) -> None:
    task = build_task(CONFIG)
    batches = [task.batch(index, np.float32) for index in range(6)]
    straight = build_engine(engine, fresh())
    expected = [straight.advance(batch).loss for batch in batches]
    first = build_engine(engine, fresh())
    losses = [first.advance(batch).loss for batch in batches[:3]]
    second = build_engine(engine, first.state())
    losses += [second.advance(batch).loss for batch in batches[3:]]
    assert losses == expected
