"""Which engine trains a run, and the reasons that are given."""

from __future__ import annotations

import re
import threading

import pytest
import torch

from rnn_core import RunConfig, Trainer
from rnn_core.engines import KINDS, choice, prepare_compiled, why_torch
from rnn_core.messages import Message
from rnn_core.models import RecurrentModel
from rnn_core.registry import OPTIMIZERS


def test_torch_trains_every_run() -> None:
    assert KINDS["torch"].supports(RunConfig(), torch.float64) is None


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "rnn_relu", "peephole_lstm"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_kernels_train_these(cell: str, optimizer: str, dtype: torch.dtype) -> None:
    config = RunConfig(cell=cell, optimizer=optimizer, lr=0.01)
    assert KINDS["compiled"].supports(config, dtype) is None


def test_the_reasons_against_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    supports = KINDS["compiled"].supports
    config = RunConfig()
    assert "float32 and float64 only" in str(supports(config, torch.float16))
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    assert "Numba, which is not installed" in str(supports(config, torch.float32))
    monkeypatch.setattr(choice, "OPTIMIZERS", {"adam": type("Own", (), {"kernel": None})})
    assert "no kernel for optimizer 'adam'" in str(supports(config, torch.float32))
    assert OPTIMIZERS["adam"].kernel is not None


def test_the_engine_that_cannot_train_a_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    sentence = (
        "engine must be 'torch' or 'auto', since the compiled engine needs Numba, which is not "
        "installed, got 'compiled'. Try 'auto'."
    )
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Trainer(RunConfig(), engine="compiled")
    trainer = Trainer(RunConfig())
    with pytest.raises(ValueError, match=re.escape(sentence)):
        trainer.engine = "compiled"
    assert trainer.engine == "torch"


def test_the_kernels_are_prepared_once_and_after_what_is_more_urgent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []
    monkeypatch.setattr(choice, "_thread", None)
    monkeypatch.setattr(choice, "_ready", threading.Event())
    monkeypatch.setattr(choice, "sleep", done.append)
    monkeypatch.setattr(choice, "_take_one_step", lambda: done.append("kernels"))
    thread = prepare_compiled(wait=1.5)
    assert prepare_compiled() is thread
    thread.join()
    assert done == [1.5, "kernels"]
    assert choice._ready.is_set()


def test_the_page_is_told_why_torch_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_compiled().join()
    assert Trainer(RunConfig(), engine="compiled").engine_reason is None
    assert Trainer(RunConfig(), engine="auto").engine_reason is None
    reasons = {
        "PyTorch was asked for": Trainer(RunConfig()),
        "PyTorch is faster": Trainer(RunConfig(hidden_size=256, batch_size=64), engine="auto"),
        "computed by the reference": Trainer(RunConfig(), dtype=torch.float64, engine="auto"),
    }
    for reason, trainer in reasons.items():
        assert trainer.engine == "torch"
        assert isinstance(trainer.engine_reason, Message)
        assert reason in str(trainer.engine_reason)
    monkeypatch.setattr(choice._ready, "is_set", lambda: False)
    waiting = Trainer(RunConfig(), engine="auto")
    assert "still being prepared" in str(waiting.engine_reason)
    monkeypatch.setattr(choice._failed, "is_set", lambda: True)
    assert "could not be loaded" in str(why_torch(RunConfig(), torch.float32))
    monkeypatch.undo()
    assert "was not ready when the run began" in str(waiting.engine_reason)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "rnn_relu", "peephole_lstm"])
def test_both_engines_predict_what_a_network_without_a_run_computes(
    cell: str, dtype: torch.dtype
) -> None:
    model = RecurrentModel(
        RunConfig(cell=cell, num_layers=2, hidden_size=5), input_size=2, output_size=3, dtype=dtype
    )
    inputs = torch.randn((3, 8, 2), dtype=dtype, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, state = model(inputs)
        again, _state = model(inputs, state)
    for kind in KINDS.values():
        predict = kind.predictor(model)
        found, after = predict(inputs.numpy(), None)
        torch.testing.assert_close(torch.from_numpy(found), expected)
        torch.testing.assert_close(after, state)
        torch.testing.assert_close(torch.from_numpy(predict(inputs.numpy(), state)[0]), again)
