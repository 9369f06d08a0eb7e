"""Steps in the unit of the series that they were read from."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from rnn_core import ReplicaStep, Step
from rnn_core.series import Units

StepT = TypeVar("StepT", Step, ReplicaStep)


def in_units(step: StepT, units: Units | None) -> StepT:
    """The step as it is drawn: standardisation is undone where input and target are one column.

    Several columns stay standardised, because they share an axis.

    Args:
        step: as it was trained on.
        units: of the task; None where numbers are drawn as they are.
    """
    if units is None or units.column is None:
        return step
    return replace(
        step,
        inputs=units.inputs.undo(step.inputs),
        targets=units.targets.undo(step.targets),
        prediction=units.targets.undo(step.prediction),
    )
