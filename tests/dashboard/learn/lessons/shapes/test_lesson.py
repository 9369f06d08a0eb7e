from __future__ import annotations

import numpy as np
import pytest
import torch

from dashboard.learn.experiment import Runs
from dashboard.learn.lessons.shapes.lesson import flattened, per_step
from dashboard.learn.registry import lesson


@pytest.mark.parametrize("seed", range(5))
def test_both_forms_agree_to_the_last_bits_with_their_gradients(seed: int) -> None:
    trainer = Runs(seed, "torch").train(lesson("shapes").variants[0].config, 20).trainer
    batch = trainer.task.batch(20, np.float32)
    found = []
    for form in (per_step, flattened):
        trainer.model.zero_grad()
        r_out, _state = trainer.model.rnn(torch.from_numpy(batch.inputs), trainer.state)
        outs = form(trainer.model, r_out)
        torch.autograd.backward(torch.mean((outs - torch.from_numpy(batch.targets)) ** 2))
        gradient = torch.cat([p.grad.flatten() for p in trainer.model.parameters()])  # type: ignore[union-attr]
        found.append((outs.detach(), gradient))
    (outs, gradient), (others, other_gradient) = found
    bits = 4 * torch.finfo(torch.float32).eps
    torch.testing.assert_close(outs, others, rtol=bits, atol=bits)
    torch.testing.assert_close(gradient, other_gradient, rtol=1e-5, atol=1e-6)


def test_the_shapes_are_those_of_four_windows_of_ten_points() -> None:
    rows = [value for _label, value in lesson("shapes").measure(Runs(0, "torch")).rows]
    assert [str(row).replace("\N{NO-BREAK SPACE}", " ") for row in rows] == [
        "(4, 10, 1)",
        "(1, 4, 32)",
        "(4, 10, 32)",
        "(40, 32)",
        "(4, 10, 1)",
    ]


def test_the_missing_line_fails_with_four_windows_and_not_with_one() -> None:
    for rows, fails in ((4, True), (1, False)):
        outs, targets = torch.zeros(rows * 10, 1), torch.zeros(rows, 10, 1)
        if fails:
            with pytest.raises(RuntimeError, match="must match"):
                _ = (outs - targets) ** 2
        else:
            assert ((outs - targets) ** 2).shape == (1, 10, 1)
