"""The settings of a run: the one table of their defaults, limits and readers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal

from rnn_core.arguments import require
from rnn_core.messages import N_, InvalidType, unknown_choice
from rnn_core.registry import CELLS, OPTIMIZERS, TASKS
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

#: What a setting belongs to. Runs that are compared must agree in the settings of the data.
Group = Literal["data", "network", "training"]

_SEED = IntRange(0, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a run.

    Args:
        name: field of `RunConfig`.
        rule: the allowed values.
        default: of `RunConfig`.
        group: what it belongs to.
        live: whether a change takes effect in a running `Trainer`; all others need a new run.
        read_by: the setting whose choice reads it: ``"task"``, ``"cell"`` or ``"optimizer"``; None
            for a setting that every run reads.
        suggestion: an allowed value other than None, for error messages.
    """

    name: str
    rule: Rule
    default: Any
    group: Group
    live: bool = False
    read_by: Literal["task", "cell", "optimizer"] | None = None
    suggestion: Any = None

    def read(self, value: Any) -> Any:
        """The value that a file or a flag means: the word ``"none"`` stands for None."""
        return None if isinstance(self.rule, Nullable) and value == "none" else value

    def check(self, value: Any) -> Any:
        """Return ``value`` in its plain Python type.

        Raises:
            TypeError: when it is of the wrong kind.
            ValueError: when it is outside its limits or an unknown name.
        """
        default = self.default if self.suggestion is None else self.suggestion
        return self.rule.check(self.name, value, default)


def _setting(default: Any, rule: Rule, group: Group, **more: Any) -> Any:
    """A field of `RunConfig` with what `Setting` says of it."""
    return dataclasses.field(default=default, metadata={"rule": rule, "group": group, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything that decides a run. ``RunConfig()`` is the tutorial's run, exactly.

    Immutable, hashable, and validated on construction; `dataclasses.replace` makes a changed copy.
    `SETTINGS` has the limits of every field.

    Args:
        task: name of the task. Its entry in `rnn_core.TASKS` names the settings that it reads.
        window_length: time steps T of a window, from 2 to 1020.
        points_per_period: samples per 2π units of time, which is one period of a wave of
            frequency 1; from 10 to 200. Ten points at 18 per period span half a period, as in the
            tutorial.
        frequency: cycles per 2π units of time, from 0.1 to 4.
        amplitude: of input and target, from 0.1 to 10.
        phase: of the wave at time 0, from -π to π radians.
        noise_std: standard deviation of Gaussian noise on the input, from 0 to 2; the target has
            no noise.
        delay: time steps that a forecast looks ahead, or a recall back, from 1 to 100.
        data_seed: seed of everything random in the data.
        batch_size: windows B per step, from 1 to 64. In the tasks on waves row b reads the same
            wave b windows ahead of row 0; in all others every row has its own stream or sequence.
            Each row has its own hidden state.
        cell: ``"rnn"`` (tanh), ``"lstm"``, ``"gru"``, ``"rnn_relu"``, ``"peephole_lstm"``,
            ``"min_gru"``, or another registered cell.
        hidden_size: hidden units H of each layer, from 1 to 256.
        num_layers: stacked recurrent layers, from 1 to 4.
        forget_bias: initial sum of the two bias vectors of an LSTM's forget gates, from -5 to 5;
            None keeps PyTorch's initialisation. Ignored by cells without forget gates.
        initialisation: of the recurrent layers: ``"pytorch"``, uniform in ±1/√H; ``"orthogonal"``,
            orthogonal recurrent matrices; ``"identity"``, identities as recurrent matrices, zero
            biases and small input weights. Ignored by cells without recurrent matrices.
        single_bias: one bias vector per layer, as published recipes have it, in place of PyTorch's
            two, whose sum an adaptive optimizer moves twice as far: ``bias_hh`` is zero and not
            trained. Ignored by cells that have one bias anyway.
        carry_state: start each window from the detached final state of the window before; False
            starts every window from zeros.
        optimizer: ``"adam"``, ``"sgd"`` or ``"rmsprop"``.
        lr: learning rate, above 0 and up to 10.
        momentum: of SGD, from 0 to 0.99; ignored by the other optimizers.
        clip_norm: gradient clipping: largest norm of the whole gradient, above 0 and up to 100;
            None for no clipping.
        seed: of the initial weights. The default, 13, is the median of seeds 0 to 99 by the mean
            loss over steps 80 to 100; ``benchmarks/first_seed.py`` has the rule.

    Raises:
        TypeError: when a value is of the wrong kind.
        ValueError: when a value is outside its limits or an unknown name.

    Example:
        >>> RunConfig(cell="gru").hidden_size
        32
    """

    task: str = _setting("sin_to_cos", Choice(TASKS), "data")
    # The longest sequence in the literature on these tasks: copying over 1000 steps.
    window_length: int = _setting(10, IntRange(2, 1020), "data", read_by="task")
    # At frequency 4, ten points per period are 2.5 samples per cycle: above the Nyquist rate.
    points_per_period: int = _setting(18, IntRange(10, 200), "data", read_by="task")
    frequency: float = _setting(1.0, FloatRange(0.1, 4.0), "data", read_by="task")
    amplitude: float = _setting(1.0, FloatRange(0.1, 10.0), "data", read_by="task")
    phase: float = _setting(0.0, FloatRange(-math.pi, math.pi), "data", read_by="task")
    noise_std: float = _setting(0.0, FloatRange(0.0, 2.0), "data", read_by="task")
    delay: int = _setting(1, IntRange(1, 100), "data", read_by="task")
    data_seed: int = _setting(0, _SEED, "data", read_by="task")
    batch_size: int = _setting(1, IntRange(1, 64), "data", read_by="task")
    cell: str = _setting("rnn", Choice(CELLS), "network")
    hidden_size: int = _setting(32, IntRange(1, 256), "network")
    num_layers: int = _setting(1, IntRange(1, 4), "network")
    forget_bias: float | None = _setting(
        None,
        Nullable(FloatRange(-5.0, 5.0), N_("PyTorch's own initialisation")),
        "network",
        read_by="cell",
        suggestion=1.0,
    )
    initialisation: str = _setting(
        "pytorch",
        Choice(("pytorch", "orthogonal", "identity")),
        "network",
        read_by="cell",
    )
    single_bias: bool = _setting(False, Flag(), "network", read_by="cell")
    carry_state: bool = _setting(True, Flag(), "network")
    optimizer: str = _setting("adam", Choice(OPTIMIZERS), "training")
    lr: float = _setting(0.02, FloatRange(0.0, 10.0, open_low=True), "training", live=True)
    momentum: float = _setting(0.9, FloatRange(0.0, 0.99), "training", read_by="optimizer")
    clip_norm: float | None = _setting(
        None,
        Nullable(FloatRange(0.0, 100.0, open_low=True), N_("no clipping")),
        "training",
        suggestion=1.0,
    )
    # The median of seeds 0 to 99: see benchmarks/first_seed.py.
    seed: int = _setting(13, _SEED, "training")

    def __post_init__(self) -> None:
        for name, setting in SETTINGS.items():
            object.__setattr__(self, name, setting.check(getattr(self, name)))

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, as plain numbers, strings, bools and None."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> RunConfig:
        """The config with these settings; the others have their defaults.

        Args:
            settings: field names and values, as `to_dict` gives them.

        Raises:
            TypeError: when ``settings`` is not a mapping, or a value is of the wrong kind.
            ValueError: when a name is unknown or a value outside its limits.
        """
        if not isinstance(settings, Mapping):
            raise InvalidType(
                N_(
                    "settings must be a mapping of names to values, got {value!r}. "
                    "Try RunConfig().to_dict()."
                ),
                value=settings,
            )
        for name in settings:
            if not isinstance(name, str) or name not in SETTINGS:
                raise unknown_choice("setting", name, SETTINGS)
        return cls(**settings)


#: Every setting by name, in the order of `RunConfig`. User interfaces read limits here.
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        field.name: Setting(name=field.name, default=field.default, **field.metadata)
        for field in dataclasses.fields(RunConfig)
    }
)

#: The rule of every setting by name.
RULES: Mapping[str, Rule] = MappingProxyType(
    {name: setting.rule for name, setting in SETTINGS.items()}
)


def is_read(setting: str, config: RunConfig) -> bool:
    """Whether a setting has an effect in a run with the other settings of ``config``.

    Raises:
        TypeError: when ``config`` is not a RunConfig.
        ValueError: when there is no such setting.
    """
    require("config", config, RunConfig, "a RunConfig", "RunConfig()")
    if not isinstance(setting, str) or setting not in SETTINGS:
        raise unknown_choice("setting", setting, SETTINGS)
    reader = SETTINGS[setting].read_by
    if reader is None:
        return True
    registry = {"task": TASKS, "cell": CELLS, "optimizer": OPTIMIZERS}[reader]
    return setting in registry[getattr(config, reader)].settings
