"""A flag for every setting of a run, made from the one table of settings."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from rnn_core.config import SETTINGS, RunConfig, Setting
from rnn_core.messages import unknown_choice
from rnn_core.registry import TASKS
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

_F = TypeVar("_F", bound=Callable[..., Any])


class _NumberOrNone(click.ParamType[float | str]):
    """A number, or the word none."""

    name = "number|none"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """The number; the word itself stands for None, which Click takes for an absent flag."""
        if isinstance(value, str) and value.lower() == "none":
            return "none"
        return float(click.FLOAT.convert(value, param, ctx))


def _kind(rule: Rule) -> click.ParamType[Any] | None:
    """How a flag with this rule is read; limits are checked by the rule itself."""
    match rule:
        case IntRange():
            return click.INT
        case FloatRange():
            return click.FLOAT
        case Nullable():
            return _NumberOrNone()
        case Choice():
            return click.Choice(rule.options)
        case Flag():
            return None


def _flag(setting: Setting) -> str:
    name = setting.name.replace("_", "-")
    return f"--{name}/--no-{name}" if isinstance(setting.rule, Flag) else f"--{name}"


def settings_options(command: _F) -> _F:
    """Give a command a flag for every setting and the argument CONFIG."""
    for setting in reversed(tuple(SETTINGS.values())):
        kind = _kind(setting.rule)
        words = "" if isinstance(setting.rule, Choice | Flag) else f"{setting.rule.words}; "
        default = "none" if setting.default is None else setting.default
        help_text = f"{words}default {str(default).lower()}"
        command = click.option(
            _flag(setting), setting.name, type=kind, default=None, help=help_text
        )(command)
    return click.argument(
        "config", required=False, type=click.Path(dir_okay=False, path_type=Path)
    )(command)


def given(ctx: click.Context) -> dict[str, Any]:
    """The settings that stand on the command line."""
    return {
        name: SETTINGS[name].read(value)
        for name, value in ctx.params.items()
        if name in SETTINGS and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


def config_of(path: Path | None, flags: Mapping[str, Any]) -> RunConfig:
    """The settings of a TOML file and of the flags, which win; the task's own for all others.

    Args:
        path: of the file, with names as in `RunConfig`; None for none. The word ``"none"`` stands
            for None, which TOML lacks.
        flags: as `given` returns them.

    Raises:
        OSError, UnicodeDecodeError, tomllib.TOMLDecodeError: when the file cannot be read.
        TypeError, ValueError: when a name is unknown or a value outside its limits.
    """
    found: dict[str, Any] = {}
    if path is not None:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        for name in found:
            if name not in SETTINGS:
                raise unknown_choice("setting", name, SETTINGS)
    settings = {name: SETTINGS[name].read(value) for name, value in {**found, **flags}.items()}
    task = SETTINGS["task"].check(settings.pop("task", SETTINGS["task"].default))
    return TASKS[task].config(**settings)


def parsed(name: str, text: str) -> Any:
    """The value of a setting from its text, as its flag reads it.

    Raises:
        ValueError: when there is no such setting.
        click.UsageError: when the text is no such value.
    """
    name = name.strip().replace("-", "_")
    if name not in SETTINGS:
        raise unknown_choice("setting", name, SETTINGS)
    kind = _kind(SETTINGS[name].rule) or click.BOOL
    try:
        return SETTINGS[name].read(kind.convert(text.strip(), None, None))
    except click.BadParameter as error:
        raise click.UsageError(f"{name}: {error.message}") from None
