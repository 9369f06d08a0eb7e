"""The contenders of a comparison: presets, a visitor's own, and their text in a link.

A contender is the run of the sidebar with some settings changed. Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dashboard.app.language import gettext as _
from dashboard.app.link import parse, write
from dashboard.app.settings import restarting
from dashboard.app.text import initialisation_name, plain, rule_words
from rnn_core import CELLS, RULES, RunConfig
from rnn_core.config import is_read
from rnn_core.rules import IntRange
from rnn_core.training.replicas import MAY_DIFFER

#: Least and largest number of contenders.
FEWEST, MOST = 2, 6
#: Settings that a contender may change, in the order of its name. All have the same seeds.
SETTINGS = (
    "cell",
    "hidden_size",
    "num_layers",
    "carry_state",
    "forget_bias",
    "initialisation",
    "single_bias",
    "optimizer",
    "lr",
    "momentum",
    "clip_norm",
)
assert set(SETTINGS) == MAY_DIFFER - {"seed"}

Change = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contender:
    """A name for the charts, and the settings."""

    name: str
    config: RunConfig


# What is said of a network only where it is all that tells it from the others.
_USUAL = {"initialisation": "pytorch", "single_bias": False}
# The cells that textbooks compare; others can be chosen in the table.
_CELLS = ("rnn", "lstm", "gru")

#: The changes of each preset's contenders, given the run of the sidebar.
PRESETS: Mapping[str, Callable[[RunConfig], tuple[Change, ...]]] = MappingProxyType(
    {
        "cells": lambda base: tuple({"cell": name} for name in _CELLS),
        # The same with one LSTM more, whose initial forget gates are open.
        "with_forget_bias": lambda base: (
            *({"cell": name, "forget_bias": None} for name in _CELLS),
            {"cell": _reader("forget_bias"), "forget_bias": 1.0},
        ),
        "carry": lambda base: ({"carry_state": True}, {"carry_state": False}),
        "clipping": lambda base: ({"clip_norm": None}, {"clip_norm": 1.0}),
        "forget_bias": lambda base: (
            {"cell": _reader("forget_bias"), "forget_bias": 0.0},
            {"cell": _reader("forget_bias"), "forget_bias": 1.0},
        ),
        "learning_rates": lambda base: tuple(
            {"lr": float(f"{min(10.0, base.lr * factor):.2g}")} for factor in (0.2, 1, 5)
        ),
    }
)


def _cells() -> str:
    return ", ".join(CELLS[name].title for name in _CELLS)


def _reader(setting: str) -> str:
    """The first cell that reads a setting."""
    return next(name for name, cell in CELLS.items() if setting in cell.settings)


def preset_name(key: str) -> str:
    """The name of a preset in the reader's language."""
    names = {
        "cells": _cells(),
        "with_forget_bias": _("{cells}, forget bias 1").format(cells=_cells()),
        "carry": _("State carried or reset"),
        "clipping": _("Gradient clipping off or on"),
        "forget_bias": _("Forget-gate bias 0 or 1"),
        "learning_rates": _("Three learning rates"),
        "own": _("Your own"),
    }
    return names.get(key, key)


def contenders(base: RunConfig, changes: Sequence[Change]) -> tuple[Contender, ...]:
    """Contenders with these changes of ``base``, each with a name of its own."""
    configs = [replace(base, **change) for change in changes]
    differing = [
        name for name in SETTINGS if len({getattr(config, name) for config in configs}) > 1
    ]
    names: list[str] = []
    for config in configs:
        shown = [setting for setting in differing if _matters(setting, config)]
        # A name of several parts leaves out what is as usual.
        others = [name for name in shown if getattr(config, name) != _USUAL.get(name)]
        said = [_said(setting, config) for setting in others or shown]
        name = ", ".join(said) or CELLS[config.cell].title
        twins = sum(taken.split(" #")[0] == name for taken in names)
        names.append(f"{name} #{twins + 1}" if twins else name)
    return tuple(Contender(*pair) for pair in zip(names, configs, strict=True))


def _matters(setting: str, config: RunConfig) -> bool:
    """Whether it belongs in the name: it is read, and is not PyTorch's default."""
    as_pytorch = setting == "forget_bias" and config.forget_bias is None
    return is_read(setting, config) and not as_pytorch


def _said(setting: str, config: RunConfig) -> str:
    """One setting of a contender, as part of its name."""
    value = getattr(config, setting)
    if setting == "cell":
        return str(CELLS[value].title)
    if setting == "carry_state":
        return _("carried") if value else _("reset")
    if setting == "single_bias":
        return _("one bias") if value else _("two biases")
    if setting == "initialisation":
        return initialisation_name(value)
    if setting == "optimizer":
        return str(value)
    if setting == "clip_norm":
        return _("no clipping") if value is None else _("clip {norm:g}").format(norm=value)
    short = {
        "hidden_size": _("H {value}"),
        "num_layers": _("{value} layers"),
        "lr": _("lr {value}"),
        "momentum": _("momentum {value}"),
        "forget_bias": _("forget bias {value}"),
    }
    return short[setting].format(value=format(value, "g"))


def first_seed(wanted: int, seeds: int) -> int:
    """``wanted``, or the largest seed from which on there are as many seeds."""
    rule = RULES["seed"]
    assert isinstance(rule, IntRange)
    return min(wanted, rule.high - seeds + 1)


def restarting_configs(contenders: Sequence[Contender]) -> tuple[RunConfig, ...]:
    """What a comparison depends on; its seeds are counted from the first seed."""
    return tuple(replace(restarting(contender.config), seed=0) for contender in contenders)


def to_text(changes: Sequence[Change]) -> str:
    """The changes as the text of a link: ``cell:rnn;cell:lstm,lr:0.01``."""
    return ";".join(
        ",".join(f"{name}:{write(value)}" for name, value in change.items()) for change in changes
    )


def from_text(text: str) -> tuple[Change, ...]:
    """The changes that a link asks for.

    Raises:
        ValueError: when they are impossible, or too few or too many. Its text is Markdown in the
            reader's language.
    """
    parts = text.split(";")
    if not FEWEST <= len(parts) <= MOST:
        raise ValueError(
            _("A comparison needs {few} to {many} contenders, not {number}.").format(
                few=FEWEST, many=MOST, number=len(parts)
            )
        )
    return tuple(
        dict(_parsed(part) for part in contender.split(",") if part) for contender in parts
    )


def _parsed(part: str) -> tuple[str, Any]:
    name, colon, text = part.partition(":")
    if name not in SETTINGS or not colon:
        raise ValueError(_("{part} is not a setting of a contender.").format(part=plain(part)))
    rule = RULES[name]
    try:
        return name, rule.check(name, parse(text, rule), None)
    except (TypeError, ValueError):
        raise ValueError(
            _("{name} must be {rule}, not {text}.").format(
                name=plain(name), rule=rule_words(rule), text=plain(text)
            )
        ) from None
