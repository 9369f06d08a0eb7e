"""Recurrent networks that learn one visible step at a time.

Needs torch and NumPy. The compiled engine needs Numba too, and `rank` needs SciPy. Letters used
throughout: B batch, T time steps, D features, H hidden units; arrays are ``(B, T, …)``.
"""

import copyreg
from types import MappingProxyType
from typing import Any

from rnn_core.cells.base import Cell, CellOutput, Gate
from rnn_core.cells.registry import register_cell
from rnn_core.config import RULES, SETTINGS, RunConfig, Setting, is_read
from rnn_core.experiments.comparison import Comparison, Curves, equalise
from rnn_core.experiments.held_out import FrozenNetworks, HeldOut
from rnn_core.experiments.lr_search import LrChoice, LrSearch, LrStep, lr_grid
from rnn_core.experiments.memory_span import MemorySpan, SpanNetworks, SpanResult, SpanStep
from rnn_core.experiments.ranking import PairedTest, Ranking, rank
from rnn_core.experiments.run import Record, run
from rnn_core.models import RecurrentModel, parameter_count
from rnn_core.registry import CELLS, OPTIMIZERS
from rnn_core.tasks import TASKS, Batch, Floor, Task, TaskEntry, build_task, register_task
from rnn_core.training.evaluation import Estimate, Evaluation, evaluate, evaluate_model
from rnn_core.training.events import Event, Events
from rnn_core.training.history import LossHistory
from rnn_core.training.optimizers import Optimizer
from rnn_core.training.replicas import Replicas, ReplicaStep
from rnn_core.training.snapshots import Snapshot, Snapshots
from rnn_core.training.step import Step, StepRange
from rnn_core.training.step_cost import StepCost, step_cost
from rnn_core.training.suggestions import Suggestion, suggest
from rnn_core.training.trainer import Trainer
from rnn_core.training.verdict import Verdict, judge
from rnn_core.version import __version__

__all__ = [
    "CELLS",
    "OPTIMIZERS",
    "RULES",
    "SETTINGS",
    "TASKS",
    "Batch",
    "Cell",
    "CellOutput",
    "Comparison",
    "Curves",
    "Estimate",
    "Evaluation",
    "Event",
    "Events",
    "Floor",
    "FrozenNetworks",
    "Gate",
    "HeldOut",
    "LossHistory",
    "LrChoice",
    "LrSearch",
    "LrStep",
    "MemorySpan",
    "Optimizer",
    "PairedTest",
    "Ranking",
    "Record",
    "RecurrentModel",
    "ReplicaStep",
    "Replicas",
    "RunConfig",
    "Setting",
    "Snapshot",
    "Snapshots",
    "SpanNetworks",
    "SpanResult",
    "SpanStep",
    "Step",
    "StepCost",
    "StepRange",
    "Suggestion",
    "Task",
    "TaskEntry",
    "Trainer",
    "Verdict",
    "__version__",
    "build_task",
    "equalise",
    "evaluate",
    "evaluate_model",
    "is_read",
    "judge",
    "lr_grid",
    "parameter_count",
    "rank",
    "register_cell",
    "register_task",
    "run",
    "step_cost",
    "suggest",
]


def _read_only(items: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(items)


# Results hold read-only mappings, which Python neither pickles nor copies by itself.
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))
