"""Training with early stopping, without a user interface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.experiments.run import Cancel, Curve, Progress, advance
from rnn_core.messages import N_, InvalidValue
from rnn_core.training.early_stopping import EVALUATE_EVERY, EarlyStopping
from rnn_core.training.evaluation import Estimate, evaluate
from rnn_core.training.snapshots import Snapshot
from rnn_core.training.trainer import Trainer


@dataclass(frozen=True, slots=True, eq=False)
class ValidatedCurve:
    """Training steps with validation losses in between.

    Args:
        curve: of all steps taken, those after the best one included.
        steps: of the evaluations, ascending, shape ``(K,)``.
        losses: validation losses and the two ends of their 95 % intervals, ``(K, 3)``.
        best: the run at the step with the lowest validation loss; None where none is finite.
            `Trainer.restore` goes back to it.
    """

    curve: Curve
    steps: NDArray[np.int64]
    losses: NDArray[np.float64]
    best: Snapshot | None


def advance_validated(
    trainer: Trainer,
    steps: int,
    stopping: EarlyStopping,
    *,
    best: Snapshot | None = None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> ValidatedCurve:
    """Take so many steps, fewer if early stopping says so.

    The weights are evaluated at every step that is a multiple of `EVALUATE_EVERY`. The trainer
    holds the last step taken, not the best.

    Args:
        trainer: the run, at any step.
        steps: how many, at least 1; fewer when the loss stops being finite, too.
        stopping: fed with the validation losses; of a resumed run, with those after its last one.
        best: of a resumed run, the step with the lowest validation loss so far.
        progress: as in `rnn_core.experiments.run.run`.
        cancel: likewise.

    Raises:
        ValueError: when the task has no windows that are never trained on.

    Example:
        >>> from rnn_core import TASKS
        >>> trainer = Trainer(TASKS["series"].config())
        >>> found = advance_validated(trainer, 50, EarlyStopping(patience=5))
        >>> found.steps, len(found.curve.losses)
        (array([ 0, 20, 40]), 50)
    """
    if trainer.task.held_out is None:
        raise InvalidValue(
            N_("Early stopping needs a task with a validation part. Try the task series.")
        )
    curves: list[Curve] = []
    evaluated: list[int] = []
    losses: list[Estimate] = []
    done = 0
    while done < steps and not trainer.diverged and not (done and stopping.stopped):
        if done and cancel is not None and cancel.is_set():
            break
        index = trainer.index
        count = 1 if index is None else EVALUATE_EVERY - index % EVALUATE_EVERY
        curve = advance(trainer, min(count, steps - done), cancel=cancel)
        curves.append(curve)
        done += len(curve.losses)
        if progress is not None:
            progress(done, steps, float(curve.losses[-1]))
        index = trainer.index
        due = index is not None and index % EVALUATE_EVERY == 0 and index > stopping.last_step
        if due and not trainer.diverged:
            assert index is not None
            loss = evaluate(trainer).loss
            evaluated.append(index)
            losses.append(loss)
            if stopping.update(index, loss.mean):
                best = trainer.snapshot()
    curve = Curve(
        np.concatenate([curve.losses for curve in curves]),
        np.concatenate([curve.grad_norms for curve in curves]),
    )
    return ValidatedCurve(
        curve,
        np.array(evaluated, np.int64),
        np.array(losses, np.float64).reshape(-1, 3),
        best,
    )
