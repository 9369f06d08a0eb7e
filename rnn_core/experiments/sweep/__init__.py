"""Sweeps: many settings and seeds, recorded in a storage of Optuna, on as many workers as wanted.

Needs Optuna, which nothing else in the package imports.
"""

from rnn_core.cores import cores
from rnn_core.experiments.sweep.axes import Choices, Span
from rnn_core.experiments.sweep.importance import Importance, importance
from rnn_core.experiments.sweep.local import LocalWorkers
from rnn_core.experiments.sweep.objectives import OBJECTIVES, Objective
from rnn_core.experiments.sweep.results import best, ranked, table
from rnn_core.experiments.sweep.space import PRUNERS, SAMPLERS, Space
from rnn_core.experiments.sweep.storage import StorageRefused
from rnn_core.experiments.sweep.study import Progress, Sweep, SweptPoint
from rnn_core.experiments.sweep.trial import Outcome, run_point
from rnn_core.experiments.sweep.worker import work

__all__ = [
    "OBJECTIVES",
    "PRUNERS",
    "SAMPLERS",
    "Choices",
    "Importance",
    "LocalWorkers",
    "Objective",
    "Outcome",
    "Progress",
    "Space",
    "Span",
    "StorageRefused",
    "Sweep",
    "SweptPoint",
    "best",
    "cores",
    "importance",
    "ranked",
    "run_point",
    "table",
    "work",
]
