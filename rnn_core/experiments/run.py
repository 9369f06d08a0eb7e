"""One run without a user interface, from a config to a record of it."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.experiments.comparison import SMOOTHING
from rnn_core.messages import N_, InvalidType
from rnn_core.rules import IntRange
from rnn_core.tasks import Floor, Task
from rnn_core.training.evaluation import Evaluation, evaluate
from rnn_core.training.snapshots import Snapshot
from rnn_core.training.trainer import Trainer
from rnn_core.training.verdict import Verdict, judge
from rnn_core.version import __version__

# The curve keeps 16 bytes a step.
_STEPS = IntRange(1, 10_000_000)
# Steps in one call at first and at most, and the seconds that a call should take: between two
# calls the run reports, and can be cancelled.
_FIRST_CHUNK, _LARGEST_CHUNK, _CHUNK_SECONDS = 8, 4096, 0.1

#: Called with the steps done, the steps wanted and the last loss.
Progress = Callable[[int, int, float], None]


class Cancel(Protocol):
    """Anything like a `threading.Event`."""

    def is_set(self) -> bool:
        """Whether the run is to end."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The loss of every step.

    Args:
        losses: shape ``(n,)``, float64, read-only; ``losses[k]`` is the loss after k updates.
        grad_norms: Euclidean norm of each whole gradient before clipping, likewise.
    """

    losses: NDArray[np.float64]
    grad_norms: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A finished, cancelled or diverged run.

    `Trainer.restore` continues from `snapshot`, bit for bit, in a trainer with the same config and
    engine: its next step is the last step of the record.

    Args:
        config: the settings.
        versions: of python, torch, numpy and rnn_core.
        engine: what trained, ``"torch"`` or ``"compiled"``.
        curve: losses and gradient norms of all steps.
        online_loss: mean training loss of the last 20 steps, or of all if there are fewer, each
            with the weights of its own step; not finite when the run diverged.
        evaluation: the held-out loss of the last step's weights, and the state ablation.
        floors: the task's floors, highest first.
        snapshot: the last step.
        diverged: whether the last loss is not finite.
        cancelled: whether ``cancel`` ended the run before its last step.
    """

    config: RunConfig
    versions: MappingProxyType[str, str]
    engine: str
    curve: Curve
    online_loss: float
    evaluation: Evaluation
    floors: tuple[Floor, ...]
    snapshot: Snapshot
    diverged: bool
    cancelled: bool

    def __len__(self) -> int:
        """Number of steps taken."""
        return len(self.curve.losses)

    @property
    def verdict(self) -> Verdict:
        """What the held-out loss shows of the network's memory."""
        return judge(self.evaluation, self.floors, online=self.online_loss)


def run(
    config: RunConfig,
    steps: int,
    *,
    task: Task | None = None,
    engine: str = "auto",
    dtype: torch.dtype = torch.float32,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Record:
    """Train for a number of steps and return a record.

    The steps are those of `Trainer.steps`, bit for bit, but the compiled engine takes many of them
    in one call. Ctrl-C raises KeyboardInterrupt as usual, between two calls.

    Args:
        config: the settings of the run.
        steps: number of steps, at least 1; fewer when the loss stops being finite.
        task: as in `Trainer`.
        engine: as in `Trainer`; ``"auto"`` takes the fastest that is ready now.
        dtype: as in `Trainer`.
        progress: called with the steps done, the steps wanted and the last loss, about ten times a
            second and once at the end.
        cancel: for example a `threading.Event`; when it is set, the run ends after the steps under
            way, at least one.

    Raises:
        TypeError, ValueError: as `Trainer` does, when ``steps`` is not a whole number from 1 to
            10,000,000, and when ``progress`` cannot be called or ``cancel`` has no ``is_set``.

    Example:
        >>> record = run(RunConfig(seed=1), 100, engine="torch")
        >>> len(record), record.snapshot.index, record.diverged
        (100, 99, False)
    """
    steps = _STEPS.check("steps", steps, 1000)
    trainer = Trainer(config, task=task, dtype=dtype, engine=engine)
    if progress is not None and not callable(progress):
        raise InvalidType(
            N_("progress must be a function of three arguments, got {value!r}. Leave it out."),
            value=progress,
        )
    if cancel is not None and not hasattr(cancel, "is_set"):
        raise InvalidType(
            N_("cancel must have a method is_set, got {value!r}. Try a threading.Event."),
            value=cancel,
        )
    curve = advance(trainer, steps, progress=progress, cancel=cancel)
    with np.errstate(invalid="ignore"):  # the mean of a diverged run
        online_loss = float(np.mean(curve.losses[-SMOOTHING:]))
    return Record(
        config=config,
        versions=_versions(),
        engine=trainer.engine,
        curve=curve,
        online_loss=online_loss,
        evaluation=evaluate(trainer),
        floors=tuple(trainer.task.floors()),
        snapshot=trainer.snapshot(),
        diverged=trainer.diverged,
        cancelled=len(curve.losses) < steps and not trainer.diverged,
    )


def advance(
    trainer: Trainer,
    steps: int,
    *,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Curve:
    """Take so many steps, in calls of a tenth of a second, and return their losses.

    Args:
        trainer: the run, at any step.
        steps: how many, at least 1; fewer when the loss stops being finite.
        progress: as in `run`.
        cancel: likewise.
    """
    losses, norms = np.empty(steps), np.empty(steps)
    done, chunk = 0, _FIRST_CHUNK
    while done < steps and not trainer.diverged and not (done and cancel and cancel.is_set()):
        began = monotonic()
        taken = trainer.advance(min(chunk, steps - done))
        losses[done : done + len(taken)] = taken.losses
        norms[done : done + len(taken)] = taken.grad_norms
        done += len(taken)
        if progress and done < steps and not trainer.diverged:
            progress(done, steps, float(losses[done - 1]))
        wanted = chunk * _CHUNK_SECONDS / max(monotonic() - began, 1e-6)
        chunk = int(min(max(1, wanted), 2 * chunk, _LARGEST_CHUNK))
    if progress:
        progress(done, steps, float(losses[done - 1]))
    curve = Curve(losses[:done].copy(), norms[:done].copy())
    for values in (curve.losses, curve.grad_norms):
        values.flags.writeable = False
    return curve


def _versions() -> MappingProxyType[str, str]:
    return MappingProxyType(
        {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
            "rnn_core": __version__,
        }
    )
