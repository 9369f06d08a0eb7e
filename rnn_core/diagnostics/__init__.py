"""Diagnostics of a network: gates, gradients, spectra, trajectories, fixed points, weights, memory.

Most are functions of the network, one window of shape ``(T, D)`` and the state that the window
starts from; `Trainer.context` gives all three, of the first row of the batch. They compute in
float64 and change neither weights, gradients nor random numbers. Derivatives are in closed form
where the cell has one, and come from autograd otherwise. `memory_capacity` reads random inputs of
its own, and `dissect_update` trains a copy of the run one step further. L is the number of layers.
The loss with the state carried, reset and shuffled is that of `rnn_core.evaluate`.

Example:
    >>> from rnn_core import RunConfig, Trainer
    >>> from rnn_core.diagnostics import gates_over_time
    >>> trainer = Trainer(RunConfig(cell="lstm", hidden_size=8))
    >>> step = next(trainer.steps())
    >>> at = trainer.context()
    >>> gates_over_time(at.model, at.inputs, at.state).values["f"].shape
    (1, 10, 8)
"""

from rnn_core.diagnostics.continua import Continuum
from rnn_core.diagnostics.fixed_points import FixedPoints, find_fixed_points
from rnn_core.diagnostics.forecast_lag import ForecastLag, forecast_lag
from rnn_core.diagnostics.forecast_scores import ForecastScores, forecast_scores
from rnn_core.diagnostics.free_run import FreeRun, free_run
from rnn_core.diagnostics.gates import Gates, gates_over_time, half_life
from rnn_core.diagnostics.gradients import (
    LagGradient,
    LagShares,
    gradient_by_lag,
    saliency,
    shares_by_lag,
)
from rnn_core.diagnostics.memory_capacity import MemoryCapacity, memory_capacity
from rnn_core.diagnostics.spectrum import (
    Lyapunov,
    Spectrum,
    lyapunov,
    step_spectrum,
    weight_spectrum,
)
from rnn_core.diagnostics.trajectory import Plane, Trajectory, hidden_trajectory, principal_plane
from rnn_core.diagnostics.unrolled import Unrolled, unroll
from rnn_core.diagnostics.update import ParameterUpdate, Update, dissect_update
from rnn_core.diagnostics.weights import Weight, copy_parameters, weight_matrices
from rnn_core.training.step_context import StepContext

__all__ = [
    "Continuum",
    "FixedPoints",
    "ForecastLag",
    "ForecastScores",
    "FreeRun",
    "Gates",
    "LagGradient",
    "LagShares",
    "Lyapunov",
    "MemoryCapacity",
    "ParameterUpdate",
    "Plane",
    "Spectrum",
    "StepContext",
    "Trajectory",
    "Unrolled",
    "Update",
    "Weight",
    "copy_parameters",
    "dissect_update",
    "find_fixed_points",
    "forecast_lag",
    "forecast_scores",
    "free_run",
    "gates_over_time",
    "gradient_by_lag",
    "half_life",
    "hidden_trajectory",
    "lyapunov",
    "memory_capacity",
    "principal_plane",
    "saliency",
    "shares_by_lag",
    "step_spectrum",
    "unroll",
    "weight_matrices",
    "weight_spectrum",
]
