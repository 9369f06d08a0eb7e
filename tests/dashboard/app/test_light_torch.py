from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.app import light_torch

ROOT = Path(__file__).parents[3]

#: All that the app asks of PyTorch, at one place each, and what is imported for it.
TRAIN = """
import sys
from dashboard.app.light_torch import import_light_torch
import_light_torch()
from itertools import islice
from rnn_core import RunConfig, Trainer
from rnn_core.training.optimizers import do_without_compiler
do_without_compiler()
for cell in ("rnn", "lstm", "gru"):
    for optimizer in ("adam", "sgd", "rmsprop"):
        config = RunConfig(cell=cell, optimizer=optimizer, lr=0.01, hidden_size=8)
        *_, step = islice(Trainer(config).steps(), 3)
        print(step.loss, step.grad_norm)
print(*{"torch._refs", "torch._decomp", "torch._dynamo", "sympy"} & set(sys.modules))
import torch._dynamo, torch._decomp, torch.onnx  # can be imported all the same
"""
PLAIN = TRAIN.replace("import_light_torch()\n", "").replace("do_without_compiler()\n", "")


def run(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_pytorch_trains_the_same_without_what_compilers_need() -> None:
    *losses, absent = run(TRAIN)
    *expected, present = run(PLAIN)
    assert absent == ""
    assert len(present.split()) == 4
    assert losses == expected
    assert len(losses) == 9


def test_where_it_was_not_tried_pytorch_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[str] = []
    monkeypatch.setattr(light_torch, "import_module", imported.append)
    light_torch.import_light_torch()  # PyTorch is there already
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setitem(sys.modules, "torch._meta_registrations", None)  # put back afterwards
    monkeypatch.setattr(light_torch, "version", lambda name: "2.99.1+cpu")
    light_torch.import_light_torch()
    assert imported == []
    monkeypatch.setattr(light_torch, "version", lambda name: "2.13.0+cpu")
    light_torch.import_light_torch()
    assert imported == ["torch", "torch._prims.rng_prims"]
