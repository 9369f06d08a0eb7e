"""The command and its subcommands."""

from __future__ import annotations

import tomllib
from typing import Any

import click
import torch

from rnn_core.cli.compare import compare
from rnn_core.cli.evaluate import evaluate
from rnn_core.cli.export import export
from rnn_core.cli.files import Refused
from rnn_core.cli.train import train
from rnn_core.messages import InvalidType, InvalidValue
from rnn_core.training.optimizers import do_without_compiler
from rnn_core.version import __version__


class Group(click.Group):
    """Subcommands whose refusals are a sentence on stderr and exit status 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands, those included that are loaded when they are asked for."""
        return sorted({*super().list_commands(ctx), "sweep"})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A subcommand. Optuna takes time to load, and is there only with its extra."""
        if cmd_name != "sweep":
            return super().get_command(ctx, cmd_name)
        try:
            from rnn_core.cli.sweep import sweep
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in {"optuna", "sqlalchemy"}:
                raise
            return without_optuna
        return sweep

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand that was asked for."""
        try:
            return super().invoke(ctx)
        except (InvalidValue, InvalidType) as error:
            raise Refused(str(error)) from None
        except tomllib.TOMLDecodeError as error:
            raise Refused(f"The file with the settings is no TOML: {error}.") from None
        except UnicodeDecodeError:
            raise Refused("The file with the settings is no text in UTF-8.") from None
        except OSError as error:
            raise Refused(f"{error.filename or 'file'}: {error.strerror or error}.") from None


@click.command(
    "sweep",
    short_help="Train many settings and seeds (needs Optuna).",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", nargs=-1)
def without_optuna(arguments: tuple[str, ...]) -> None:
    """Train many settings and seeds."""
    raise Refused("sweep needs Optuna: pip install 'rnn-playground[sweeps]'.")


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rnn_core")
def cli() -> None:
    """Train recurrent networks, compare them, and take them along."""
    torch.set_num_threads(1)  # tensors this small gain nothing from more
    do_without_compiler()


for _command in (train, compare, evaluate, export):
    cli.add_command(_command)
