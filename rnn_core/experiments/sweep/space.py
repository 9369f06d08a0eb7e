"""What a sweep tries: the settings that vary, the seeds of a point, and how points are judged."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np

from rnn_core.arguments import refused_type, refused_value, require
from rnn_core.config import SETTINGS, RunConfig
from rnn_core.engines import ENGINES
from rnn_core.experiments.comparison import SMOOTHING
from rnn_core.experiments.sweep.axes import Axis, axis, require_setting
from rnn_core.experiments.sweep.objectives import OBJECTIVES
from rnn_core.messages import N_, InvalidValue, unknown_choice
from rnn_core.models import parameter_count
from rnn_core.registry import TASKS
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable, Rule
from rnn_core.tasks import Task, build_task

#: How points are chosen: all of a grid, at random, or by tree-structured Parzen estimators from
#: the results so far (Bergstra et al., NeurIPS 2011).
SAMPLERS = ("grid", "random", "tpe")
#: Which points are given up early: none; those worse than the median of the others at the same
#: step; or all but the best third at each rung of Hyperband (Li et al., JMLR 18, 2018).
PRUNERS = ("none", "median", "hyperband")
#: Points of a sweep at most.
MOST_POINTS = 100_000

_RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "steps": IntRange(SMOOTHING, 1_000_000),
        "seeds": IntRange(1, 64),
        "first_seed": IntRange(0, 2**31 - 65),
        "trials": IntRange(1, MOST_POINTS),
        "objective": Choice(OBJECTIVES),
        "threshold": Nullable(FloatRange(0.0, math.inf, open_low=True), N_("no threshold")),
        "parameters": Nullable(IntRange(1, 10_000_000), N_("the hidden size as it is")),
        "sampler": Choice(SAMPLERS),
        "pruner": Choice(PRUNERS),
        "sampler_seed": IntRange(0, 2**31 - 1),
        "engine": Choice(ENGINES),
    }
)

#: A point: the settings that vary, with its values.
Point = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Everything that decides a sweep. Immutable, and validated on construction.

    Args:
        axes: what varies, by setting: `Choices`, `Span`, or what `axis` makes one of.
        settings: of all points; those that are not named have the task's own defaults.
        steps: of each run, from 20 to 1,000,000.
        seeds: runs of each point, from 1 to 64, trained in lockstep.
        first_seed: the seeds are this one and those that follow.
        objective: name in `OBJECTIVES`; a point's value is the median over its seeds.
        threshold: the loss to come down to, for objectives that need one; None for no threshold.
        parameters: gives every point the largest hidden size with at most so many trainable
            numbers; None for the hidden size of its settings.
        sampler: one of `SAMPLERS`.
        trials: number of points; a grid has as many as it has.
        sampler_seed: decides the points of the sampler ``"random"``, and with one worker those of
            ``"tpe"``.
        pruner: one of `PRUNERS`.
        engine: as in `Trainer`; ``"auto"`` waits until the compiled engine is ready.

    Raises:
        TypeError: when a value is of the wrong kind.
        ValueError: when a value is outside its limits, nothing varies, a point would be no valid
            config, or no hidden size has as few parameters.

    Example:
        >>> space = Space(axes={"cell": ["rnn", "gru"], "lr": {"low": 0.001, "high": 0.1}},
        ...               sampler="random", trials=20, seeds=3)
        >>> space.size, space.runs
        (20, 60)
    """

    axes: Mapping[str, Axis]
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 1000
    seeds: int = 5
    first_seed: int = 0
    objective: str = "held_out_loss"
    threshold: float | None = None
    parameters: int | None = None
    sampler: str = "grid"
    trials: int = 50
    sampler_seed: int = 0
    pruner: str = "none"
    engine: str = "auto"

    def __post_init__(self) -> None:
        for name, rule in _RULES.items():
            checked = rule.check(name, getattr(self, name), _DEFAULTS[name])
            object.__setattr__(self, name, checked)
        for name in ("axes", "settings"):
            if not isinstance(getattr(self, name), Mapping):
                needed = "a mapping of settings"
                raise refused_type(name, needed, getattr(self, name), '{"cell": ["rnn", "gru"]}')
        axes = {name: axis(name, given) for name, given in self.axes.items()}
        if not axes:
            needed = "a mapping of at least one setting"
            raise refused_value("axes", needed, {}, '{"cell": ["rnn", "gru"]}')
        object.__setattr__(self, "axes", MappingProxyType(axes))
        object.__setattr__(self, "settings", MappingProxyType(self._checked_settings()))
        if self.threshold is None and OBJECTIVES[self.objective].needs_threshold:
            raise InvalidValue(
                N_(
                    "The objective {name!r} needs a threshold, a loss to come down to. Give it one."
                ),
                name=self.objective,
            )
        if self.parameters is not None and "hidden_size" in axes:
            raise InvalidValue(
                N_(
                    "The number of parameters sets hidden_size, which varies as well. Leave out "
                    "one of them."
                )
            )
        if self.size > MOST_POINTS:
            raise InvalidValue(
                N_(
                    "A sweep has at most {most} points, this grid has {size}. Give it fewer values."
                ),
                most=MOST_POINTS,
                size=self.size,
            )

    def _checked_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {}
        for name, value in self.settings.items():
            require_setting(name)
            if name in self.axes:
                raise InvalidValue(
                    N_("{name} is both fixed and varied. Leave it out of one of them."), name=name
                )
            settings[name] = SETTINGS[name].check(SETTINGS[name].read(value))
        return settings

    @property
    def size(self) -> int:
        """Number of points."""
        if self.sampler == "grid":
            return math.prod(len(each.grid()) for each in self.axes.values())
        return self.trials

    @property
    def runs(self) -> int:
        """Number of networks: points times seeds."""
        return self.size * self.seeds

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """The seeds of each point."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    def points(self) -> tuple[Point, ...] | None:
        """All points, in the order in which they are tried; None when results decide them."""
        if self.sampler == "grid":
            values = product(*(each.grid() for each in self.axes.values()))
            return tuple(dict(zip(self.axes, each, strict=True)) for each in values)
        if self.sampler == "random":
            chance = np.random.default_rng(self.sampler_seed)
            return tuple(
                {name: each.draw(chance) for name, each in self.axes.items()}
                for _ in range(self.trials)
            )
        return None

    def config(self, point: Point, task: Task | None = None) -> RunConfig:
        """The settings of a point.

        Args:
            point: values of all settings that vary.
            task: as in `Trainer`; its features and outputs count as parameters.

        Raises:
            TypeError, ValueError: as `RunConfig` does, and when no hidden size has as few
                parameters as all points are to have.
        """
        require("point", point, Mapping, "a mapping of settings", "one of Space.points()")
        given = {**self.settings, **point, "seed": self.first_seed}
        name = SETTINGS["task"].check(given.pop("task", SETTINGS["task"].default))
        config = TASKS[name].config(**given)
        return config if self.parameters is None else _sized(config, self.parameters, task)

    def to_dict(self) -> dict[str, Any]:
        """As a space file has it: plain numbers, strings, lists and dicts."""
        plain = {name: getattr(self, name) for name in _RULES}
        return {
            **plain,
            "settings": dict(self.settings),
            "axes": {name: each.to_plain() for name, each in self.axes.items()},
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Space:
        """The space that `to_dict` describes.

        Raises:
            TypeError, ValueError: as the constructor does, and when a name is unknown.
        """
        require("space", given, Mapping, "a mapping", "Space(…).to_dict()")
        known = tuple(each.name for each in fields(cls))
        for name in given:
            if not isinstance(name, str) or name not in known:
                raise unknown_choice("setting of a sweep", name, known)
        return cls(**{"axes": {}, **given})

    @classmethod
    def from_toml(cls, text: str) -> Space:
        """The space in a file: the arguments of the constructor, with tables for two of them.

        Raises:
            tomllib.TOMLDecodeError: when the text is no TOML.
            TypeError, ValueError: as `from_dict` does.

        Example:
            >>> Space.from_toml('''
            ... steps = 400
            ... [settings]
            ... hidden_size = 16
            ... [axes]
            ... cell = ["rnn", "lstm", "gru"]
            ... lr = { low = 0.001, high = 0.1, log = true, points = 5 }
            ... ''').size
            15
        """
        return cls.from_dict(tomllib.loads(text))


_DEFAULTS = {each.name: each.default for each in fields(Space)}


def _sized(config: RunConfig, parameters: int, task: Task | None) -> RunConfig:
    """The config with the largest hidden size that has at most so many parameters."""
    task = build_task(config) if task is None else task
    rule = SETTINGS["hidden_size"].rule
    assert isinstance(rule, IntRange)

    def count(size: int) -> int:
        sized = replace(config, hidden_size=size)
        return parameter_count(sized, task.input_size, task.output_size)

    low, high = rule.low, rule.high
    if count(low) > parameters:
        raise InvalidValue(
            N_("parameters must be at least {least} for the cell {cell!r}, got {parameters}."),
            least=count(low),
            cell=config.cell,
            parameters=parameters,
        )
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(middle) <= parameters else (low, middle - 1)
    return replace(config, hidden_size=low)
