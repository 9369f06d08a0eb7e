"""The tutorial's loop: our trainer takes the same steps from the same weights."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from benchmarks.tutorial_loop import TutorialNetwork, tutorial_losses
from rnn_core import RunConfig, Trainer


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_trainers_losses_are_the_tutorials(cell: str, batch_size: int) -> None:
    trainer = Trainer(RunConfig(cell=cell, batch_size=batch_size), dtype=torch.float64)
    network = TutorialNetwork(cell).double()
    network.load_state_dict(trainer.model.state_dict())
    theirs = list(islice(tutorial_losses(network, batch_size=batch_size), 30))
    ours = [step.loss for step in islice(trainer.steps(), 30)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)
