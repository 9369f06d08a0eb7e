"""What computes a training step: PyTorch itself, or compiled loops on PyTorch's own tensors."""

from rnn_core.engines.base import Engine, Evaluation, TrainingState
from rnn_core.engines.choice import ENGINES, build_engine, choose_engine, prepare_compiled

__all__ = [
    "ENGINES",
    "Engine",
    "Evaluation",
    "TrainingState",
    "build_engine",
    "choose_engine",
    "prepare_compiled",
]
