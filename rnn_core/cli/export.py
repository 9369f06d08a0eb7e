"""``export``: a saved run as a script, a notebook, a table, plain weights or an ONNX model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import click

from rnn_core.cli.data import Data, reading_options, task_of
from rnn_core.cli.files import Refused, Target, continued, read_run
from rnn_core.io.checkpoint import Checkpoint, RunHistory, save_weights
from rnn_core.io.notebook import jupyter_notebook
from rnn_core.io.onnx import onnx_step
from rnn_core.io.script import python_script
from rnn_core.io.tables import history_csv, history_parquet
from rnn_core.tasks import Task, build_task
from rnn_core.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Export:
    """A form in which a run can leave.

    Args:
        name: as ``--to`` has it.
        suffix: of the file.
        make: run, and the task that it was trained on where its settings do not name that, to the
            file's content.
        reads_files: whether it needs what the task's script reads beside it.
    """

    name: str
    suffix: str
    make: Callable[[Checkpoint, Task | None], bytes]
    reads_files: bool = False


def _code(write: Callable[..., str], checkpoint: Checkpoint, task: Task | None) -> bytes:
    """The steps of a run that can be repeated from its settings alone, as Python source."""
    snapshot, history = continued(checkpoint, task), checkpoint.history
    if checkpoint.unrepeatable is not None:
        raise Refused(str(checkpoint.unrepeatable))
    assert history is not None  # else it is unrepeatable
    return write(
        checkpoint.config,
        snapshot.index + 1,
        task=task,
        rates=history.rates,
        clips=history.clips or {},
    ).encode()


def _table(
    write: Callable[[RunHistory], str | bytes], checkpoint: Checkpoint, _task: Task | None
) -> bytes:
    """The losses of a run as a table."""
    if checkpoint.history is None:
        raise Refused("The file has no history of losses. Train it here to have one.")
    table = write(checkpoint.history)
    return table.encode() if isinstance(table, str) else table


def _network(write: Callable[[Trainer], bytes], checkpoint: Checkpoint, task: Task | None) -> bytes:
    """A network without its run; the scaling of a series comes from the series."""
    if checkpoint.digest:
        continued(checkpoint, task)
    return write(checkpoint.trainer(task=task, engine="torch"))


#: Every form by name.
EXPORTS: Mapping[str, Export] = MappingProxyType(
    {
        each.name: each
        for each in (
            Export("script", ".py", partial(_code, python_script), reads_files=True),
            Export("notebook", ".ipynb", partial(_code, jupyter_notebook), reads_files=True),
            Export("csv", ".csv", partial(_table, history_csv)),
            Export("parquet", ".parquet", partial(_table, history_parquet)),
            Export("weights", ".weights.safetensors", partial(_network, save_weights)),
            Export("onnx", ".onnx", partial(_network, onnx_step)),
        )
    }
)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--to", "form", type=click.Choice(tuple(EXPORTS)), required=True)
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), help="default: RUN with another ending"
)
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="the series that RUN was trained on, where that is one of your own",
)
@reading_options
def export(
    run: Path,
    form: str,
    out: Path | None,
    data: Path | None,
    time: str | None,
    missing: Literal["drop", "interpolate"],
) -> None:
    """Write RUN in another form.

    A script and a notebook need PyTorch and NumPy alone and take the same steps again. csv and
    parquet have the losses, the gradient norm and the learning rate of every step. weights load
    into torch.nn straight away. onnx is one time step, with the state as input and output; it
    needs the packages onnx and onnxscript.
    """
    chosen, checkpoint = EXPORTS[form], read_run(run)
    series = None if data is None else Data.read(data, time=time, missing=missing)
    task = task_of(checkpoint, series)
    content = chosen.make(checkpoint, task)
    target = Target(out or run.with_suffix(chosen.suffix))
    source = task or build_task(checkpoint.config)
    files = source.script_files() if chosen.reads_files else {}
    beside = [(Target(target.path.parent / name), text) for name, text in files.items()]
    for each, made in ((target, content), *beside):
        each.write(made)
        click.echo(f"saved in {each.path}")
