"""Runs and networks as files. Nothing is pickled: a file carries numbers and text alone."""

from rnn_core.io.checkpoint import (
    Checkpoint,
    RunHistory,
    load_checkpoint,
    save_checkpoint,
    save_weights,
    set_weights,
)
from rnn_core.io.notebook import jupyter_notebook
from rnn_core.io.onnx import onnx_step
from rnn_core.io.script import python_script

__all__ = [
    "Checkpoint",
    "RunHistory",
    "jupyter_notebook",
    "load_checkpoint",
    "onnx_step",
    "python_script",
    "save_checkpoint",
    "save_weights",
    "set_weights",
]
