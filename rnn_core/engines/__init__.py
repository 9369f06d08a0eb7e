"""What computes a training step: PyTorch itself, or compiled loops on PyTorch's own tensors."""

from rnn_core.engines.base import Engine, EngineKind, Evaluation, Predict, TrainingState
from rnn_core.engines.choice import (
    ENGINES,
    KINDS,
    build_engine,
    choose_engine,
    prepare_compiled,
    why_torch,
)

__all__ = [
    "ENGINES",
    "KINDS",
    "Engine",
    "EngineKind",
    "Evaluation",
    "Predict",
    "TrainingState",
    "build_engine",
    "choose_engine",
    "prepare_compiled",
    "why_torch",
]
