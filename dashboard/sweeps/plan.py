"""A sweep before it begins: its space and name, what it costs, and whether the server allows it.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from dashboard.app.language import gettext as _
from dashboard.app.limits import Work, refusal
from dashboard.app.settings import restarting, task_config
from rnn_core import SETTINGS, RunConfig
from rnn_core.config import is_read
from rnn_core.experiments.sweep import Choices, Space
from rnn_core.experiments.sweep.axes import Axis

#: Environment variable that sets the most runs of a sweep; 0 turns sweeps off.
SWEEP_RUNS = "RNN_PLAYGROUND_SWEEP_RUNS"
_RUNS = 300
# Values of an axis whose cost is asked for.
_FEW = 4
# Seconds of one step of one network whatever its size, floating-point operations in a second, and
# seconds until a worker is ready. Roughly, on one core of a small server.
_STEP, _SPEED, _BEGIN = 5e-5, 2e9, 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep would be.

    Args:
        space: of it.
        name: decided by the space: the same space is the same sweep.
        network_steps: training steps of all networks.
        core_seconds: that they take on one core, roughly.
    """

    space: Space
    name: str
    network_steps: int
    core_seconds: float

    def seconds(self, workers: int) -> float:
        """Seconds from the start to the end, roughly."""
        return _BEGIN + self.core_seconds / max(1, workers)


def space_of(config: RunConfig, axes: Mapping[str, Any], **more: Any) -> Space:
    """The space around a run: its settings, except those that vary.

    Args:
        config: the run; its seed is the first of each point.
        axes: what varies, as in `Space`.
        more: further arguments of `Space`.

    Raises:
        TypeError, ValueError: as `Space` does.
    """
    settings = {
        name: value
        for name, value in config.to_dict().items()
        # What a point's cell reads may be unread by the config's own.
        if name not in axes
        and name != "seed"
        and (is_read(name, config) or SETTINGS[name].read_by in axes)
    }
    return Space(axes=axes, settings=settings, first_seed=config.seed, **more)


def plan(space: Space) -> Plan:
    """What a sweep of this space would be.

    Raises:
        TypeError, ValueError: when one of its points is no valid config.
    """
    text = json.dumps(space.to_dict(), sort_keys=True)
    configs = corner_configs(space)
    costs = [Work((config,)).cost.operations for config in configs]
    each = sum(_STEP + operations / _SPEED for operations in costs) / len(costs)
    steps = space.runs * space.steps
    return Plan(space, hashlib.sha256(text.encode()).hexdigest()[:10], steps, each * steps)


def corner_configs(space: Space) -> tuple[RunConfig, ...]:
    """Configs that tell the cost of a sweep: with a few values of every axis, both ends included.

    Raises:
        TypeError, ValueError: when one of them is no valid config.
    """
    few = [_few(given) for given in space.axes.values()]
    points = (dict(zip(space.axes, values, strict=True)) for values in product(*few))
    return tuple(dict.fromkeys(restarting(space.config(point)) for point in points))


def _few(axis: Axis) -> tuple[Any, ...]:
    if isinstance(axis, Choices):
        values = axis.values
        return tuple(values[place] for place in sorted(_places(len(values))))
    return axis.low, axis.high


def _places(number: int) -> set[int]:
    return {round(share * (number - 1) / (_FEW - 1)) for share in range(_FEW)}


def most_runs() -> int:
    """The most runs of a sweep on this server; 0 where sweeps are off.

    Raises:
        ValueError: when the environment variable is no whole number from 0 on.
    """
    text = os.environ.get(SWEEP_RUNS, "")
    if not text:
        return _RUNS
    if not text.isdecimal():
        raise ValueError(
            f"{SWEEP_RUNS} must be a whole number from 0 on, got {text!r}. Try {_RUNS}."
        )
    return int(text)


def too_many(space: Space) -> str:
    """Why the server does not train as many runs, and the nearest that it would; empty if it does.

    Args:
        space: of the sweep.
    """
    most = most_runs()
    if space.runs <= most:
        return ""
    said = _("The sweep has {runs} runs, and this server allows {most}.").format(
        runs=space.runs, most=most
    )
    if most >= space.size:
        more = _("Allowed: seeds a point up to {seeds}.").format(seeds=most // space.size)
    elif space.sampler == "grid":
        more = _(
            "Leave out values until there are {points} points, or choose the points at random."
        ).format(points=max(1, most // space.seeds))
    else:
        more = _("Allowed: points up to {points}.").format(points=max(1, most // space.seeds))
    return f"{said} {more}"


def too_large(space: Space) -> str:
    """Why the server does not train such networks, and what it would; empty if it does.

    Args:
        space: of the sweep.
    """
    configs = corner_configs(space)
    for dearest in (
        max(configs, key=lambda config: Work((config,)).cost.operations),
        max(configs, key=lambda config: Work((config,)).cost.bytes),
    ):
        said = refusal(Work((dearest,), space.seeds))
        if said:
            return said
    return ""


def toml(space: Space) -> str:
    """The space as a file for ``python -m rnn_core sweep``."""
    plain = space.to_dict()
    defaults = Space(axes={"cell": Choices(("rnn",))}).to_dict()
    head = [
        f"{name} = {_toml(value)}"
        for name, value in plain.items()
        if name not in ("axes", "settings")
        and (value != defaults[name] or name in ("steps", "seeds", "objective"))
    ]
    own = task_config(plain["settings"].get("task", RunConfig().task)).to_dict()
    settings = [
        f"{name} = {_toml(value)}"
        for name, value in plain["settings"].items()
        if name == "task" or value != own.get(name)
    ]
    axes = [f"{name} = {_toml(value)}" for name, value in plain["axes"].items()]
    return "\n".join([*head, "", "[settings]", *settings, "", "[axes]", *axes, ""])


def _toml(value: Any) -> str:
    if value is None:
        return '"none"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(each)}" for name, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
