"""Which engine trains a run, and getting the compiled one ready without anyone waiting."""

from __future__ import annotations

import logging
import threading

import numpy as np
import torch

from rnn_core.config import RunConfig
from rnn_core.engines.base import Engine, TrainingState
from rnn_core.engines.torch_engine import TorchEngine
from rnn_core.messages import unknown_choice
from rnn_core.models import RecurrentModel
from rnn_core.registry import CELLS
from rnn_core.tasks import Batch

ENGINES = ("auto", "torch", "compiled")

_log = logging.getLogger(__name__)
_ready = threading.Event()
_started = threading.Lock()
_thread: threading.Thread | None = None


def prepare_compiled() -> threading.Thread:
    """Begin to load or compile the kernels in the background, once per process.

    Returns:
        The thread that does it; join it to wait.
    """
    global _thread
    with _started:
        if _thread is None:
            _thread = threading.Thread(target=_compile, name="compile kernels", daemon=True)
            _thread.start()
        return _thread


def choose_engine(name: str, config: RunConfig, dtype: torch.dtype) -> str:
    """The engine that ``name`` stands for now: ``"auto"`` becomes one of the others.

    Raises:
        ValueError: when there is no such engine.
    """
    if name not in ENGINES:
        raise unknown_choice("engine", name, ENGINES)
    if name != "auto":
        return name
    prepare_compiled()
    ready = _ready.is_set() and dtype == torch.float32
    return "compiled" if ready and _compiled_is_faster(config) else "torch"


def build_engine(name: str, run: TrainingState) -> Engine:
    """The engine of this name, going on where the run stands."""
    if name == "torch":
        return TorchEngine(run)
    # Numba takes half a second to import, which only those who use it should wait for.
    from rnn_core.engines.compiled_engine import CompiledEngine

    return CompiledEngine(run)


def _compiled_is_faster(config: RunConfig) -> bool:
    """Whether the kernels' plain loops beat PyTorch's matrix products."""
    cell = CELLS[config.cell]
    products = config.batch_size * config.hidden_size**2
    return cell.kernel is not None and bool(products <= cell.max_products)


def _compile() -> None:
    """One step of the smallest run compiles, or loads, all that any run needs."""
    try:
        _take_one_step()
    except Exception:
        # Without Numba, or where it cannot compile, PyTorch does all the work.
        _log.warning("The compiled engine is not available; PyTorch trains alone.", exc_info=True)
    else:
        _ready.set()


def _take_one_step() -> None:
    config = RunConfig(hidden_size=1, window_length=2)
    model = RecurrentModel(config)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    engine = build_engine(
        "compiled", TrainingState(config, model, optimizer, "mse", carry_state=True)
    )
    window = np.zeros((1, config.window_length, 1), np.float32)
    engine.advance(Batch(np.zeros((1, config.window_length)), window, window.copy()))
