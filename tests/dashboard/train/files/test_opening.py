from __future__ import annotations

from dataclasses import replace

import pytest
from safetensors.torch import save
from torch import nn

from dashboard.run.live_run import shown_config
from dashboard.train.files.opening import choices, placed
from rnn_core import RunConfig
from rnn_core.io import Checkpoint, load_checkpoint
from tests.dashboard.runs import run_after


def foreign(inputs: int, outputs: int) -> Checkpoint:
    tensors = {f"gru.{name}": each for name, each in nn.GRU(inputs, 6).state_dict().items()}
    tensors |= {f"out.{name}": each for name, each in nn.Linear(6, outputs).state_dict().items()}
    return load_checkpoint(save(tensors))


def test_a_run_keeps_its_settings_and_weights_take_those_of_the_page() -> None:
    page = RunConfig(cell="lstm", hidden_size=20, lr=0.5, seed=4, single_bias=True)
    run = load_checkpoint(run_after(3, RunConfig(cell="gru", lr=0.001)).checkpoint())
    assert placed(run, page) is run
    opened = placed(foreign(1, 1), page)
    expected = replace(page, cell="gru", hidden_size=6, single_bias=False)
    assert opened.config == expected
    assert choices(opened)["lr"] == 0.5
    assert shown_config(opened) == expected


def test_sizes_that_no_task_or_another_task_has_are_told() -> None:
    with pytest.raises(ValueError, match=r"reads 7 and gives 1 numbers .* No task here"):
        placed(foreign(7, 1), RunConfig())
    with pytest.raises(ValueError, match=r"reads 2 and gives 1 numbers .*again: .*Adding"):
        placed(foreign(2, 1), RunConfig())


def test_settings_that_the_page_cannot_have_are_told() -> None:
    long = run_after(1, RunConfig(window_length=400))
    with pytest.raises(ValueError, match="window_length must be a whole number from 2 to 200"):
        choices(load_checkpoint(long.checkpoint()))


def test_the_page_shows_the_rate_that_the_run_goes_on_with() -> None:
    run = run_after(3, RunConfig(lr=0.01))
    run.configure(RunConfig(lr=0.1))
    assert choices(load_checkpoint(run.checkpoint()))["lr"] == 0.1
