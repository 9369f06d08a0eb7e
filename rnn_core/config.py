"""The settings of a run, and the limits of each: the only place that names them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from rnn_core.messages import N_, InvalidType, unknown_choice
from rnn_core.registry import CELLS
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

_SEED = IntRange(0, 2**31 - 1)

#: The rule of every field of `RunConfig`, by name. Widgets read their limits here.
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "task": Choice(
            (
                "sin_to_cos",
                "sum_of_sines",
                "square_wave",
                "chirp",
                "noisy_sine",
                "mackey_glass",
                "narma10",
                "lorenz",
                "delayed_recall",
                "flip_flop",
                "adding",
                "temporal_order",
                "copy",
                "anbn",
            )
        ),
        # The longest sequence of the literature on these tasks: copying over 1000 steps.
        "window_length": IntRange(2, 1020),
        # Ten points a period at frequency 4 still leave 2.5 samples a wave: above Nyquist.
        "points_per_period": IntRange(10, 200),
        "frequency": FloatRange(0.1, 4.0),
        "amplitude": FloatRange(0.1, 10.0),
        "phase": FloatRange(-math.pi, math.pi),
        "noise_std": FloatRange(0.0, 2.0),
        "delay": IntRange(1, 100),
        "data_seed": _SEED,
        "batch_size": IntRange(1, 64),
        "cell": Choice(CELLS),
        "hidden_size": IntRange(1, 256),
        "num_layers": IntRange(1, 4),
        "forget_bias": Nullable(FloatRange(-5.0, 5.0), N_("PyTorch's own initialisation")),
        "carry_state": Flag(),
        "optimizer": Choice(("adam", "sgd", "rmsprop")),
        "lr": FloatRange(0.0, 10.0, open_low=True),
        "momentum": FloatRange(0.0, 0.99),
        "clip_norm": Nullable(FloatRange(0.0, 100.0, open_low=True), N_("no clipping")),
        "seed": _SEED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """Everything that decides a run. ``RunConfig()`` is the tutorial's run, exactly.

    Immutable, hashable and checked when made; `dataclasses.replace` makes a changed copy.
    The limits of every field stand in `RULES`.

    Args:
        task: name of the task. Which of the settings below it reads stands in
            `rnn_core.tasks.SETTINGS`.
        window_length: time steps T of one window, both ends included.
        points_per_period: samples in 2π units of time, one period of a wave of frequency 1.
            Ten points at 18 per period span exactly half a period, as in the tutorial.
        frequency: cycles in 2π units of time.
        amplitude: height of input and target.
        phase: phase of the wave at time 0, in radians.
        noise_std: standard deviation of Gaussian noise on the input; the target stays clean.
        delay: samples that a forecast looks ahead, or a recall back.
        data_seed: seed of all that is random in the data, apart from the network's own.
        batch_size: windows trained on together, B. Row b of a wave reads it b windows ahead of
            row 0; all other tasks have a stream or a sequence for every row. Each row keeps a
            state of its own.
        cell: ``"rnn"`` (tanh), ``"lstm"`` or ``"gru"``.
        hidden_size: hidden units H of each layer.
        num_layers: stacked recurrent layers.
        forget_bias: what the two bias vectors of an LSTM's forget gates add up to at the start;
            None keeps PyTorch's initialisation. Other cells have no such gate and ignore it.
        carry_state: hand the detached state from each window to the next; False starts every
            window from zeros.
        optimizer: ``"adam"``, ``"sgd"`` or ``"rmsprop"``.
        lr: learning rate.
        momentum: momentum of SGD; the other optimisers ignore it.
        clip_norm: largest allowed norm of the whole gradient; None does not clip.
        seed: decides the initial weights.

    Raises:
        TypeError: when a value is of the wrong kind.
        ValueError: when a value is outside its limits or an unknown name.

    Example:
        >>> RunConfig(cell="gru").hidden_size
        32
    """

    task: str = "sin_to_cos"
    window_length: int = 10
    points_per_period: int = 18
    frequency: float = 1.0
    amplitude: float = 1.0
    phase: float = 0.0
    noise_std: float = 0.0
    delay: int = 1
    data_seed: int = 0
    batch_size: int = 1
    cell: str = "rnn"
    hidden_size: int = 32
    num_layers: int = 1
    forget_bias: float | None = None
    carry_state: bool = True
    optimizer: str = "adam"
    lr: float = 0.02
    momentum: float = 0.9
    clip_norm: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = RULES[field.name].check(
                field.name, getattr(self, field.name), _TO_TRY.get(field.name, field.default)
            )
            object.__setattr__(self, field.name, value)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, as plain numbers, strings, bools and None."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> RunConfig:
        """The config with these settings; what is not named keeps its default.

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
            if name not in RULES:
                raise unknown_choice("setting", name, RULES)
        return cls(**settings)


# What a refused None-able setting suggests: its default, None, would not answer the question.
_TO_TRY: Mapping[str, float] = MappingProxyType({"clip_norm": 1.0, "forget_bias": 1.0})
