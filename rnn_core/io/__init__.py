"""Runs and networks as files. Nothing is pickled: a file carries numbers and text alone."""

from rnn_core.io.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]
