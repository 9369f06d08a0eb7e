"""The tasks by name, the settings that each of them reads, and good values to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rnn_core.config import RunConfig
from rnn_core.registry import CELLS
from rnn_core.tasks.base import Task
from rnn_core.tasks.chaos import Lorenz, MackeyGlass
from rnn_core.tasks.counting import AnBn
from rnn_core.tasks.narma import Narma10
from rnn_core.tasks.recall import DelayedRecall, FlipFlop
from rnn_core.tasks.sequences import Adding, Copy, TemporalOrder
from rnn_core.tasks.sin_to_cos import SinToCos
from rnn_core.tasks.waves import Chirp, NoisySine, SquareWave, SumOfSines

#: Every task by the name that a config gives it.
TASKS: Mapping[str, Callable[[RunConfig], Task]] = MappingProxyType(
    {
        "sin_to_cos": SinToCos,
        "sum_of_sines": SumOfSines,
        "square_wave": SquareWave,
        "chirp": Chirp,
        "noisy_sine": NoisySine,
        "mackey_glass": MackeyGlass,
        "narma10": Narma10,
        "lorenz": Lorenz,
        "delayed_recall": DelayedRecall,
        "flip_flop": FlipFlop,
        "adding": Adding,
        "temporal_order": TemporalOrder,
        "copy": Copy,
        "anbn": AnBn,
    }
)

_ALL = ("window_length", "batch_size")
_WAVE = (*_ALL, "points_per_period", "frequency", "amplitude", "phase")

#: The settings that change a task's data. All others it does not read.
SETTINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sin_to_cos": (*_WAVE, "noise_std", "data_seed"),
        "sum_of_sines": (*_WAVE, "delay"),
        "square_wave": (*_WAVE, "delay"),
        "chirp": (*_WAVE, "delay"),
        "noisy_sine": (*_WAVE, "delay", "noise_std", "data_seed"),
        "mackey_glass": (*_ALL, "delay", "data_seed"),
        "narma10": (*_ALL, "data_seed"),
        "lorenz": (*_ALL, "delay", "data_seed"),
        "delayed_recall": (*_ALL, "delay", "data_seed"),
        "flip_flop": (*_ALL, "data_seed"),
        "adding": (*_ALL, "data_seed"),
        "temporal_order": (*_ALL, "data_seed"),
        "copy": (*_ALL, "data_seed"),
        "anbn": (*_ALL, "data_seed"),
    }
)


_OF_TASKS = frozenset[str]().union(*SETTINGS.values())


def is_read(setting: str, config: RunConfig) -> bool:
    """Whether a setting changes anything in a run that has the others of ``config``.

    Tasks read some of theirs, only an LSTM has forget gates, and only SGD a momentum.
    """
    if setting == "forget_bias":
        return setting in CELLS[config.cell].settings
    if setting == "momentum":
        return config.optimizer == "sgd"
    return setting not in _OF_TASKS or setting in SETTINGS[config.task]


def _values(**settings: float | str) -> Mapping[str, float | str]:
    return MappingProxyType(settings)


#: What to set, other than `RunConfig`'s own defaults, when a task is chosen: settings of its
#: source where it has some, otherwise such that memory matters and a run shows it in minutes.
DEFAULTS: Mapping[str, Mapping[str, float | str]] = MappingProxyType(
    {
        "sin_to_cos": _values(),
        "sum_of_sines": _values(window_length=30, points_per_period=31, delay=10, lr=0.005),
        "square_wave": _values(window_length=20, points_per_period=20, delay=3, lr=0.01),
        "chirp": _values(window_length=40, points_per_period=40, delay=5, lr=0.005),
        "noisy_sine": _values(window_length=20, delay=5, noise_std=0.3, lr=0.005),
        # Fifteen steps ahead as in the papers on Legendre memory units.
        "mackey_glass": _values(window_length=50, delay=15, batch_size=4, lr=0.005),
        "narma10": _values(window_length=50, batch_size=4, lr=0.005),
        "lorenz": _values(window_length=50, delay=15, batch_size=4, lr=0.005),
        "delayed_recall": _values(window_length=20, delay=5, batch_size=8, lr=0.01),
        # Sixteen units and 64 steps as in FixedPointFinder.
        "flip_flop": _values(window_length=64, batch_size=16, hidden_size=16, lr=0.01),
        # Sizes and learning rates as in cybertronai/schmidhuber-problems at T = 50. Without a bias
        # towards remembering, an LSTM may not leave chance for thousands of steps.
        "adding": _values(
            window_length=50,
            batch_size=32,
            hidden_size=12,
            forget_bias=1.0,
            lr=0.005,
            clip_norm=1.0,
        ),
        "temporal_order": _values(
            window_length=50, batch_size=32, hidden_size=4, forget_bias=1.0, clip_norm=1.0
        ),
        # RMSprop as in Tallec and Ollivier (2018), at a length and a rate that take minutes.
        "copy": _values(window_length=30, batch_size=32, optimizer="rmsprop", lr=0.005),
        # n up to 10.
        "anbn": _values(window_length=21, batch_size=8, hidden_size=8, lr=0.01, clip_norm=1.0),
    }
)


def build_task(config: RunConfig) -> Task:
    """The task that ``config`` names, with its settings.

    Raises:
        ValueError: when the task cannot have these settings.
    """
    return TASKS[config.task](config)
