"""Runs as files: reading one, and a place to write to that is tried before the work begins."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from rnn_core.io.checkpoint import LARGEST, Checkpoint, load_checkpoint
from rnn_core.tasks import Task, build_task
from rnn_core.training.snapshots import Snapshot


class Refused(click.ClickException):
    """What the user can change: a sentence on stderr, and exit status 2."""

    exit_code = 2


def read_run(path: Path) -> Checkpoint:
    """The run in a file.

    Raises:
        OSError: when it cannot be read.
        ValueError: when it is no run.
    """
    with path.open("rb") as file:
        # One byte more than is allowed suffices to refuse it.
        return load_checkpoint(file.read(LARGEST + 1))


def continued(checkpoint: Checkpoint, task: Task | None = None) -> Snapshot:
    """Where a run stood that can go on.

    Args:
        checkpoint: the run.
        task: what it was trained on; None for the task that its settings name.

    Raises:
        Refused: when the file has weights alone, or the run read a series of one's own that is not
            here.
    """
    if checkpoint.snapshot is None:
        raise Refused("The file has weights alone, no run: nothing says what they were trained on.")
    series = getattr(task or build_task(checkpoint.config), "series", None)
    if checkpoint.digest != ("" if series is None else series.digest):
        raise Refused(
            "The run was trained on a series of one's own, which its file does not hold. Give the "
            "file of the series as well."
        )
    return checkpoint.snapshot


class Target:
    """A file to be written at the end.

    Args:
        path: of the file; what is there stays until all is written.

    Raises:
        OSError: when nothing can be written there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory", str(path))
        try:
            tempfile.TemporaryFile(dir=path.parent).close()
            if path.exists():
                path.open("ab").close()
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(path)) from None

    def write(self, data: bytes) -> None:
        """Write the whole file, or leave the one that is there."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            # As any new file: mkstemp lets only its owner read.
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
