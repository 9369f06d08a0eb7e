"""What a task is: batches by number, floors, and the entry that registers it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rnn_core.arguments import real, refused_type, refused_value, require, whole
from rnn_core.config import SETTINGS, RunConfig
from rnn_core.messages import N_, InvalidType, InvalidValue, unknown_choice
from rnn_core.registry import TASKS
from rnn_core.rules import Choice
from rnn_core.series.units import Units

FloorKey = Literal[
    "constant",
    "time_only",
    "memoryless",
    "last_marker",
    "persistence",
    "drift",
    "seasonal",
    "smoothing",
    "linear",
    "window_memory",
    "carried_memory",
]
#: The loss of a step, by PyTorch's name for it.
Criterion = Literal["mse", "cross_entropy"]

_BOUNDS = ("exact", "lower", "measured", "fitted")

#: The settings that every task reads: they are the shape of its batches.
COMMON_SETTINGS = ("window_length", "batch_size")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The windows of one step.

    Args:
        time: when the samples were taken, in the task's unit, shape ``(B, T)``, float64.
        inputs: shape ``(B, T, D)``.
        targets: shape ``(B, T, K)``; one-hot where the criterion is ``"cross_entropy"``.
        loss_mask: the time steps that the loss is averaged over, shape ``(B, T)``; None for all.
            At least one is True. ``targets`` is undefined at the others.
    """

    time: NDArray[np.float64]
    inputs: NDArray[np.floating]
    targets: NDArray[np.floating]
    loss_mask: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """The smallest mean loss that a kind of predictor can reach.

    It bounds a *fixed* predictor, averaged over the whole run: a frozen network whose mean loss on
    new windows is lower is not of that kind. It does not bound the training loss. Weights that are
    updated after every window follow a slow signal, so they are a memory too, and the mean loss of
    a network that forgets everything else can fall below any floor.

    Args:
        key: the kind of predictor. ``"constant"``: the same prediction at every time step;
            ``"time_only"``: any function of the time step; ``"memoryless"``: any smooth function of
            the present input, which is any function at all where the inputs are symbols;
            ``"last_marker"``: any function of the last marked input; ``"persistence"``: predicts
            the present input; ``"drift"``, ``"seasonal"`` and ``"smoothing"``: forecasts of a
            series, see `rnn_core.series.naive`; ``"linear"``: any linear function, with an
            intercept, of the last ``lags`` inputs, those of earlier windows included;
            ``"window_memory"``: any smooth function of the window's inputs so far;
            ``"carried_memory"``: any function of all inputs so far, those of earlier windows
            included. A task of your own may name another kind.
        value: the task's loss, averaged over the whole run.
        bound: how the value was obtained. ``"exact"``: by a formula, and some predictor of that
            kind reaches it; ``"lower"``: by a formula, and no predictor of that kind is below it,
            but noise may keep all of them above it; ``"measured"``: as an average over a long
            stretch of the signal; ``"fitted"``: as the loss, on the held-out windows, of one
            predictor of that kind, which was fitted to the training part.
        error: of a measured value, the half-width of its 95 % confidence interval, in the unit of
            the loss; 0 for the others.
        lags: the number of inputs that a linear function reads, the present one included; None for
            the other kinds.

    Raises:
        TypeError: when a value is of the wrong kind.
        ValueError: when key is no name, when bound is an unknown one, when a measured floor has no
            error or another one has, and when a linear floor has no lags or another one has.
    """

    key: FloorKey
    value: float
    bound: Literal["exact", "lower", "measured", "fitted"]
    error: float = 0.0
    lags: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.key, str):
            raise refused_type("key", "a name", self.key, repr("constant"))
        if not self.key.isidentifier():
            rule = "a name of letters, digits and underscores"
            raise refused_value("key", rule, self.key, repr("constant"))
        Choice(_BOUNDS).check("bound", self.bound, "exact")
        real("error", self.error, 0.0, 0.0)
        if self.lags is not None:
            whole("lags", self.lags, 1, low=-(2**31))
        if isinstance(self.value, bool) or not isinstance(self.value, Real):
            raise refused_type("value", "a number", self.value, "the loss of a predictor")
        if (self.error > 0) != (self.bound == "measured"):
            raise InvalidValue(
                N_(
                    "error of a floor must be positive where it is measured and 0 elsewhere, got "
                    "{error} and bound={bound!r}. Try 1.96 standard errors of the mean."
                ),
                error=self.error,
                bound=self.bound,
            )
        if (self.lags is not None and self.lags >= 1) != (self.key == "linear"):
            raise InvalidValue(
                N_(
                    "lags of a floor must be at least 1 where its key is 'linear' and None "
                    "elsewhere, got {lags} and key={key!r}. Count the inputs that the function "
                    "reads."
                ),
                lags=self.lags,
                key=self.key,
            )


@dataclass(frozen=True, slots=True)
class ForecastColumn:
    """A number of the target that comes in later as a number of the input.

    Args:
        input: which number of the input, from 0.
        target: which number of the target, from 0.
        horizon: time steps after which it comes in, at least 1.
        name: of the column; empty where numbers have no names.
    """

    input: int
    target: int
    horizon: int
    name: str = ""


class Task(ABC):
    """Windows by number. Batch k is the same whenever and however often it is asked for.

    A subclass gives `batch`, and overrides what differs from the defaults here: one number in, one
    number out, squared error, and windows that are independent sequences.

    Attributes:
        input_size: features D.
        output_size: numbers K to predict at every time step, or classes to choose from.
        criterion: the loss at one time step: ``"mse"``, the mean over K of the squared error, or
            ``"cross_entropy"`` of the softmax over K, in nats.
        streaming: whether each window continues the one before. Otherwise every window is an
            independent sequence, and every network starts it from zeros.
        horizon: time steps after which a target comes in as input, as in a forecast; None where
            targets never come in.
        time_in_radians: whether the unit of time is the radian.
        can_change_wave: whether `with_wave` works.
        script_reads_files: whether `script_files` has some.
        rows_overlap: whether row b of a batch reads the window that row 0 reads b steps later.
        units: turns standardised inputs and targets back into the units of their source; None where
            they already are what people read.

    Example:
        >>> class Echo(Task):  # repeat the input of one step ago
        ...     def batch(self, index, dtype=np.float64):
        ...         signs = np.random.default_rng(index).choice([-1.0, 1.0], (1, 11, 1))
        ...         time = np.arange(10.0)[None]
        ...         return Batch(time, signs[:, 1:].astype(dtype), signs[:, :-1].astype(dtype))
        >>> Echo().batch(3).inputs.shape
        (1, 10, 1)
    """

    input_size: int = 1
    output_size: int = 1
    criterion: Criterion = "mse"
    streaming: bool = False
    horizon: int | None = None
    time_in_radians: bool = False
    can_change_wave: bool = False
    script_reads_files: bool = False
    rows_overlap: bool = False
    units: Units | None = None

    @property
    def identity(self) -> str:
        """What tells it from other tasks with the same settings; by default the name of its class.

        Runs on tasks with different identities do not exchange snapshots.
        """
        return f"{type(self).__module__}.{type(self).__qualname__}"

    @property
    def forecast_columns(self) -> tuple[ForecastColumn, ...]:
        """The targets that come in later as inputs; by default all or none, as `horizon` says."""
        if self.horizon is None or self.input_size != self.output_size:
            return ()
        return tuple(ForecastColumn(n, n, self.horizon) for n in range(self.output_size))

    @abstractmethod
    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """The windows of step ``index``, counted from 0, with inputs and targets in ``dtype``."""

    @property
    def span(self) -> float:
        """Time from the beginning of one window to the beginning of the next, in its unit.

        By default the time that the samples of a window take.
        """
        time = self.batch(0).time[0]
        return float(time[-1] - time[0] + (time[1] - time[0]))

    @property
    def windows_per_cycle(self) -> int:
        """The number of windows after which the signal repeats; 1 where it never does."""
        return 1

    @property
    def held_out(self) -> HeldOutWindows | None:
        """Windows that are never trained on; None, the default, where the signal does not end.

        The held-out loss is then that of the windows ahead of the training stream.
        """
        return None

    @property
    def target_variance(self) -> float | None:
        """Variance of the target, where the literature states errors relative to it; else None.

        The normalised root mean squared error (NRMSE) is √(loss / target_variance): 1 for the best
        constant, 0 for a perfect prediction.
        """
        return None

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float | None:
        """Share of right answers, from 0 to 1; None, the default, where none is defined.

        Args:
            batch: what was predicted.
            prediction: shape ``(B, T, K)``; logits where the criterion is ``"cross_entropy"``.
        """
        return None

    def floors(self) -> tuple[Floor, ...]:
        """The floors, highest first; none by default."""
        return ()

    def script(self) -> str | None:
        """Python source that makes the same batches with NumPy alone; None, the default, without.

        It defines a generator ``batches()`` of ``(x, y)``, or of ``(x, y, mask)`` where there is a
        loss mask: those of step 0, 1, 2, … It may read ``BATCH_SIZE`` and ``TIME_STEP``, ``count``
        of `itertools` and ``np``, and import what else it needs from the standard library.
        """
        return None

    def script_files(self) -> Mapping[str, bytes]:
        """Contents of the files that the script reads, by name; none by default."""
        return {}

    def with_wave(
        self, window: int, *, frequency: float | None = None, amplitude: float | None = None
    ) -> Task:
        """The task with another wave from a window on, whose phase is continuous there.

        Args:
            window: the first window of the new wave.
            frequency: in the unit of `RunConfig.frequency`; None keeps the present one.
            amplitude: None keeps the present one.

        Raises:
            NotImplementedError: where `can_change_wave` is False.
        """
        raise NotImplementedError(f"{type(self).__name__} has no wave that can be changed.")


class HeldOutWindows(Task):
    """Windows that a task keeps for its held-out loss, from window 0 on.

    Attributes:
        windows: how many there are.
        warm_up: how many of them, the first ones, only warm up the state.
    """

    windows: int
    warm_up: int = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TaskEntry:
    """A task as a config names it and an interface lists it.

    Args:
        name: as `RunConfig.task` gives it: letters, digits and underscores.
        title: for people; a gettext message id.
        description: input, target, and what must be remembered; a gettext message id.
        build: config to task. Raises ValueError where the task cannot have these settings.
        settings: the settings of the data that the task reads, besides `COMMON_SETTINGS`.
        defaults: what to set, other than `RunConfig`'s own defaults, when the task is chosen:
            settings of the source where it has some, otherwise such that memory matters and a run
            shows it in minutes.
        source: reference for the task; empty where there is none.
        validates: whether it keeps windows that are never trained on, `Task.held_out`.

    Raises:
        ValueError: when a setting or a default is unknown.
    """

    name: str
    title: str
    description: str
    build: Callable[[RunConfig], Task]
    settings: tuple[str, ...] = ()
    defaults: Mapping[str, float | str | bool | None] = field(default_factory=dict)
    source: str = ""
    validates: bool = False

    def __post_init__(self) -> None:
        of_data = [name for name, setting in SETTINGS.items() if setting.group == "data"]
        for name in self.settings:
            if name not in of_data:
                raise unknown_choice("setting", name, of_data)
        for name in self.defaults:
            if name not in SETTINGS:
                raise unknown_choice("setting", name, SETTINGS)
        read = dict.fromkeys((*COMMON_SETTINGS, *self.settings))
        object.__setattr__(self, "settings", tuple(read))
        object.__setattr__(self, "defaults", MappingProxyType(dict(self.defaults)))

    def config(self, **settings: object) -> RunConfig:
        """A config for this task, which must be registered: its defaults, with some replaced.

        Raises:
            TypeError: when a value is of the wrong kind.
            ValueError: when a name is unknown or a value outside its limits.
        """
        return RunConfig.from_dict({"task": self.name, **self.defaults, **settings})


def register_task(entry: TaskEntry) -> TaskEntry:
    """Make a task available by name, in `RunConfig.task` and in interfaces.

    Args:
        entry: the task.

    Returns:
        The entry.

    Raises:
        TypeError: when it is not a TaskEntry, or a default is of the wrong kind.
        ValueError: when its name is no identifier, or another task has it, or when a default is
            outside its limits.
    """
    if not isinstance(entry, TaskEntry):
        raise InvalidType(
            N_("entry must be a TaskEntry, got {value!r}. Put the task's class into its build."),
            value=entry,
        )
    for name, value in entry.defaults.items():
        SETTINGS[name].check(value)
    TASKS.register(entry)
    return entry


def build_task(config: RunConfig) -> Task:
    """The task that ``config`` names, with its settings.

    Raises:
        TypeError: when ``config`` is not a RunConfig.
        ValueError: when the task cannot have these settings.
    """
    require("config", config, RunConfig, "a RunConfig", "RunConfig()")
    return TASKS[config.task].build(config)


def task_for(config: RunConfig, task: Task | None) -> Task:
    """The task to train on: ``task`` itself, checked, or the one that ``config`` names.

    Raises:
        TypeError: when ``task`` is not a Task.
        ValueError: when its batches do not have the shape that ``config`` and it promise.
    """
    require("config", config, RunConfig, "a RunConfig", "RunConfig()")
    given = task is not None
    if task is None:
        task = build_task(config)
    if not isinstance(task, Task):
        raise InvalidType(
            N_("task must be a Task, got {value!r}. Make an object of a subclass of Task."),
            value=task,
        )
    if given or is_foreign(task):
        for name in ("input_size", "output_size"):
            whole(f"{name} of task", getattr(task, name), 1, low=1)
        Choice(get_args(Criterion)).check("criterion of task", task.criterion, "mse")
        check_batch(task.batch(0), task, config, np.float64)
    return task


def is_foreign(task: Task) -> bool:
    """Whether a task comes from outside the package, so that its batches are checked."""
    return type(task).__module__.partition(".")[0] != __name__.partition(".")[0]


def check_batch(batch: Batch, task: Task, config: RunConfig, dtype: type[np.floating]) -> None:
    """Refuse a batch of another shape or precision than task and config promise.

    Raises:
        TypeError: when it is not a Batch.
        ValueError: when an array has another shape or dtype.
    """
    if not isinstance(batch, Batch):
        raise InvalidType(
            N_("batch() must return a Batch, got {value!r}. Try Batch(time, inputs, targets)."),
            value=batch,
        )
    window = config.batch_size, config.window_length
    expected = {
        "time": window,
        "inputs": (*window, task.input_size),
        "targets": (*window, task.output_size),
    }
    if batch.loss_mask is not None:
        expected["loss_mask"] = window
    for name, shape in expected.items():
        given = getattr(batch, name)
        if not isinstance(given, np.ndarray):
            raise refused_type(f"{name} of a batch", "a NumPy array", given, "np.asarray of it")
        found = given.shape
        if found != shape:
            raise InvalidValue(
                N_(
                    "{name} of a batch must have shape {shape}, got {found}. Match the config's "
                    "batch_size and window_length and the task's input_size and output_size."
                ),
                name=name,
                shape=shape,
                found=found,
            )
    for name in ("inputs", "targets"):
        kind = getattr(batch, name).dtype
        if kind != dtype:
            raise InvalidValue(
                N_(
                    "{name} of a batch must be {dtype} where batch() is asked for it, got {kind}. "
                    "Try {name}.astype(dtype)."
                ),
                name=name,
                dtype=np.dtype(dtype).name,
                kind=kind,
            )
    mask = batch.loss_mask
    if mask is not None and (mask.dtype != np.bool_ or not mask.any()):
        raise refused_value(
            "loss_mask of a batch", "booleans with at least one True", mask, "None for all"
        )
