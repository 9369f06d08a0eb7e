"""``export``: a saved run as a script, a notebook, a table or plain weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import click

from rnn_core.cli.files import Refused, Target, continued, read_run
from rnn_core.io.checkpoint import Checkpoint, RunHistory, save_weights
from rnn_core.io.notebook import jupyter_notebook
from rnn_core.io.script import python_script
from rnn_core.io.tables import history_csv, history_parquet
from rnn_core.tasks import build_task


@dataclass(frozen=True, slots=True)
class Export:
    """A form in which a run can leave.

    Args:
        name: as ``--to`` has it.
        suffix: of the file.
        make: run to the file's content.
        reads_files: whether it needs what the task's script reads beside it.
    """

    name: str
    suffix: str
    make: Callable[[Checkpoint], bytes]
    reads_files: bool = False


def _code(write: Callable[..., str], checkpoint: Checkpoint) -> bytes:
    """The steps of a run that can be repeated from its settings alone, as Python source."""
    snapshot, history = continued(checkpoint), checkpoint.history
    if checkpoint.start is not None:
        raise Refused("The run began with weights from a file, which no script can draw again.")
    rates = {0: checkpoint.config.lr}
    if history is not None:
        rates |= dict(zip(history.lr_step.tolist(), history.lr.tolist(), strict=True))
    if rates[max(rates)] != snapshot.lr:
        click.echo(
            "The learning rate was changed during the run, and the file does not say when; what "
            "is written keeps the first one.",
            err=True,
        )
    return write(checkpoint.config, snapshot.index + 1, rates=rates).encode()


def _table(write: Callable[[RunHistory], str | bytes], checkpoint: Checkpoint) -> bytes:
    """The losses of a run as a table."""
    if checkpoint.history is None:
        raise Refused("The file has no history of losses. Train it here to have one.")
    table = write(checkpoint.history)
    return table.encode() if isinstance(table, str) else table


def _weights(checkpoint: Checkpoint) -> bytes:
    trainer = checkpoint.trainer(engine="torch")
    return save_weights(trainer)


#: Every form by name.
EXPORTS: Mapping[str, Export] = MappingProxyType(
    {
        each.name: each
        for each in (
            Export("script", ".py", partial(_code, python_script), reads_files=True),
            Export("notebook", ".ipynb", partial(_code, jupyter_notebook), reads_files=True),
            Export("csv", ".csv", partial(_table, history_csv)),
            Export("parquet", ".parquet", partial(_table, history_parquet)),
            Export("weights", ".weights.safetensors", _weights),
        )
    }
)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--to", "form", type=click.Choice(tuple(EXPORTS)), required=True)
@click.option(
    "--out", "-o", type=click.Path(path_type=Path), help="default: RUN with another ending"
)
def export(run: Path, form: str, out: Path | None) -> None:
    """Write RUN in another form.

    A script and a notebook need PyTorch and NumPy alone and take the same steps again. csv and
    parquet have the losses, the gradient norm and the learning rate of every step. weights load
    into torch.nn straight away.
    """
    chosen, checkpoint = EXPORTS[form], read_run(run)
    content = chosen.make(checkpoint)
    target = Target(out or run.with_suffix(chosen.suffix))
    files = build_task(checkpoint.config).script_files() if chosen.reads_files else {}
    beside = [(Target(target.path.parent / name), data) for name, data in files.items()]
    for each, data in ((target, content), *beside):
        each.write(data)
        click.echo(f"saved in {each.path}")
